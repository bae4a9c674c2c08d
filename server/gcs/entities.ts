/**
 * The rows of the live tables: tasks, objects, actors, jobs, sessions. Plain records with the few operations that only
 * touch one of them; what connects them is in the tables beside this file. States change only through `lives.ts`.
 */
import type { ObjectId, TaskId } from '#shared/ids/ids.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { NOT_QUEUED } from '#shared/scheduling/task-queue.ts';
import type { NodeLabels } from '#shared/task/node-labels.ts';
import type { NodeResources } from '#shared/task/resources.ts';
import type { TaskState } from '#shared/task/task-state.ts';
import type { JsonValue } from '#shared/wire/safe-json.ts';
import type { StrangerBook } from '../trust/stranger-book.ts';
import type { ActorHistory } from './actor-history.ts';
import type { FunctionEntry, OptionsEntry } from './dictionaries.ts';
import type { FunctionCounts } from './function-counts.ts';
import type { KeyTable } from './key-table.ts';

/** What a finished job ended with. */
export type JobStatus = 'running' | 'succeeded' | 'failed' | 'stopped';

/** A driver's job, or a submitted one. */
export interface JobRecord {
  readonly id: number;
  readonly name: string;
  /** The session of its driver. */
  readonly session: number;
  readonly status: JobStatus;
  /** Server wall time. */
  readonly startedMs: number;
  endedMs: number;
  /** JSON of the result, or the encoded error. */
  result: Uint8Array;
  /** Why it stopped, in words. */
  message: string;
  submitted: number;
  finished: number;
  failed: number;
  progress: number;
  note: string;
  /** Who runs it and what for, in the driver's words; empty if it did not say. */
  submitter: string;
  purpose: string;
  /** `driver`: it runs in a process that joined; `submitted`: its `main` is a task of the cluster. */
  kind: 'driver' | 'submitted';
  /** Its part where jobs share nodes: 1 is usual, 2 gets twice as much (rule S5). */
  priority: number;
  /** Whose nodes its tasks may run on, beside what each says for itself (rule S1). */
  trust: 'own' | 'unchecked';
  /** What has ended of it, by function: as many as are finished. */
  readonly functions: FunctionCounts;
  /** Its tasks that have no result yet. */
  readonly unfinished: KeyTable<TaskRecord>;
  readonly actors: Set<ActorRecord>;
}

/** A task, an actor's creation or an actor's call. Its key is also that of the object it returns. */
export interface TaskRecord {
  readonly key: ObjectKey;
  /** The calling task, or 0 for the driver of the session it was born in. */
  readonly parent: ObjectKey;
  readonly job: JobRecord;
  /** The actor whose method this calls, or 0. */
  readonly actor: ObjectKey;
  readonly fn: FunctionEntry;
  readonly options: OptionsEntry;
  readonly args: Uint8Array;
  readonly deps: readonly ObjectKey[];
  readonly nested: readonly ObjectKey[];
  readonly k: number;
  readonly state: TaskState;
  /** The current attempt, from 1; only its word counts (rule M2). */
  attempt: number;
  /** The highest number that an attempt ever had: that of a second copy may be higher than the present one's. */
  lastAttempt: number;
  /** The session that runs it, or 0. */
  assigned: number;
  /** Attempts that ended by its own fault (rule L4). */
  failures: number;
  /** Attempts lost because a node went away. */
  losses: number;
  /** The same task on a second node, if it runs on two (rules S6, M1). */
  copy: SecondCopy | undefined;
  /** The session whose copy was withdrawn, or 0: what that goes on to say is not believed. */
  withdrawnFrom: number;
  /** One of two copies failed by itself, or called something: there is no second one again. */
  runsAlone: boolean;
  /** Since when the session has it, on the server's monotonic clock. */
  runningSinceMs: number;
  /** Not before this time (back-off after losses), on the server's monotonic clock. */
  notBeforeMs: number;
  /** Inputs that are not there yet. */
  missing: number;
  /** What it made: children's results and puts, held in its name until it ends. */
  made: ObjectKey[];
  /** The same by content id, once it runs again (rule L1). */
  names: Map<string, ObjectKey> | undefined;
  /** Actors it made; they end with it (rule A3). */
  madeActors: ObjectKey[] | undefined;
  /** True if the record is kept after the end and counts in the `lineageRefs` of its inputs. */
  kept: boolean;
  /** Stored objects that only this task could make again; above 0 the record is kept after the end (lineage). */
  lineageOf: number;
  /** True from a re-execution on: what its children name is matched by content (rule L1). */
  replayed: boolean;
  /** Of an actor's call that may have to be repeated: its place among those that began (rule A2); else 0. */
  callNumber: number;
  /** Content id (L1) once computed. Its row has it too: what it depends on may be gone when it is asked for again. */
  id: TaskId | undefined;
  cancelled: boolean;
  /** What the scheduler counted it as when it was leased, in microseconds. */
  chargedUs: number;
  /** Its place in the scheduler's queue (`Queued`). */
  queuePlace: number;
  /** True once a row of it may be on disk. */
  onDisk: boolean;
  /** Server wall times for people. */
  submittedMs: number;
  startedMs: number;
}

