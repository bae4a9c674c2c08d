/**
 * Who is to blame when a worker ends (rule L4): one of its tasks, or none that can be known; the others run again at no cost.
 */
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { TaskEntry } from './entries.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** What a worker's end leaves. */
export interface WorkerEnd {
  /** Everything it had. */
  readonly tasks: readonly TaskEntry[];
  /** The one whose failure it counts as. */
  readonly culprit: TaskEntry | undefined;
  /** Any of several may have been the one: these run again, here, each alone, so that next time there is no doubt. */
  readonly suspects: ReadonlySet<TaskEntry>;
}

/** Takes everything from a worker that ended. @param reason one of `END_REASON` */
export function endOf(worker: WorkerEntry, reason: number): WorkerEnd {
  const { current, queued, resumed, blocked } = worker;
  const isCrash = worker.endReason === undefined && reason !== END_REASON.bystander;
  // The worker goes on by itself with what is queued, and its last results are lost with it; and of several tasks that were
  // blocked and have their CPU again any may have the thread.
  const begun = [...(current ? [current] : []), ...resumed, ...queued];
  const suspects = new Set(isCrash && begun.length > 1 ? begun : []);
  for (const task of suspects) task.alone = true;
  const tasks = [...begun, ...blocked];
  const culprit = isCrash ? current : worker.endCulprit;
  queued.length = 0;
  resumed.length = 0;
  return { tasks, culprit: suspects.size === 0 && culprit && tasks.includes(culprit) ? culprit : undefined, suspects };
}
