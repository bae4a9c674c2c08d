/**
 * Job logs on the disk (rule J2): what is kept in memory of each job is also written down, some moments later and without a sync;
 * a lossy channel may lose its last lines. Strangers' lines lie in files of their own, small ones, because in the job's they would
 * push out what others printed. Lines that wait to be written are counted by size, of each job and of all (rule B1).
 */
import path from 'node:path';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { LogKeeper } from '../job-logs.ts';
import { charsOf, type LogLine, MAX_LOG_CHARS, MAX_STRANGERS_CHARS } from './log-ring.ts';
import { RotatingFile } from './rotating-file.ts';

const FLUSH_MS = 500;
/** Lines of all jobs that wait to be written, in characters; more are left out. */
export const MAX_WAITING_CHARS = 32 * 1024 * 1024;
/** What waits for a pair of files: no more than the two can take is worth keeping, and it is cut to that when a third could be filled. */
const [KEPT_FILES, MAX_WAITING_FILES] = [2, 3];
/** No line is longer. */
const MAX_LINE_CHARS = 128 * 1024;

/** The logs of all jobs, by folder. */
export class LogFiles implements LogKeeper {
  readonly #root: string;
  readonly #after: (delayMs: number, callback: () => void) => void;
  readonly #jobs = new Map<number, { readonly own: Waiting; readonly strangers: Waiting }>();
  readonly #due = new Set<Waiting>();
  #waitingChars = 0;
  #isPlanned = false;
  /** The disk is asked for one thing at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param root that of the jobs' folders */
  constructor(root: string, after: (delayMs: number, callback: () => void) => void) {
    this.#root = root;
    this.#after = after;
  }

  *levels(): Iterable<QueueLevel> {
    yield { queue: 'log lines to write down', level: this.#waitingChars, bound: MAX_WAITING_CHARS + MAX_LINE_CHARS };
  }

  append(job: number, line: LogLine): void {
    if (this.#waitingChars >= MAX_WAITING_CHARS) return;
    const { own, strangers } = this.#of(job);
    const waiting = line.isStrangers ? strangers : own;
    this.#waitingChars += waiting.add(line);
    this.#due.add(waiting);
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#after(FLUSH_MS, () => void this.flush());
  }

  /** Lines that were kept of a job, oldest first. */
  read(job: number): Promise<LogLine[]> {
    void this.flush();
    return this.#inTurn(async () => {
      const { own, strangers } = this.#of(job);
      const [ownLines, strangersLines] = [await own.file.read(), await strangers.file.read()].map(parseLines);
      return merged(ownLines ?? [], strangersLines ?? []);
    });
  }

  /** Writes what waits. */
  flush(): Promise<void> {
    return this.#inTurn(async () => {
      // While the disk is slow lines wait here, under the bound, and not in flushes behind each other.
      this.#isPlanned = false;
      for (const waiting of [...this.#due]) {
        this.#due.delete(waiting);
        await waiting.file.add(this.#taken(waiting).map(rowOf)).catch(() => undefined);
      }
    });
  }

  /** The job is forgotten. */
  remove(job: number): Promise<void> {
    const files = this.#of(job);
    this.#jobs.delete(job);
    for (const waiting of [files.own, files.strangers]) {
      this.#due.delete(waiting);
      this.#taken(waiting);
    }
    return this.#inTurn(async () => {
      await files.own.file.remove();
      await files.strangers.file.remove();
    });
  }

  #of(job: number): { readonly own: Waiting; readonly strangers: Waiting } {
    let files = this.#jobs.get(job);
    if (!files) {
      const folder = path.join(this.#root, String(job));
      files = {
        own: new Waiting(folder, 'log', MAX_LOG_CHARS),
        strangers: new Waiting(folder, 'log-strangers', MAX_STRANGERS_CHARS),
      };
      this.#jobs.set(job, files);
    }
    return files;
  }

  #taken(waiting: Waiting): readonly LogLine[] {
    this.#waitingChars -= waiting.chars;
    return waiting.take();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** Lines that wait to be written to one pair of files. */
class Waiting {
  readonly file: RotatingFile;
  readonly #fileChars: number;
  #lines: LogLine[] = [];
  chars = 0;

  constructor(folder: string, name: string, maxBytes: number) {
    this.file = new RotatingFile(folder, name, maxBytes);
    this.#fileChars = maxBytes;
  }

  /** Returns by how much more waits now; it may be less. */
  add(line: LogLine): number {
    const before = this.chars;
    this.#lines.push(line);
    this.chars += charsOf(line);
    if (this.chars > this.#fileChars * MAX_WAITING_FILES) {
      let surplus = 0;
      for (const oldest of this.#lines) {
        if (this.chars <= this.#fileChars * KEPT_FILES) break;
        this.chars -= charsOf(oldest);
        surplus += 1;
      }
      this.#lines.splice(0, surplus);
    }
    return this.chars - before;
  }

  take(): readonly LogLine[] {
    const lines = this.#lines;
    this.#lines = [];
    this.chars = 0;
    return lines;
  }
}

function rowOf(line: LogLine): Buffer {
  return Buffer.from(`${JSON.stringify(line)}\n`);
}

function parseLines(text: string): LogLine[] {
  return text.split('\n').flatMap(parseLine);
}

/** A line that was cut short by a crash is left out. */
function parseLine(text: string): LogLine[] {
  if (text === '') return [];
  try {
    return [JSON.parse(text) as LogLine];
  } catch {
    return [];
  }
}

/** Both by number. Each keeps its own order: an earlier release did not always go on with its numbers. */
function merged(own: readonly LogLine[], strangers: readonly LogLine[]): LogLine[] {
  const lines: LogLine[] = [];
  let taken = 0;
  for (const line of own) {
    for (let next = strangers[taken]; next && next.number < line.number; next = strangers[++taken]) lines.push(next);
    lines.push(line);
  }
  return [...lines, ...strangers.slice(taken)];
}