/** A second run of a task beside its first; see `assignments.ts`. */
export interface SecondCopy {
  readonly session: number;
  attempt: number;
  readonly startedMs: number;
  readonly runningSinceMs: number;
  readonly state: 'local' | 'leased';
}

/** What is known of a task when it is submitted. */
export type TaskSubmission = Pick<
  TaskRecord,
  'key' | 'parent' | 'job' | 'actor' | 'fn' | 'options' | 'args' | 'deps' | 'nested' | 'k' | 'submittedMs'
>;

/** A task that was just submitted. Field by field, so that all task records have one shape. */
export function newTask(submission: TaskSubmission): TaskRecord {
  return {
    key: submission.key,
    parent: submission.parent,
    job: submission.job,
    actor: submission.actor,
    fn: submission.fn,
    options: submission.options,
    args: submission.args,
    deps: submission.deps,
    nested: submission.nested,
    k: submission.k,
    state: 'waiting',
    attempt: 1,
    lastAttempt: 1,
    assigned: 0,
    failures: 0,
    losses: 0,
    copy: undefined,
    withdrawnFrom: 0,
    runsAlone: false,
    runningSinceMs: 0,
    notBeforeMs: 0,
    missing: 0,
    made: [],
    names: undefined,
    madeActors: undefined,
    kept: false,
    lineageOf: 0,
    replayed: false,
    callNumber: 0,
    id: undefined,
    cancelled: false,
    chargedUs: 0,
    queuePlace: NOT_QUEUED,
    onDisk: false,
    submittedMs: submission.submittedMs,
    startedMs: 0,
  };
}

/** Where an object stands. */
export type ObjectStatus =
  /** Its task has no result yet. */
  | 'pending'
  /** The value is here. */
  | 'inline'
  /** Nodes have it. */
  | 'stored'
  | 'error'
  /** Nobody holds it; kept because its task may have to run again for others. */
  | 'freed';

/** An immutable object: what a task returned, or what was put. */
export interface ObjectRecord {
  readonly key: ObjectKey;
  readonly status: ObjectStatus;
  sizeBytes: number;
  /** Inline value or encoded error. */
  value: Uint8Array | undefined;
  /** References in the present value. */
  nested: readonly ObjectKey[];
  /** References in values that were made earlier, or by a copy that was too late: who read one of those may still have them (rule O1). */
  formerNested: ObjectKey[] | undefined;
  /** For a put: the task that put it, 0 for a driver; -1 for a task's result. */
  maker: ObjectKey;
  k: number;
  digest: Uint8Array;
  /** Content id (L1), once the record it comes from is gone. */
  id: ObjectId | undefined;
  /** Digest of the present version, as the first node with a copy told it: a copy on a disk is known by it (M4). */
  versionDigest: Uint8Array | undefined;
  /** Digest of its manifest, by which pieces from anybody are known to be of the present version (rule O1). */
  manifestDigest: Uint8Array | undefined;
  /** The stranger's session whose word the value is; 0 if it is a trusted node's. */
  source: number;
  /** See `holders.ts`. */
  firstHolder: number;
  moreHolders: Set<number> | undefined;
  /** Sessions with a copy. */
  locations: Set<number> | undefined;
  /** Strangers' sessions with a copy that is good for nobody else: it may have been changed (rule T2). */
  privateCopies: Set<number> | undefined;
  /** Sessions to tell, with the key they know it by. */
  wants: { session: number; key: ObjectKey }[] | undefined;
  /** Tasks that cannot start without it. */
  waiters: Set<TaskRecord> | undefined;
  /** Kept task records that have it among their inputs. */
  lineageRefs: number;
  /** True if it counts in its maker's `lineageOf`. */
  keepsMaker: boolean;
  /** True once a row of it may be on disk. */
  onDisk: boolean;
}

