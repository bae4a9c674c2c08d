/**
 * How the calls of one function in one job are doing: how many are done, and how long they took. From it stragglers are told
 * (rule S6). Kept in memory only: after a start of the server it begins anew.
 */
import type { JobRecord, TaskRecord } from './entities.ts';

/** Eight buckets for each doubling of the duration: a quantile is right to 9 %. */
const BUCKETS_PER_OCTAVE = 8;
/** Up to 2^36 µs, which is 19 hours; longer runs count as such. */
const OCTAVES = 36;

/** Run times on a logarithmic scale. */
export class DurationHistogram {
  readonly #counts = new Uint32Array(OCTAVES * BUCKETS_PER_OCTAVE);
  count = 0;

  add(durationUs: number): void {
    const bucket = Math.floor(Math.log2(Math.max(1, durationUs)) * BUCKETS_PER_OCTAVE);
    const place = Math.min(this.#counts.length - 1, bucket);
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.count += 1;
  }

  /** Upper end of the bucket that holds the quantile, in microseconds; 0 without any run. */
  quantileUs(share: number): number {
    if (this.count === 0) return 0;
    let left = Math.ceil(this.count * share);
    for (const [place, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return 2 ** ((place + 1) / BUCKETS_PER_OCTAVE);
    }
    return Infinity;
  }
}

/** Calls of one function in one job. */
export interface Batch {
  submitted: number;
  ended: number;
  readonly durations: DurationHistogram;
}

/** What a job has used. */
export interface JobUse {
  /** Run time of accepted results, and of second copies, in microseconds. */
  resultsUs: number;
  copiesUs: number;
  /** By number of the function. */
  readonly batches: (Batch | undefined)[];
}

/** All jobs that run. */
export class Batches {
  readonly #uses = new Map<number, JobUse>();

  of(task: TaskRecord): Batch {
    const { batches } = this.useOf(task.job);
    return (batches[task.fn.index] ??= { submitted: 0, ended: 0, durations: new DurationHistogram() });
  }

  useOf(job: JobRecord): JobUse {
    let use = this.#uses.get(job.id);
    if (use) return use;
    use = { resultsUs: 0, copiesUs: 0, batches: [] };
    // What comes of a job after its end is of no use to anybody.
    if (job.status === 'running') this.#uses.set(job.id, use);
    return use;
  }

  /** A task is to run: for the first time, or again. */
  submitted(task: TaskRecord): void {
    this.of(task).submitted += 1;
  }

  /** A task is over. @param durationUs 0 without a result */
  ended(task: TaskRecord, durationUs: number): void {
    const batch = this.of(task);
    batch.ended += 1;
    if (durationUs <= 0) return;
    batch.durations.add(durationUs);
    this.useOf(task.job).resultsUs += durationUs;
  }

  jobEnded(job: JobRecord): void {
    this.#uses.delete(job.id);
  }

  /** Jobs with an entry. */
  get size(): number {
    return this.#uses.size;
  }
}
