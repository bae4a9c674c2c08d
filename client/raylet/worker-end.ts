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
}

/** Takes everything from a worker that ended. @param reason one of `END_REASON` */
export function endOf(worker: WorkerEntry, reason: number): WorkerEnd {
  const { current, queued, resumed, blocked } = worker;
  const isCrash = worker.endReason === undefined && reason !== END_REASON.bystander;
  let culprit = isCrash ? current : worker.endCulprit;
  const tasks = [...(current ? [current] : []), ...resumed, ...queued, ...blocked];
  if (isCrash && queued.length > 0) {
    // The worker goes on by itself and its last results are lost with it: any of these may have been the one. They
    // run again, each alone, so that next time there is no doubt.
    for (const task of tasks) task.alone = true;
    if (culprit && !culprit.leased) culprit = undefined;
  }
  queued.length = 0;
  resumed.length = 0;
  return { tasks, culprit: culprit && tasks.includes(culprit) ? culprit : undefined };
}
