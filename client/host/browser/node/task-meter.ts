/**
 * Counts what runs in a tab, by job: what its owner sees. It listens to what passes between the raylet and its workers.
 */
import type { WorkerCommand, WorkerRequest } from '#shared/protocol/worker-messages.ts';
import { OUTCOME } from '#shared/protocol/node-records.ts';
import type { TabJob } from '../tab-status.ts';

/** Busy time is an average over about this long. */
const WINDOW_MS = 2_000;
/** Jobs that are over and still shown. */
const MAX_PAST_JOBS = 5;
const US_PER_MS = 1_000;

/** What a person may know of a job. */
export interface JobWords {
  readonly name: string;
  readonly submitter: string;
  readonly purpose: string;
}

interface JobCount {
  words: JobWords | undefined;
  doneTasks: number;
  lastMs: number;
}

interface Run {
  readonly job: number;
  readonly worker: number;
}

/** The meter of one tab. */
export class TaskMeter {
  readonly #runs = new Map<number, Run>();
  readonly #jobs = new Map<number, JobCount>();
  readonly #memory = new Map<number, number>();
  readonly #askWords: (job: number, tell: (words: JobWords) => void) => void;
  #busyUs = 0;
  #windowStartMs: number;
  doneTasks = 0;
  failedTasks = 0;
  /** Cores that were busy with tasks lately. */
  busyCores = 0;

  /** @param askWords asks the server what a job is called */
  constructor(nowMs: number, askWords: (job: number, tell: (words: JobWords) => void) => void) {
    this.#windowStartMs = nowMs;
    this.#askWords = askWords;
  }

  /** What job code occupies, as far as its workers can tell. */
  get memoryBytes(): number {
    let sum = 0;
    for (const sizeBytes of this.#memory.values()) sum += sizeBytes;
    return sum;
  }

  /** A worker was sent a command. */
  sent(worker: number, command: WorkerCommand, nowMs: number): void {
    if (command.kind !== 'run') return;
    this.#runs.set(command.task, { job: command.job, worker });
    this.#jobOf(command.job).lastMs = nowMs;
  }

  /** A worker said something. */
  heard(worker: number, message: WorkerRequest, nowMs: number): void {
    if (message.kind === 'result') {
      const run = this.#runs.get(message.task);
      if (run?.worker !== worker) return;
      this.#runs.delete(message.task);
      const job = this.#jobOf(run.job);
      job.doneTasks += 1;
      job.lastMs = nowMs;
      this.#busyUs += message.durationUs;
      this.doneTasks += 1;
      if (message.outcome !== OUTCOME.value) this.failedTasks += 1;
    } else if (message.kind === 'recalled') {
      this.#runs.delete(message.task);
    } else if (message.kind === 'memory') {
      this.#memory.set(worker, message.heapBytes + message.bufferBytes);
    }
  }

  /** A worker ended, and with it what it had. */
  ended(worker: number): void {
    this.#memory.delete(worker);
    for (const [task, run] of this.#runs) if (run.worker === worker) this.#runs.delete(task);
  }

  /** Nothing runs any more: the node begins anew. */
  clear(): void {
    this.#runs.clear();
    this.#memory.clear();
  }

  /** Lets time pass. */
  look(nowMs: number, cores: number): void {
    const elapsedMs = nowMs - this.#windowStartMs;
    if (elapsedMs < WINDOW_MS) return;
    // Tasks longer than the window have not reported yet: a worker that has one is busy.
    const running = new Set([...this.#runs.values()].map((run) => run.worker)).size;
    const measured = this.#busyUs / US_PER_MS / elapsedMs;
    this.busyCores = Math.min(cores, Math.max(measured, this.#busyUs === 0 ? running : measured));
    this.#busyUs = 0;
    this.#windowStartMs = nowMs;
  }

  /** Jobs with tasks here first, then the last ones that are over. */
  jobs(): TabJob[] {
    const running = new Map<number, number>();
    for (const { job } of this.#runs.values()) running.set(job, (running.get(job) ?? 0) + 1);
    const all = [...this.#jobs].map(([job, { words, doneTasks, lastMs }]) => ({
      lastMs,
      shown: {
        job,
        name: words?.name ?? `job ${job}`,
        submitter: words?.submitter ?? '',
        purpose: words?.purpose ?? '',
        runningTasks: running.get(job) ?? 0,
        doneTasks,
      },
    }));
    all.sort((a, b) => Number(b.shown.runningTasks > 0) - Number(a.shown.runningTasks > 0) || b.lastMs - a.lastMs);
    const kept = all.filter(({ shown }, place) => shown.runningTasks > 0 || place < MAX_PAST_JOBS);
    for (const { shown } of all.slice(kept.length + MAX_PAST_JOBS)) this.#jobs.delete(shown.job);
    return kept.map(({ shown }) => shown);
  }

  #jobOf(job: number): JobCount {
    let count = this.#jobs.get(job);
    if (!count) {
      const made: JobCount = { words: undefined, doneTasks: 0, lastMs: 0 };
      count = made;
      this.#jobs.set(job, made);
      this.#askWords(job, (words) => (made.words = words));
    }
    return count;
  }
}
