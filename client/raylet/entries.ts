/**
 * What a raylet knows: its tasks, objects, actors and the functions they call. Plain records; the tables beside this
 * file give them life.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import type { Share } from '#shared/scheduling/fair-shares.ts';
import type { ResolvedOptions } from '#shared/task/task-options.ts';
import type { Block } from './block-table.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** A function, class or method that tasks of this node call. */
export interface FunctionInfo {
  /** Its number in this session's journal and towards workers. */
  readonly index: number;
  readonly module: string;
  readonly name: string;
  readonly kind: number;
  /** Exponential average of its run time here; meaningless while `runs` is 0. */
  meanUs: number;
  runs: number;
}

/** A set of options. */
export interface OptionsInfo {
  readonly index: number;
  readonly options: ResolvedOptions;
  readonly schedulingClass: string;
  /** It asks for no custom resource. */
  readonly needsOnlyCpu: boolean;
}

/** Where a task of this node stands. */
export type LocalTaskState =
  /** The server is asked whether it knows this work already (rule L1). */
  | 'asking'
  /** Waits for inputs or code. */
  | 'waiting'
  | 'ready'
  /** A worker has it; it may still be behind another task there. */
  | 'running'
  /** Gave its CPU back in `get` or `wait` (rule S3). */
  | 'blocked'
  /** The global scheduler or another node has it. */
  | 'elsewhere'
  | 'done';

/** A `get` or `wait` that is over. */
export interface WaitOver {
  readonly id: number;
  readonly timedOut: boolean;
}

/** A task born here or leased to this node. */
export interface TaskEntry {
  readonly key: ObjectKey;
  readonly parent: ObjectKey;
  readonly actor: ObjectKey;
  /** Whose call it is, a task or the session of a driver: calls of one caller to one actor start in order. */
  readonly caller: ObjectKey;
  readonly job: number;
  readonly fn: FunctionInfo;
  readonly options: OptionsInfo;
  readonly args: Uint8Array;
  /** Never changed. */
  readonly deps: ObjectKey[];
  readonly nested: ObjectKey[];
  /** True if the server gave it; false if it was born here. */
  readonly leased: boolean;
  readonly incarnation: number;
  attempt: number;
  readonly state: LocalTaskState;
  worker: WorkerEntry | undefined;
  /** Its place among the tasks that this node got to know: submission, by order of arrival. */
  readonly age: number;
  /** Its place in the queue of ready tasks (`Queued`). */
  queuePlace: number;
  /** The share of its job (rule S5) while it waits for a worker or has one, and what that was charged for this attempt. */
  share: Share | undefined;
  chargedUs: number;
  /** Its place in the worker's claim board while it may not have begun; 0 if the board is not used, or it has begun. */
  claim: number;
  /** Its worker was asked for it back, and has not answered. */
  isRecalled: boolean;
  /** It was in a worker that crashed, and may be why: nothing shares a worker with it any more. */
  alone: boolean;
  /** Inputs (and code) that are not here yet. */
  missing: number;
  /** Its inputs are in use by it. */
  holdsInputs: boolean;
  /** Listens for its inputs while some are missing. */
  inputWait: ObjectListener | undefined;
  /** Calls of `get` and `wait` of this attempt that are not over. */
  blocks: Block[] | undefined;
  /** Such calls that are over; told to the worker when the task has its CPU again. */
  waitsOver: WaitOver[] | undefined;
  failures: number;
  cancelled: boolean;
  /** Another attempt's result was accepted: this one ends without one. */
  isWithdrawn: boolean;
  /** A later attempt of it was given to this node while a withdrawn one was still stopping. */
  next: { readonly attempt: number; begin(): void } | undefined;
  /** Objects its attempt made; they are let go when it ends. */
  made: ObjectKey[] | undefined;
  /**
   * Of a durable `main`: number of the record by which it decided something (rule J1), while that is not durable; 0 else. Until then
   * what it calls goes through the server: nobody is to see what follows from a decision that may be lost.
   */
  decidedBy: number;
  /** True if it holds its demand now. */
  holdsResources: boolean;
  /** Since when it runs without a break, on the node's clock; 0 if it does not. */
  runningSinceMs: number;
  ranMs: number;
  /** Last lines it printed. */
  logTail: string;
}

/** Where an object stands on this node. */
export type LocalObjectStatus =
  | 'pending'
  /** Small value, in `value`. */
  | 'inline'
  /** Large value in this node's memory, in `memory`. */
  | 'local'
  /** Large value in this node's cold storage, and not in its memory. */
  | 'spilled'
  /** Some other node has it. */
  | 'remote'
  | 'error';

/** Somebody who is told when an object's status changes. */
export interface ObjectListener {
  /** @param ownerKnows the object's owner was told of this before */
  objectChanged(object: LocalObject, ownerKnows: boolean): void;
}

/** An object this node made, waits for, or keeps a copy of. */
export interface LocalObject {
  readonly key: ObjectKey;
  readonly status: LocalObjectStatus;
  sizeBytes: number;
  value: Uint8Array | undefined;
  memory: Attachment | undefined;
  /** Never changed. */
  nested: ObjectKey[];
  /** The worker that made or submitted it: it is told the value unasked. */
  owner: WorkerEntry | undefined;
  /** Workers that have the value as well, while the GCS counts on this node's copy. */
  readers: Set<WorkerEntry> | undefined;
  /** Local interest: owner, waiting tasks, blocked `get`s. At 0 what the GCS does not count on is dropped. */
  uses: number;
  listeners: Set<ObjectListener> | undefined;
  /** The GCS counts on this node's copy: it goes when the GCS says so, not when it is of no use here. */
  kept: boolean;
  /** The server was asked to tell when it can be had. */
  wanted: boolean;
  /** A result of this node that the server has not taken yet: nobody here is to see it. */
  isUnsure: boolean;
  /** Its value is on the way from another node. */
  fetching: boolean;
  /** Its value is being read from cold storage. */
  restoring: boolean;
  /** Whether cold storage has the value. */
  cold: 'no' | 'writing' | 'yes';
}
