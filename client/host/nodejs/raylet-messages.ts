/**
 * What a process and its raylet thread tell each other besides the frames of the driver: the node's start, end and
 * figures. Structured clones, a few in a node's life.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Label } from '#shared/task/node-labels.ts';
import type { SpillSettings } from './spill/spill-folder.ts';
import type { ShellStats } from '#client/host/raylet-shell.ts';

/** Everything a raylet thread is started with (its `workerData`). */
export interface RayletThreadOptions {
  /** Of the server: `http://host:port`. */
  readonly url: string;
  /** The server runs in this very process, so its certificate need not be checked. */
  readonly isOwnServer?: boolean;
  readonly token: string;
  readonly role: 'host' | 'driver';
  /** 32 hex digits. */
  readonly nodeId: string;
  readonly nodeName: string;
  readonly cpuMilli: number;
  /** Custom resources, in thousandths. */
  readonly resources: readonly { readonly name: string; readonly milli: number }[];
  /** Labels of its owner and its own. */
  readonly labels: readonly Label[];
  /** Lends a GPU: workers open it in their own threads. */
  readonly gpu?: boolean;
  /** What people may want to know of the machine, as JSON; default: nothing is told. */
  readonly facts?: string;
  /** For a driver: what to call its job. */
  readonly jobName: string;
  /** For a driver: who runs the job and what for, in words for people who lend their machines. */
  readonly submitter?: string;
  readonly purpose?: string;
  /** Resident memory of the whole process beyond which a worker is ended. */
  readonly memoryLimitBytes: number;
  /** The node's room for large values: see `shared-store-budget.ts`. */
  readonly storeBudget: SharedArrayBuffer;
  /** Where values go that memory has no room for; absent: nowhere. */
  readonly spill?: SpillSettings;
  /** How long the first connection may take before it is an error. */
  readonly firstConnectionMs: number;
  /** The raylet's end of the driver's link; must be in the transfer list. */
  readonly driverPort?: MessagePort;
}

/** Figures of a running node. */
export interface NodeStats extends ShellStats {
  readonly rssBytes: number;
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
