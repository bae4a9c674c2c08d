// Timing one operation: warm up, then a few rounds long enough that the clock and one garbage collection do not decide.
// The value is the median of the rounds, because on a shared machine the mean belongs to whoever else was running.

/** How long to measure. */
export interface Timing {
  readonly warmUpMs: number;
  readonly rounds: number;
  /** A round ends with the first iteration that ends after this time. */
  readonly roundMs: number;
}

/** The default: what the published figures are made with. */
export const FULL_TIMING: Timing = { warmUpMs: 1_000, rounds: 4, roundMs: 1_500 };

/** For checking that rows work at all; the figures are not worth quoting. */
export const QUICK_TIMING: Timing = { warmUpMs: 100, rounds: 1, roundMs: 300 };

/** Rates in calls per second, and how many calls the rounds made together. */
export interface Rates {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly calls: number;
}

/** One pass over what is measured; resolves with the number of calls it made, after having checked their results. */
export type Iteration = () => Promise<number>;

/** Repeats `iteration` for at least `durationMs`; gives calls and milliseconds. */
async function runFor(iteration: Iteration, durationMs: number): Promise<{ calls: number; elapsedMs: number }> {
  const startMs = performance.now();
  let calls = 0;
  let elapsedMs = 0;
  do {
    // Iterations measure a sequence on purpose.
    // oxlint-disable-next-line no-await-in-loop
    calls += await iteration();
    elapsedMs = performance.now() - startMs;
  } while (elapsedMs < durationMs);
  return { calls, elapsedMs };
}

/** Warms up. Apart from the rounds so that the caller can read counters in between. */
export async function warmUp(iteration: Iteration, { warmUpMs }: Timing): Promise<void> {
  await runFor(iteration, warmUpMs);
}

/** Runs the rounds. Rejects as soon as an iteration does: a wrong result is no measurement. */
export async function measureRounds(iteration: Iteration, { rounds, roundMs }: Timing): Promise<Rates> {
  const rates: number[] = [];
  let calls = 0;
  for (let round = 0; round < rounds; round += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one round after the other
    const result = await runFor(iteration, roundMs);
    calls += result.calls;
    rates.push((result.calls * 1000) / result.elapsedMs);
  }
  return { median: median(rates), min: Math.min(...rates), max: Math.max(...rates), calls };
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing is not defined');
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? 0;
  const lower = sorted[(sorted.length - 1) >> 1] ?? 0;
  return (lower + upper) / 2;
}

/** The value below which this share of the values lies (0.99: the 99th percentile), as one of the values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (found === undefined) throw new RangeError('a quantile of nothing is not defined');
  return found;
}