/** Where an actor stands. */
export type ActorState = 'pending' | 'alive' | 'restarting' | 'dead';

/** An actor; its key is that of its creation task. */
export interface ActorRecord {
  readonly key: ObjectKey;
  readonly creation: TaskRecord;
  readonly state: ActorState;
  /** Counts its lives from 1; only the current one is believed (rule M2). */
  incarnation: number;
  /** The session it lives on, or 0. */
  session: number;
  restarts: number;
  /** Why it takes no more calls and ends when it has answered those that it has; empty if it goes on. */
  retiring: string;
  /** Encoded error that calls get once it is dead. */
  deathCause: Uint8Array | undefined;
  /** Calls that wait for it to live. */
  readonly pending: TaskRecord[];
  /** Calls given to its node and not answered. */
  readonly inFlight: Set<TaskRecord>;
  /** Objects its code holds beyond a call. */
  readonly holdings: KeyTable<ObjectRecord>;
  /** What a later life of it has to do again (rule A2). */
  readonly history: ActorHistory;
}

/** Where a session stands (rule M1). */
export type SessionState = 'connected' | 'disconnected' | 'dead';

/** One life of a node (or of a driver): node id and epoch. */
export interface SessionRecord {
  readonly id: number;
  readonly nodeId: string;
  readonly nodeName: string;
  readonly epoch: number;
  readonly role: 'host' | 'driver' | 'tab';
  readonly platform: string;
  /** Version of the protocol that it speaks; 0 from a start of the server until it comes back. */
  version: number;
  /** False if the cluster does not know the node's owner (a public cluster, joined without its key). */
  readonly trusted: boolean;
  /** What a stranger's node was given and may name; `undefined` for a trusted one. */
  readonly book: StrangerBook | undefined;
  /** What it offers now; see `offerOf`. */
  resources: NodeResources;
  /**
   * What its owner hung on it, and its role; only in memory: it says so each time it comes. `undefined` until it did, for then it
   * is not known which rules it meets.
   */
  labels: NodeLabels | undefined;
  /** What it tells of its machine; only in memory. */
  facts: JsonValue | undefined;
  /** The session of the same node that took its place (rule M4), or 0. */
  successor: number;
  /** The driver's job. */
  job: JobRecord | undefined;
  readonly state: SessionState;
  /** Since when it is in this state, on the server's monotonic clock. */
  sinceMs: number;
  lastFrameMs: number;
  readonly joinedMs: number;
  /** Number of the last record applied, … */
  received: number;
  /** … and of the last that came: some may wait for others' (see `held-streams.ts`). */
  heard: number;
  /** After a server start: the record up to which the node has told what it runs and holds; Infinity until it said so. */
  reportedUpTo: number;
  readonly functions: (FunctionEntry | undefined)[];
  readonly options: (OptionsEntry | undefined)[];
  /** What it runs by lease or by its own local scheduler. */
  readonly assigned: Set<TaskRecord>;
  readonly copies: Set<ObjectKey>;
  readonly holdings: KeyTable<ObjectRecord>;
  /** Names of functions and options already introduced to it. */
  readonly sentFunctions: Map<FunctionEntry, number>;
  readonly sentOptions: Map<OptionsEntry, number>;
  load: NodeLoad;
  /** Nodes beside it that could take work, when it was told last whether there are any; -1 if it was not. */
  peersTold: number;
  /** Tasks it finished. */
  executed: number;
}

/** A node's own report of its load. */
export interface NodeLoad {
  queuedUs: number;
  queuedTasks: number;
  runningTasks: number;
  freeCpuMilli: number;
  storeBytes: number;
  workers: number;
  rssBytes: number;
}
