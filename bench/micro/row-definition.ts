// What the definition of a row has to say. The harness does the rest: cluster, rounds, CPU time, records.
import type { RemoteStubs } from 'daylight';
import type { Iteration } from '../harness/measure.ts';
import type { RowMeasurement, RowOrder } from './row-messages.ts';

/** The job's remote functions and classes, as the driver calls them. */
export type SmallCalls = RemoteStubs<typeof import('../jobs/small-calls.ts')>;

/** A physical limit of this machine, or what a time or a size may be at most, in the row's unit. */
export interface Limit {
  readonly value: number;
  /** What was done to measure it, or who says so. */
  readonly what: string;
}

/** How one row is measured. */
export interface RowDefinition {
  /** How many of the row's unit one call is. Default 1. */
  readonly unitsPerCall?: number;
  /** Makes what is called and gives the operation to repeat. `cpus` is how many CPUs the cluster has. */
  readonly prepare: (job: SmallCalls, cpus: number) => Promise<Iteration>;
  /** Measures what the machine can do at most. Called after the rounds. */
  readonly measureLimit?: () => Promise<Limit>;
}

/** How a row about the donate page is measured. */
export interface PageRow {
  readonly measure: (order: RowOrder) => Promise<RowMeasurement>;
}
