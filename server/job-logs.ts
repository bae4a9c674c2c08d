/**
 * What jobs print (rule J2): a lossy channel of its own, never in the journal. The newest megabyte of each job is kept
 * for people who ask later; who watches live gets the lines as they come. What was written down of a job is read before its
 * first line is taken, be it after a start of the server or because the job had to give way, so that numbers go on.
 */
import type { QueueLevel } from '#shared/queue-level.ts';
import { type LogLine, LogRing, type NewLogLine } from './jobs/log-ring.ts';

/** Jobs with lines in memory; beyond them the oldest that are over give way. What they printed is on the disk. */
export const MAX_JOBS_AT_HAND = 1000;

/** Writes lines down. */
export interface LogKeeper {
  append(job: number, line: LogLine): void;
  /** Everything that is kept of a job, oldest first. Never rejects. */
  read(job: number): Promise<readonly LogLine[]>;
  /** How full its queues are (rule B1). */
  levels(): Iterable<QueueLevel>;
}

/** A job whose file is being read. */
interface Loading {
  /** What came meanwhile. */
  readonly waiting: LogRing;
  readonly done: Promise<void>;
}

/** The newest lines of every job. */
export class JobLogs {
  /** Without one nothing is written down. */
  keeper: LogKeeper | undefined;
  readonly #isOver: (job: number) => boolean;
  readonly #rings = new Map<number, LogRing>();
  readonly #loading = new Map<number, Loading>();

  constructor(isOver: (job: number) => boolean) {
    this.#isOver = isOver;
  }

  append(job: number, line: NewLogLine): void {
    const ring = this.#rings.get(job) ?? this.#begin(job);
    const numbered = ring.add(line);
    // One that waits gets its number later, and is told of then.
    if (this.#rings.get(job) === ring) this.keeper?.append(job, numbered);
  }

  /** The number of its last line; 0 if it is not known to have any. */
  lastNumber(job: number): number {
    return this.#rings.get(job)?.lastNumber ?? 0;
  }

  /** The job is forgotten. */
  remove(job: number): void {
    this.#rings.delete(job);
    this.#loading.delete(job);
  }

  /** Has the lines of a job at hand. */
  async load(job: number): Promise<void> {
    if (this.#rings.has(job)) return;
    this.#begin(job);
    await this.#loading.get(job)?.done;
  }

  /** Resolves when no line waits for what was written down of its job. */
  async settled(): Promise<void> {
    await Promise.all(Array.from(this.#loading.values(), ({ done }) => done));
  }

  /** Lines after number `after`, oldest first. */
  read(job: number, after: number, limit: number): readonly LogLine[] {
    return this.#rings.get(job)?.after(after, limit) ?? [];
  }

  /** Where lines of the job go that has none at hand. */
  #begin(job: number): LogRing {
    if (!this.keeper) return this.#open(job);
    let loading = this.#loading.get(job);
    if (!loading) {
      loading = { waiting: new LogRing(), done: this.keeper.read(job).then((lines) => this.#found(job, lines)) };
      this.#loading.set(job, loading);
    }
    return loading.waiting;
  }

  #found(job: number, lines: readonly LogLine[]): void {
    const loading = this.#loading.get(job);
    // Forgotten meanwhile.
    if (!loading) return;
    this.#loading.delete(job);
    const ring = this.#open(job);
    for (const line of lines) ring.add(line, line.number);
    for (const { number: _, ...line } of loading.waiting.lines) this.append(job, line);
  }

  #open(job: number): LogRing {
    const ring = new LogRing();
    this.#rings.set(job, ring);
    if (this.#rings.size <= MAX_JOBS_AT_HAND) return ring;
    for (const each of this.#rings.keys()) {
      if (each === job || !this.#isOver(each)) continue;
      this.#rings.delete(each);
      break;
    }
    return ring;
  }
}
