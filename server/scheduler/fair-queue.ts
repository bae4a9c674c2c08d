/**
 * A queue in which jobs take turns (rule S5): within a job tasks keep their order, and the job that was served least
 * lately is served next, so a job with a million tasks does not hold up one with three.
 */
import type { TaskRecord } from '../gcs/entities.ts';

/** Taken entries at the front of a list are cut off once there are this many, and they are half of it. */
const COMPACT_AT = 1024;

/**
 * The tasks of one job. Order and membership are apart: taking the first of a Set again and again walks over all that
 * were deleted before it, so a long queue would cost more the longer it is.
 */
interface JobQueue {
  readonly waiting: Set<TaskRecord>;
  order: TaskRecord[];
  head: number;
}

/** First in, first out per job, round robin over jobs. */
export class FairQueue {
  readonly #jobs = new Map<number, JobQueue>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(task: TaskRecord): void {
    let queue = this.#jobs.get(task.job.id);
    if (!queue) {
      queue = { waiting: new Set(), order: [], head: 0 };
      this.#jobs.set(task.job.id, queue);
    }
    if (queue.waiting.has(task)) return;
    queue.waiting.add(task);
    queue.order.push(task);
    this.#size += 1;
  }

  remove(task: TaskRecord): void {
    const queue = this.#jobs.get(task.job.id);
    if (!queue?.waiting.delete(task)) return;
    this.#size -= 1;
    if (queue.waiting.size === 0) this.#jobs.delete(task.job.id);
  }

  /** Takes the oldest task of the job whose turn it is. */
  take(): TaskRecord | undefined {
    const first = this.#jobs.entries().next();
    if (first.done) return undefined;
    const [job, queue] = first.value;
    // A Map keeps the order of insertion: putting the job back makes it the last in turn.
    this.#jobs.delete(job);
    const task = takeFirst(queue);
    if (!task) return undefined;
    this.#size -= 1;
    if (queue.waiting.size > 0) this.#jobs.set(job, queue);
    return task;
  }
}

function takeFirst(queue: JobQueue): TaskRecord | undefined {
  while (queue.head < queue.order.length) {
    const task = queue.order[queue.head];
    queue.head += 1;
    if (queue.head >= COMPACT_AT && queue.head * 2 >= queue.order.length) {
      queue.order = queue.order.slice(queue.head);
      queue.head = 0;
    }
    // One that was removed is passed over.
    if (task && queue.waiting.delete(task)) return task;
  }
  return undefined;
}
