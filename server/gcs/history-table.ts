/**
 * The histories of all durable `main`s, by task and by job.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { JobHistory, mainOfRow, partOfRow } from './job-history.ts';

/** See above. */
export class HistoryTable {
  readonly #byMain = new Map<ObjectKey, JobHistory>();
  readonly #byJob = new Map<number, JobHistory>();

  get size(): number {
    return this.#byMain.size;
  }

  values(): IterableIterator<JobHistory> {
    return this.#byMain.values();
  }

  /** That of a task, if it is a durable `main`. */
  of(task: ObjectKey): JobHistory | undefined {
    return this.#byMain.size === 0 ? undefined : this.#byMain.get(task);
  }

  /** True if another run of the task that made the object will name it again. */
  names(maker: ObjectKey, object: ObjectKey): boolean {
    return this.of(maker)?.keys.has(object) === true;
  }

  add(history: JobHistory): void {
    this.#byMain.set(history.main, history);
    this.#byJob.set(history.job, history);
  }

  remove(history: JobHistory): void {
    this.#byMain.delete(history.main);
    this.#byJob.delete(history.job);
    history.remove();
  }

  /** What is to be written under a row's key; undefined: nothing, any more. */
  row(rowKey: number): Uint8Array | undefined {
    const { job, part } = partOfRow(rowKey);
    return this.#byJob.get(job)?.row(part);
  }

  /** Takes a row of an earlier life of the server. They come in the order of their keys. */
  restore(rowKey: number, row: Uint8Array, dirty: Set<number>): void {
    const { job, part } = partOfRow(rowKey);
    const main = mainOfRow(part, row);
    if (main !== undefined) this.add(new JobHistory(job, main, dirty));
    this.#byJob.get(job)?.restore(part, row);
  }
}
