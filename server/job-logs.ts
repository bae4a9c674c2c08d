/**
 * What jobs print (rule J2): a lossy channel of its own, never in the journal. The newest megabyte of each job is kept
 * for people who ask later; who watches live gets the lines as they come. A start of the server finds them in a file.
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
  /** Told of every line, to write it down. */
  onLine: ((job: number, line: LogLine) => void) | undefined;
  /** Finds what was written down of a job before this start of the server. */
  readFile: (job: number) => Promise<readonly LogLine[]> = () => Promise.resolve([]);
  readonly #rings = new Map<number, Ring>();
  /** Jobs whose files were read. */
  readonly #loaded = new Set<number>();

  append(job: number, line: Omit<LogLine, 'number'>): void {
    const numbered = this.#add(job, line);
    this.onLine?.(job, numbered);
  }

  /** The number of its last line; 0 if it is not known to have any. */
  lastNumber(job: number): number {
    return (this.#rings.get(job)?.next ?? 1) - 1;
  }

  #add(job: number, line: Omit<LogLine, 'number'>): LogLine {
    let ring = this.#rings.get(job);
    if (!ring) {
      ring = { lines: [], bytes: 0, next: 1 };
      this.#rings.set(job, ring);
      const oldest = this.#rings.keys().next().value;
      if (this.#rings.size > MAX_JOBS && oldest !== undefined) this.#rings.delete(oldest);
    }
    const numbered = { number: ring.next, ...line };
    ring.lines.push(numbered);
    ring.next += 1;
    ring.bytes += line.text.length + LINE_OVERHEAD_BYTES;
    let surplus = 0;
    while (ring.bytes > MAX_BYTES_PER_JOB) {
      ring.bytes -= (ring.lines[surplus]?.text.length ?? 0) + LINE_OVERHEAD_BYTES;
      surplus += 1;
    }
    if (surplus > 0) ring.lines.splice(0, surplus);
    return numbered;
  }

  /** The job is forgotten. */
  remove(job: number): void {
    this.#rings.delete(job);
  }

  /** Has the lines of a job of before this start of the server at hand; resolves at once if they are. */
  async load(job: number): Promise<void> {
    if (this.#loaded.has(job)) return;
    this.#loaded.add(job);
    const lines = await this.readFile(job);
    const added = this.#rings.get(job)?.lines ?? [];
    this.#rings.delete(job);
    for (const { number: _, ...line } of [
      ...lines.filter(({ wallMs }) => wallMs < (added[0]?.wallMs ?? Infinity)),
      ...added,
    ])
      this.#add(job, line);
  }

  /** Lines after number `after`, oldest first. */
  read(job: number, after: number, limit: number): readonly LogLine[] {
    const lines = this.#rings.get(job)?.lines ?? [];
    const first = lines[0]?.number ?? 1;
    const from = Math.max(0, after + 1 - first);
    return lines.slice(from, from + limit);
  }
}
