/**
 * What has to be remembered of what is gone: numbers that nobody may be given again, for history, files and late words go by them,
 * and the deleted jobs whose history is still on the disk (rules J3, M1). One row, written in the commit that deletes the others.
 */
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { array, struct, uint } from '#shared/wire/schema.ts';

/** The key of its row among those of `meta`. */
export const GONE_ROW = 1;

const goneRow = struct({ jobsUpTo: uint, jobs: array(uint, { maxCount: 1_000_000 }) });

/** See above. */
export class Gone {
  /** The highest number of a job that was deleted. */
  jobsUpTo = 0;
  /** Deleted jobs whose history is to go. */
  readonly jobs = new Set<number>();
  readonly #dirty: Set<number>;

  /** @param dirty takes the keys of rows that are to be written */
  constructor(dirty: Set<number>) {
    this.#dirty = dirty;
  }

  jobDeleted(job: number): void {
    this.jobsUpTo = Math.max(this.jobsUpTo, job);
    this.jobs.add(job);
    this.#dirty.add(GONE_ROW);
  }

  /** Nothing of these jobs is on the disk any more. */
  historyForgotten(jobs: readonly number[]): void {
    for (const job of jobs) this.jobs.delete(job);
    this.#dirty.add(GONE_ROW);
  }

  row(): Uint8Array {
    const writer = new ByteWriter(256);
    goneRow.write(writer, { jobsUpTo: this.jobsUpTo, jobs: [...this.jobs] });
    return writer.finish();
  }

  restore(row: Uint8Array): void {
    const { jobsUpTo, jobs } = goneRow.read(new ByteReader(row));
    this.jobsUpTo = jobsUpTo;
    for (const job of jobs) this.jobs.add(job);
  }
}
