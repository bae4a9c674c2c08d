/**
 * What jobs print (rule J2): a lossy channel of its own, never in the journal. The newest megabyte of each job is kept
 * for people who ask later; who watches live gets the lines as they come.
 */

/** One message of a task. */
export interface LogLine {
  /** Counts the lines of a job from 1. */
  readonly number: number;
  readonly wallMs: number;
  readonly task: number;
  readonly node: string;
  readonly level: number;
  readonly text: string;
}

const MAX_BYTES_PER_JOB = 1024 * 1024;
/** A job that ended long ago gives way to new ones. */
const MAX_JOBS = 1000;
const LINE_OVERHEAD_BYTES = 64;

interface Ring {
  readonly lines: LogLine[];
  bytes: number;
  next: number;
}

/** The newest lines of every job. */
export class JobLogs {
  readonly #rings = new Map<number, Ring>();

  append(job: number, line: Omit<LogLine, 'number'>): void {
    let ring = this.#rings.get(job);
    if (!ring) {
      ring = { lines: [], bytes: 0, next: 1 };
      this.#rings.set(job, ring);
      const oldest = this.#rings.keys().next().value;
      if (this.#rings.size > MAX_JOBS && oldest !== undefined) this.#rings.delete(oldest);
    }
    ring.lines.push({ number: ring.next, ...line });
    ring.next += 1;
    ring.bytes += line.text.length + LINE_OVERHEAD_BYTES;
    let surplus = 0;
    while (ring.bytes > MAX_BYTES_PER_JOB) {
      ring.bytes -= (ring.lines[surplus]?.text.length ?? 0) + LINE_OVERHEAD_BYTES;
      surplus += 1;
    }
    if (surplus > 0) ring.lines.splice(0, surplus);
  }

  /** Lines after number `after`, oldest first. */
  read(job: number, after: number, limit: number): readonly LogLine[] {
    const lines = this.#rings.get(job)?.lines ?? [];
    const first = lines[0]?.number ?? 1;
    const from = Math.max(0, after + 1 - first);
    return lines.slice(from, from + limit);
  }
}
