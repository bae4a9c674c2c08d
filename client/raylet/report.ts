/**
 * What a node tells a server that has just started (rule M3): what it runs, what it holds, what it waits for.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { ActorHost } from './actor-host.ts';
import type { LocalObjects } from './local-objects.ts';
import type { LocalTasks } from './local-tasks.ts';

/** @param lastRecord number of the last record written: once it is applied the node has said everything */
export function reportOf(
  tasks: LocalTasks,
  actorHost: ActorHost,
  objects: LocalObjects,
  lastRecord: number,
): SessionFrameOf<'report'> {
  const leases = [...tasks.all()]
    .filter(({ leased, isWithdrawn, next }) => leased && (!isWithdrawn || next))
    .map(({ key, attempt, next }) => ({ task: key, attempt: next?.attempt ?? attempt }));
  const actors = [...actorHost.all()].map(({ key, creation }) => ({
    actor: key,
    incarnation: creation.incarnation || 1,
  }));
  const copies: { object: ObjectKey; sizeBytes: number }[] = [];
  const wants: ObjectKey[] = [];
  for (const object of objects.all()) {
    if (object.kept) copies.push({ object: object.key, sizeBytes: object.sizeBytes });
    else if (object.wanted && object.status === 'pending') wants.push(object.key);
  }
  return { type: 'report', lastRecord, leases, actors, copies, wants };
}
