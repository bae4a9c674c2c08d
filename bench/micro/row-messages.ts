// What the process that starts clusters and the process that drives one row say to each other.
import type { ClusterAddress } from '../harness/cluster.ts';
import type { CpuSource } from '../harness/cpu-time.ts';
import type { Timing } from '../harness/measure.ts';
import type { RowName } from './row-list.ts';
import type { Limit } from './row-definition.ts';

/** The row to measure, and the cluster that runs for it. */
export interface RowOrder {
  readonly name: RowName;
  readonly timing: Timing;
  readonly server: ClusterAddress;
  /** CPUs that the driver's own process lends. */
  readonly driverCpus: number;
  /** CPUs of the whole cluster. */
  readonly clusterCpus: number;
  /** The server, the hosts and browsers: whose CPU time counts beside the driver's own. */
  readonly processes: readonly CpuSource[];
}

/** What was measured, in the row's unit. */
export interface RowMeasurement {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Of all processes; absent where nothing is called. */
  readonly cpuUsPerCall?: number;
  readonly limit?: Limit;
  /** What one should know to judge the value. */
  readonly notes: readonly string[];
}

/** The answer. */
export type RowAnswer = { readonly measurement: RowMeasurement } | { readonly error: string };
