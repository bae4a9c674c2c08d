/**
 * The waiting tasks of one scheduling class: across jobs the one served least goes first, within a job priority, then
 * age (rule S5). A job with a million tasks does not hold up one with three, and one with long tasks gets no more of
 * the cluster than one with short ones.
 */
import type { FairShares, Share } from '#shared/scheduling/fair-shares.ts';
import { Heap, NO_PLACE } from '#shared/scheduling/heap.ts';
import { NOT_QUEUED, type TaskOrder, TaskQueue } from '#shared/scheduling/task-queue.ts';
import type { TaskRecord } from '../gcs/entities.ts';

/** Jobs that have nothing in the queue and are still remembered in it. */
const MAX_EMPTY_LINES = 32;

/** By age: the server's time of submission, then the order of the keys of one session. */
export const TASK_ORDER: TaskOrder<TaskRecord> = {
  priorityOf: (task) => task.options.options.priority,
  isOlder: (a, b) => (a.submittedMs === b.submittedMs ? a.key < b.key : a.submittedMs < b.submittedMs),
};

/** The tasks of one job. */
interface Line {
  readonly tasks: TaskQueue<TaskRecord>;
  share: Share;
  place: number;
}

/** The queue. */
export class FairQueue {
  readonly #shares: FairShares;
  readonly #lines = new Map<number, Line>();
  /** Those with tasks. */
  readonly #waiting = new Heap<Line>(
    (a, b) => (a.share.served === b.share.served ? a.share.job < b.share.job : a.share.served < b.share.served),
    (line, place) => {
      line.place = place;
    },
  );
  readonly #watch = (share: Share): void => {
    const line = this.#lines.get(share.job);
    if (line && line.place !== NO_PLACE) this.#waiting.moved(line.place);
  };
  #size = 0;

  constructor(shares: FairShares) {
    this.#shares = shares;
  }

  get size(): number {
    return this.#size;
  }

  /** What the job whose turn it is was served. */
  get leastServed(): number {
    return this.#waiting.first()?.share.served ?? Infinity;
  }

  add(task: TaskRecord): void {
    if (task.queuePlace !== NOT_QUEUED) return;
    const share = this.#shares.of(task.job.id, task.job.priority);
    this.#shares.entered(share);
    let line = this.#lines.get(share.job);
    if (!line) {
      line = { tasks: new TaskQueue(TASK_ORDER), share, place: NO_PLACE };
      this.#lines.set(share.job, line);
      if (this.#lines.size > this.#waiting.size + MAX_EMPTY_LINES) this.#forgetEmpty(line);
    }
    line.tasks.add(task);
    this.#size += 1;
    if (line.place !== NO_PLACE) return;
    line.share = share;
    share.watchers.add(this.#watch);
    this.#waiting.add(line);
  }

  /** The task whose turn it is. */
  first(): TaskRecord | undefined {
    return this.#waiting.first()?.tasks.first();
  }

  /** Takes out a task, if it is here. */
  remove(task: TaskRecord): void {
    const line = this.#lines.get(task.job.id);
    if (!line || task.queuePlace === NOT_QUEUED) return;
    line.tasks.remove(task);
    this.#size -= 1;
    if (line.tasks.size === 0) {
      this.#waiting.remove(line.place);
      line.share.watchers.delete(this.#watch);
    }
    this.#shares.left(line.share);
  }

  #forgetEmpty(except: Line): void {
    for (const [job, line] of this.#lines) if (line.tasks.size === 0 && line !== except) this.#lines.delete(job);
  }
}
