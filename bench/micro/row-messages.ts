// What the process that starts clusters and the process that drives one row say to each other.
import type { Timing } from '../harness/measure.ts';
import type { ServerAddress } from '../harness/server-records.ts';
import type { RowName } from './row-list.ts';
import type { Limit } from './row-definition.ts';

/** The row to measure, and the cluster that runs for it. */
export interface RowOrder {
  readonly name: RowName;
  readonly timing: Timing;
  readonly server: ServerAddress & { readonly joinToken: string };
  /** CPUs that the driver's own process lends. */
  readonly driverCpus: number;
  /** CPUs of the whole cluster. */
  readonly clusterCpus: number;
  /** The server and the hosts: whose CPU time counts beside the driver's own. */
  readonly pids: readonly number[];
}

/** What was measured; rates in the row's unit. */
export interface RowMeasurement {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly calls: number;
  /** Of the driver, the server and each host. */
  readonly cpuUsPerCall: readonly number[];
  /** Journal records that the server applied for these calls. */
  readonly records: number;
  /** How long after the last call the server applied the last of them. */
  readonly behindMs: number;
  /** How much of the machine (0 to 1) went to processes that have nothing to do with it. */
  readonly othersShare: number;
  readonly limit?: Limit;
}

/** The answer. */
export type RowAnswer = { readonly measurement: RowMeasurement } | { readonly error: string };
