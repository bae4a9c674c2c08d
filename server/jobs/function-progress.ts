/**
 * How far each function of a job is: what has ended is counted with the job, what has not is looked up when somebody asks.
 */
import type { FunctionProgress } from '#shared/api/schemas.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import type { FunctionEntry } from '../gcs/dictionaries.ts';
import type { JobRecord } from '../gcs/entities.ts';

/** Beyond this many the tasks that are not over are not looked at one by one (rule T3). */
const MAX_LOOKED_AT = 20_000;

/** Progress now, in the order in which functions first ended or are met. */
export function functionProgress(job: JobRecord): FunctionProgress[] {
  const rows = new Map<FunctionEntry | undefined, Mutable<FunctionProgress>>();
  for (const [fn, count] of job.functions) Object.assign(rowOf(rows, fn), count);
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

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function rowOf(
  rows: Map<FunctionEntry | undefined, Mutable<FunctionProgress>>,
  fn: FunctionEntry | undefined,
): Mutable<FunctionProgress> {
  let row = rows.get(fn);
  if (!row) {
    row = {
      fn: nameOf(fn),
      kind: fn?.kind === FUNCTION_KIND.actor ? 'actor' : fn?.kind === FUNCTION_KIND.method ? 'method' : 'task',
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

function nameOf(fn: FunctionEntry | undefined): string {
  if (!fn) return 'other functions';
  return fn.name === MAIN_FUNCTION ? 'main' : fn.name;
}
