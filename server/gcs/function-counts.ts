/**
 * How many calls of each function of a job are over (rule J2). The counts are a part of the job's row, so one commit makes durable
 * that a task has ended and that it was counted (rule G2): no start of the server loses one or counts one twice, and all of them
 * together are what the row says is finished. To count anew from the history would not do: of that the oldest is swept.
 */
import type { FunctionEntry } from './dictionaries.ts';
import type { TaskRecord } from './entities.ts';
import type { TaskOutcome } from './state.ts';

/** The row is written with every commit in which a task of the job ended: a job that makes functions in a loop must not make it large. */
export const MAX_COUNTED_FUNCTIONS = 500;

/** Calls that are over. */
export interface FunctionCount {
  succeeded: number;
  failed: number;
  cancelled: number;
  /** Attempts beyond the first. */
  retries: number;
  totalMs: number;
}

/** By function, in the order in which they first ended; `undefined` stands for all those for which there was no room. */
export type FunctionCounts = Map<FunctionEntry | undefined, FunctionCount>;

/** A task of the job has ended. */
export function countEnded(
  counts: FunctionCounts,
  { fn, attempt }: TaskRecord,
  { outcome, durationUs }: Pick<TaskOutcome, 'outcome' | 'durationUs'>,
): void {
  const key = counts.has(fn) || counts.size < MAX_COUNTED_FUNCTIONS ? fn : undefined;
  let count = counts.get(key);
  if (!count) counts.set(key, (count = { succeeded: 0, failed: 0, cancelled: 0, retries: 0, totalMs: 0 }));
  count[outcome] += 1;
  count.retries += attempt - 1;
  count.totalMs += durationUs / 1000;
}
