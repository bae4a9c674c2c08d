/**
 * What a process and its raylet thread tell each other besides the frames of the driver: the node's start, end and
 * figures. Structured clones, a few in a node's life.
 */
import type { MessagePort } from 'node:worker_threads';

/** Everything a raylet thread is started with (its `workerData`). */
export interface RayletThreadOptions {
  /** Of the server: `http://host:port`. */
  readonly url: string;
  readonly token: string;
  readonly role: 'host' | 'driver';
  /** 32 hex digits. */
  readonly nodeId: string;
  readonly nodeName: string;
  readonly cpuMilli: number;
  /** Custom resources, in thousandths. */
  readonly resources: readonly { readonly name: string; readonly milli: number }[];
  /** For a driver: what to call its job. */
  readonly jobName: string;
  /** Resident memory of the whole process beyond which a worker is ended. */
  readonly memoryLimitBytes: number;
  /** The node's room for large values: see `shared-store-budget.ts`. */
  readonly storeBudget: SharedArrayBuffer;
  /** How long the first connection may take before it is an error. */
  readonly firstConnectionMs: number;
  /** The raylet's end of the driver's link; must be in the transfer list. */
  readonly driverPort?: MessagePort;
}

/** Figures of a running node. */
export interface NodeStats {
  readonly session: number;
  readonly connected: boolean;
  readonly workers: number;
  readonly runningTasks: number;
  readonly queuedTasks: number;
  readonly storeBytes: number;
  readonly rssBytes: number;
  /** Records written to the journal since the session began. */
  readonly journalRecords: number;
  /** Object bytes received from and sent to other nodes. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** Process to raylet thread. */
export type ToRaylet =
  | { readonly type: 'stop'; readonly reason: string }
  | { readonly type: 'stats'; readonly id: number };

/** Raylet thread to process. */
export type FromRaylet =
  | { readonly type: 'welcome'; readonly session: number; readonly job: number }
  | { readonly type: 'disconnected'; readonly message: string }
  | { readonly type: 'fatal'; readonly errorName: string; readonly message: string }
  | { readonly type: 'stats'; readonly id: number; readonly stats: NodeStats }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'progress'; readonly fraction: number; readonly note: string }
  | { readonly type: 'stopped' };
