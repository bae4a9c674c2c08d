/**
 * Job logs on the disk (rule J2): what is kept in memory of each job is also written down, some moments later and without a sync;
 * a lossy channel may lose its last lines. Two files per job take turns, so that no log grows without bound.
 */
import { appendFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { LogLine } from '../job-logs.ts';

const FLUSH_MS = 500;
const MAX_FILE_BYTES = 1024 * 1024;
/** Lines that wait to be written; more are left out. */
const MAX_WAITING = 20_000;
const [CURRENT, FORMER] = ['log.jsonl', 'log-1.jsonl'];

/** The logs of all jobs, by folder. */
export class LogFiles {
  readonly #root: string;
  readonly #after: (delayMs: number, callback: () => void) => void;
  readonly #waiting = new Map<number, LogLine[]>();
  readonly #sizes = new Map<number, number>();
  #count = 0;
  #isPlanned = false;
  #flushing: Promise<void> = Promise.resolve();

  /** @param root that of the jobs' folders */
  constructor(root: string, after: (delayMs: number, callback: () => void) => void) {
    this.#root = root;
    this.#after = after;
  }

  append(job: number, line: LogLine): void {
    if (this.#count >= MAX_WAITING) return;
    this.#count += 1;
    const lines = this.#waiting.get(job);
    if (lines) lines.push(line);
    else this.#waiting.set(job, [line]);
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#after(FLUSH_MS, () => void this.flush());
  }

  /** Lines that were kept of a job, oldest first. */
  async read(job: number): Promise<LogLine[]> {
    const texts = await Promise.all(
      [FORMER, CURRENT].map((name) => readFile(this.#file(job, name), 'utf8').catch(() => '')),
    );
    return texts.join('').split('\n').flatMap(parseLine);
  }

  /** Writes what waits. */
  flush(): Promise<void> {
    this.#isPlanned = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#count = 0;
    this.#flushing = this.#flushing.then(async () => {
      for (const [job, lines] of waiting) await this.#write(job, lines).catch(() => undefined);
    });
    return this.#flushing;
  }

  /** The job is forgotten. */
  async remove(job: number): Promise<void> {
    this.#waiting.delete(job);
    this.#sizes.delete(job);
    await Promise.all([CURRENT, FORMER].map((name) => rm(this.#file(job, name), { force: true })));
  }

  async #write(job: number, lines: readonly LogLine[]): Promise<void> {
    const file = this.#file(job, CURRENT);
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    let sizeBytes =
      this.#sizes.get(job) ??
      (await stat(file).then(
        ({ size }) => size,
        () => 0,
      ));
    if (sizeBytes > MAX_FILE_BYTES) {
      await rename(file, this.#file(job, FORMER));
      sizeBytes = 0;
    }
    await mkdir(path.dirname(file), { recursive: true });
    await appendFile(file, text);
    this.#sizes.set(job, sizeBytes + text.length);
  }

  #file(job: number, name: string): string {
    return path.join(this.#root, String(job), name);
  }
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
