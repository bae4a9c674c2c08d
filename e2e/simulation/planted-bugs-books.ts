/**
 * What a planted bug may have to know of the server's tables: fields of production classes are private to them.
 */
import type { TaskRecord } from '#server/gcs/entities.ts';
import { Gcs } from '#server/gcs/gcs.ts';
import type { GcsState } from '#server/gcs/state.ts';
import type { Seam } from './planted-bugs-seam.ts';

interface Books {
  gcs: Gcs | undefined;
  state: GcsState | undefined;
}

/** The tables that the records at hand change. */
export function watchBooks(seam: Seam): Books {
  const books: Books = { gcs: undefined, state: undefined };
  seam.replace(
    Gcs.prototype,
    'applyRecords',
    (applyRecords) =>
      function (this: Gcs, session, first, records) {
        books.gcs = this;
        books.state = this.state;
        applyRecords.call(this, session, first, records);
      },
  );
  return books;
}

/** Counts what each attempt of a task makes. */
export class CallOrder {
  readonly #counts = new WeakMap<TaskRecord, { attempt: number; count: number }>();

  /** How many came before in this attempt. */
  next(task: TaskRecord): number {
    const { attempt } = task;
    const counted = this.#counts.get(task);
    const count = counted?.attempt === attempt ? counted.count : 0;
    this.#counts.set(task, { attempt, count: count + 1 });
    return count;
  }
}
