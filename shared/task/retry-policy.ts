/**
 * When an attempt that ended without a result is followed by another (rules L4, L6). One policy for both schedulers: the
 * local one for the tasks it keeps, the global one for what it leased.
 */
import type { ResolvedOptions } from './task-options.ts';

/** Attempts that may be lost to nodes that left before the task is given up. */
export const MAX_LOSSES = 50;

/** True if a task that failed by its own fault `failures` times may run again. */
export function mayRetry(options: ResolvedOptions, failures: number): boolean {
  return options.maxRetries < 0 || failures <= options.maxRetries;
}

/** True if this application exception is to be tried again rather than be the result (rule L6). */
export function isRetriedException(options: ResolvedOptions, errorNames: readonly string[]): boolean {
  if (typeof options.retryExceptions === 'boolean') return options.retryExceptions;
  return options.retryExceptions.some((name) => errorNames.includes(name));
}

/** How long a task that lost its node for the `losses`-th time waits: 0, 1, 4, 16 … at most 60 s. */
export function lossBackoffMs(losses: number): number {
  return losses <= 1 ? 0 : Math.min(60_000, 1000 * 4 ** (losses - 2));
}
