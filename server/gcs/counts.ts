/**
 * Numbers of nodes that are counted on from: attempts, lives of actors, what a `main` had done. From one that is as large as a
 * number gets the next could not be told apart, nor written down, and a commit that cannot be made ends the server (rule T3).
 */
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { MAX_COUNTED } from '#shared/task/history-entries.ts';

/** @throws TypeError if no honest node can have counted so far */
export function checkCounts(record: NodeRecord): void {
  switch (record.kind) {
    case 'finish':
    case 'failed':
      check('attempt', record.attempt);
      return;
    case 'actorDown':
      check('life of an actor', record.incarnation);
      return;
    case 'began':
    case 'saved':
      check('life of an actor', record.incarnation);
      check('call of an actor', record.number);
      return;
    case 'checkpoint':
      check('call', record.position);
      return;
    default:
  }
}

/** The same of what a node says it has. */
export function checkReportedCounts({ leases, actors }: SessionFrameOf<'report'>): void {
  for (const { attempt } of leases) check('attempt', attempt);
  for (const { incarnation } of actors) check('life of an actor', incarnation);
}

function check(what: string, number: number): void {
  if (number > MAX_COUNTED) throw new TypeError(`there is no ${what} number ${number}`);
}
