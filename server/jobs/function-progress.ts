/**
 * How far each function of a job is. What ended is counted as it ends; what has not is looked up when somebody asks.
 */
import type { FunctionProgress } from '#shared/api/schemas.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import type { FunctionEntry } from '../gcs/dictionaries.ts';
import type { JobRecord } from '../gcs/entities.ts';
import type { TaskOutcome } from '../gcs/state.ts';

/** Beyond this many the tasks that are not over are not looked at one by one (rule T3). */
const MAX_LOOKED_AT = 20_000;
/** Jobs whose counts are kept in memory; the oldest that are over give way. */
const MAX_JOBS = 1_000;

interface Ended {
  succeeded: number;
  failed: number;
  cancelled: number;
  retries: number;
  totalMs: number;
}

/** Counts of all jobs. */
export class FunctionCounts {
  readonly #jobs = new Map<number, Map<FunctionEntry, Ended>>();

  /** A task has ended. */
  ended({ task, outcome, durationUs }: TaskOutcome): void {
    const { job, fn, attempt } = task;
    let functions = this.#jobs.get(job.id);
    if (!functions) {
      this.#jobs.set(job.id, (functions = new Map()));
      this.#forgetOldest();
    }
    let ended = functions.get(fn);
    if (!ended) functions.set(fn, (ended = { succeeded: 0, failed: 0, cancelled: 0, retries: 0, totalMs: 0 }));
    ended[outcome] += 1;
    ended.retries += attempt - 1;
    ended.totalMs += durationUs / 1000;
  }

  has(job: number): boolean {
    return this.#jobs.has(job);
  }

  remove(job: number): void {
    this.#jobs.delete(job);
  }

  /** Progress now, in the order in which functions first ended or are met. */
  of(job: JobRecord): FunctionProgress[] {
    const rows = new Map<FunctionEntry, Mutable<FunctionProgress>>();
    for (const [fn, ended] of this.#jobs.get(job.id) ?? []) Object.assign(rowOf(rows, fn), ended);
    let looked = 0;
    for (const task of job.unfinished.values()) {
      const row = rowOf(rows, task.fn);
      if (task.state === 'leased' || task.state === 'local') row.running += 1;
      else if (task.state === 'queued') row.queued += 1;
      else row.waiting += 1;
      looked += 1;
      if (looked < MAX_LOOKED_AT) continue;
      row.queued += job.unfinished.size - looked;
      break;
    }
    for (const row of rows.values()) {
      const runs = row.succeeded + row.failed;
      row.meanMs = runs === 0 ? 0 : row.totalMs / runs;
    }
    return [...rows.values()];
  }

  #forgetOldest(): void {
    const oldest = this.#jobs.keys().next().value;
    if (this.#jobs.size > MAX_JOBS && oldest !== undefined) this.#jobs.delete(oldest);
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function rowOf(rows: Map<FunctionEntry, Mutable<FunctionProgress>>, fn: FunctionEntry): Mutable<FunctionProgress> {
  let row = rows.get(fn);
  if (!row) {
    row = {
      fn: fn.name === MAIN_FUNCTION ? 'main' : fn.name,
      kind: fn.kind === FUNCTION_KIND.actor ? 'actor' : fn.kind === FUNCTION_KIND.method ? 'method' : 'task',
      waiting: 0,
      queued: 0,
      running: 0,
      succeeded: 0,
      failed: 0,
      cancelled: 0,
      retries: 0,
      totalMs: 0,
      meanMs: 0,
    };
    rows.set(fn, row);
  }
  return row;
}
