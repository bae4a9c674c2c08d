/**
 * What happens on a node because time passes: cancelled tasks that do not listen, tasks that run longer than they may, waits
 * that are over, workers nobody needs any more.
 */
import { TaskCancelledError } from '#shared/errors/daylight-error.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { TaskEntry } from './entries.ts';
import type { LocalScheduler } from './local-scheduler.ts';
import type { WorkerEntry, WorkerPool } from './worker-pool.ts';

/** A cancelled task that does not look at its signal loses its worker after this long (rule L7). */
const CANCEL_GRACE_MS = 1_000;
/** Workers beyond one per CPU end after so long without anything to do. */
const SURPLUS_MS = 10_000;

/** What limits ask for. */
export interface TimeLimitHooks {
  failWith(task: TaskEntry, error: Error): void;
  stop(worker: WorkerEntry, reason: number, message: string): void;
}

/** The limits of one node. */
export class TimeLimits {
  readonly #pool: WorkerPool;
  readonly #scheduler: LocalScheduler;
  readonly #hooks: TimeLimitHooks;
  /** Tasks that were asked to stop, and until when they may go on. */
  readonly #cancelling = new Map<TaskEntry, number>();
  /** Since when there have been more workers than CPUs with nothing to do. */
  #surplusSinceMs = Infinity;

  constructor(pool: WorkerPool, scheduler: LocalScheduler, hooks: TimeLimitHooks) {
    this.#pool = pool;
    this.#scheduler = scheduler;
    this.#hooks = hooks;
  }

  /** Tasks that were asked to stop and have not. */
  get cancellingCount(): number {
    return this.#cancelling.size;
  }

  /** A running task was asked to stop. */
  cancelling(task: TaskEntry, nowMs: number): void {
    this.#cancelling.set(task, nowMs + CANCEL_GRACE_MS);
  }

  attemptEnded(task: TaskEntry): void {
    if (this.#cancelling.size > 0) this.#cancelling.delete(task);
  }

  tick(nowMs: number): void {
    for (const [task, deadlineMs] of this.#cancelling) {
      if (nowMs < deadlineMs) continue;
      this.#cancelling.delete(task);
      // An actor goes on; nobody waits for this call of it any longer.
      if (task.actor !== 0) this.#hooks.failWith(task, new TaskCancelledError('the task was cancelled'));
      else if (task.worker) this.#hooks.stop(task.worker, END_REASON.bystander, 'a cancelled task in it did not stop');
    }
    for (const worker of this.#pool.all()) {
      for (const block of worker.blocks.values()) if (nowMs >= block.expiresAtMs) block.expire();
      this.#checkRuntime(worker, nowMs);
    }
    this.#scheduler.rebalance(nowMs);
    this.#shrinkPool(nowMs);
  }

  /** Ends the worker of a task that ran longer than it may (rule S3: time blocked in `get` does not count). */
  #checkRuntime(worker: WorkerEntry, nowMs: number): void {
    const { current } = worker;
    if (!current || current.actor !== 0 || current.state !== 'running' || worker.endReason !== undefined) return;
    const { runtimeMs } = current.options.options;
    if (runtimeMs === 0 || current.ranMs + (nowMs - current.runningSinceMs) <= runtimeMs) return;
    worker.endCulprit = current;
    this.#hooks.stop(worker, END_REASON.runtimeLimit, `it ran longer than its limit of ${runtimeMs} ms`);
  }

  /** Workers that were started for blocked tasks end when they have not been needed for a while. */
  #shrinkPool(nowMs: number): void {
    const idle = this.#scheduler.queuedTasks === 0 ? this.#pool.surplus() : undefined;
    if (!idle) this.#surplusSinceMs = Infinity;
    else if (this.#surplusSinceMs === Infinity) this.#surplusSinceMs = nowMs;
    else if (nowMs - this.#surplusSinceMs >= SURPLUS_MS)
      this.#hooks.stop(idle, END_REASON.bystander, 'it is not needed any more');
  }
}
