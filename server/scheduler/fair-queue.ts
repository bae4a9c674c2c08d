/**
 * A queue in which jobs take turns (rule S5): within a job tasks keep their order, and the job that was served least
 * lately is served next, so a job with a million tasks does not hold up one with three.
 */
import type { TaskRecord } from '../gcs/entities.ts';

/** First in, first out per job, round robin over jobs. */
export class FairQueue {
  readonly #jobs = new Map<number, Set<TaskRecord>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(task: TaskRecord): void {
    let tasks = this.#jobs.get(task.job.id);
    if (!tasks) {
      tasks = new Set();
      this.#jobs.set(task.job.id, tasks);
    }
    if (tasks.has(task)) return;
    tasks.add(task);
    this.#size += 1;
  }

  remove(task: TaskRecord): void {
    const tasks = this.#jobs.get(task.job.id);
    if (!tasks?.delete(task)) return;
    this.#size -= 1;
    if (tasks.size === 0) this.#jobs.delete(task.job.id);
  }

  /** Takes the oldest task of the job whose turn it is. */
  take(): TaskRecord | undefined {
    const first = this.#jobs.entries().next();
    if (first.done) return undefined;
    const [job, tasks] = first.value;
    const task: TaskRecord | undefined = tasks.values().next().value;
    if (!task) return undefined;
    this.remove(task);
    // A Map keeps the order of insertion: putting the job back makes it the last in turn.
    if (this.#jobs.delete(job)) this.#jobs.set(job, tasks);
    return task;
  }
}
