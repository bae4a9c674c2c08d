// What a benchmark says: one row per rate, time or size, in the form that `--json` writes.

/** One measured row. Optional fields are left out where there is nothing to say. */
export interface BenchRow {
  readonly name: string;
  /** Median over the rounds, in `unit`. */
  readonly value: number;
  readonly unit: string;
  /** The lowest of the rounds, in `unit`. */
  readonly min: number;
  /** The highest of the rounds, in `unit`. */
  readonly max: number;
  /** Microseconds of CPU (user and system) per call, summed over all processes of the cluster and the driver. */
  readonly cpuUsPerCall?: number;
  /** Another system that was measured in the same shape. */
  readonly peer?: string;
  /** What the peer reached, in `unit`. */
  readonly peerValue?: number;
  /** `value / peerValue`: above 1, this system is better. */
  readonly ratio?: number;
  /** What this machine can do at most, measured in the same run; of a time or a size, what it may be. In `unit`. */
  readonly limit?: number;
  /** `value / limit`. */
  readonly fractionOfLimit?: number;
  readonly note?: string;
}

/** A row that could not be measured, or whose results were wrong. */
export interface RowFailure {
  readonly name: string;
  readonly error: string;
}

/** A row of what was measured once; with a limit, how much of it that is. */
export function singleRow(name: string, value: number, unit: string, note: string, limit?: number): BenchRow {
  const ofLimit = limit === undefined ? {} : { limit, fractionOfLimit: value / limit };
  return { name, value, unit, min: value, max: value, ...ofLimit, note };
}
