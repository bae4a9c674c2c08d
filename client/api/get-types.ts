// The types of the calls that are not about one function: fetching and waiting, storing, stopping, the running task's context,
// and the session that `init` opens. Only interfaces live here; the runtime implements them. Times are durations in
// milliseconds throughout, never points in time, because two machines' clocks are not compared.

import type { GpuDevice } from './gpu-device.ts';
import type { ObjectRef } from './object-ref.ts';
import type { ActorHandle, ObjectRefStream, RemoteStubs } from './remote-types.ts';

/** The value type behind a reference. */
export type RefValue<R> = R extends ObjectRef<infer T> ? T : never;

/** One outcome of `get(..., { settled: true })`. */
export type SettledResult<T> =
  | { readonly status: 'fulfilled'; readonly value: T }
  | { readonly status: 'rejected'; readonly reason: unknown };

/** How `get` waits and what it gives. */
export interface GetOptions {
  /** Wait this many milliseconds at most, then reject with `GetTimeoutError`. 0 asks without waiting. Default: no limit. */
  readonly timeoutMs?: number;
  /** Rejects with the signal's reason when it is aborted. The tasks go on: `cancel` stops them. */
  readonly signal?: AbortSignal;
  /** `true`: never rejects because of a task, but gives every outcome as `SettledResult`. Default `false`. */
  readonly settled?: boolean;
  /** `true`: an own, writable copy of large arrays instead of a view of shared memory. Default `false`. */
  readonly copy?: boolean;
}

type WithSettled = GetOptions & { readonly settled: true };
type WithoutSettled = GetOptions & { readonly settled?: false };

/**
 * `get`: the value behind one reference, or those behind a tuple or an array of them, in the same places. Rejects with the
 * first error in time: the `TaskError` of the task that failed, or what kept the value from being made.
 */
export interface Get {
  <T>(ref: ObjectRef<T>, options: WithSettled): Promise<SettledResult<T>>;
  <T>(ref: ObjectRef<T>, options?: WithoutSettled): Promise<T>;
  <const R extends readonly ObjectRef<unknown>[]>(
    refs: R,
    options: WithSettled,
  ): Promise<{ -readonly [K in keyof R]: SettledResult<RefValue<R[K]>> }>;
  <const R extends readonly ObjectRef<unknown>[]>(
    refs: R,
    options?: WithoutSettled,
  ): Promise<{ -readonly [K in keyof R]: RefValue<R[K]> }>;
}

/** How long `wait` waits, and for how many. */
export interface WaitOptions {
  /** Return once this many are ready. A whole number from 0 to the number of references. Default 1. */
  readonly numReturns?: number;
  /** Return after this many milliseconds with whatever is ready. Default: no limit. */
  readonly timeoutMs?: number;
  /** Rejects with the signal's reason when it is aborted. */
  readonly signal?: AbortSignal;
}

/** The references split in two; together they are those given, each part in the given order. */
export interface WaitResult<R> {
  /** `numReturns` references, or fewer after a time-out, whose values or errors are there. */
  readonly ready: R[];
  /** The others. */
  readonly pending: R[];
}

/** `wait`: until some of the references are ready. A task that failed is ready: `get` tells how. Fetches no bytes. */
export interface Wait {
  <R extends ObjectRef<unknown>>(refs: readonly R[], options?: WaitOptions): Promise<WaitResult<R>>;
}

/** The compile error for `put(ref)`. */
type PutRefError = 'This is an ObjectRef already: use it as it is, or put({ ref }) to store the reference itself';

/** `T`, or the error text where it is a reference. */
type PutValue<T> = 0 extends 1 & T ? T : [Extract<T, ObjectRef<unknown>>] extends [never] ? T : PutRefError;

/**
 * `put`: stores a value and returns a reference at once; the value is read before it returns. Throws `SerializationError` for
 * a value that cannot travel, `ObjectStoreFullError` when there is no room.
 */
export interface Put {
  <T>(value: PutValue<T>): ObjectRef<T>;
}

/** How far `cancel` goes. */
export interface CancelOptions {
  /** Also the tasks which the task has submitted, and theirs. Default `true`. */
  readonly recursive?: boolean;
  /** `true`: end the task's worker at once instead of first giving it time to see `context().signal`. Default `false`. */
  readonly force?: boolean;
}

/** What `cancel` reached: tasks that had not started, that were running, and that had ended before. Repeating it is harmless. */
export interface CancelResult {
  readonly queued: number;
  readonly running: number;
  readonly finished: number;
}

/** `cancel`: stops the task that makes this object. Its references then reject with `TaskCancelledError`. */
export interface Cancel {
  (ref: ObjectRef<unknown> | ObjectRefStream<unknown>, options?: CancelOptions): Promise<CancelResult>;
}

/** What `kill` leaves behind. */
export interface KillOptions {
  /** `false`: the actor restarts if its `maxRestarts` allows it. Default `true`. */
  readonly noRestart?: boolean;
}

/** `kill`: ends an actor at once, without waiting for its calls and without `onStop`. Unanswered calls reject with `ActorDiedError`. */
export interface Kill {
  (handle: ActorHandle<unknown>, options?: KillOptions): Promise<void>;
}

/** Where `getActor` looks. */
export interface GetActorOptions {
  /** Default: the job's own namespace. */
  readonly namespace?: string;
}

/**
 * `getActor<Counter>('name')`: a handle of a named actor; `T` is the type of its instance and is not checked. Rejects with
 * `ActorDiedError` if no actor has this name now.
 */
export interface GetActor {
  <T>(name: string, options?: GetActorOptions): Promise<ActorHandle<T>>;
}

/** What a task or an actor method can ask about itself. Every property is lazy: what is not asked for costs nothing. */
export interface TaskContext {
  /** Id of the task, as text; the same in every attempt. */
  readonly taskId: string;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /** Id of the node it runs on. */
  readonly node: string;
  /** Id of the job it belongs to. */
  readonly job: string;
  /** Aborted when the task is cancelled; it then has a moment to tidy up before its worker is ended. */
  readonly signal: AbortSignal;
  /**
   * The WebGPU device of a task or actor with `numGpus` above 0; throws in others. Tasks that run in one worker share a device:
   * destroy your buffers when you are done, not the device. If it is lost, the next task gets another.
   */
  readonly gpu: GpuDevice;
  /** Shows how far the task is: `fraction` from 0 to 1, and a short note. Cheap: at most a few a second are sent. */
  progress(fraction: number, note?: string): void;
  /**
   * Shows a file on the job's page: a picture, a table, a report. Publishing again under the same name replaces it, so a picture
   * can grow while the job runs. At most 4 MB; text is sent as UTF-8. Only tasks on trusted nodes may publish.
   *
   * @param name a plain file name: letters, digits, `.`, `-` and `_`
   * @param options `mediaType` says what it is; default by the ending of the name. PNG, JPEG, WebP and GIF are shown as pictures
   * @returns resolves once the server has it; rejects if it does not take it
   */
  publish(name: string, data: Uint8Array | string, options?: { readonly mediaType?: string }): Promise<void>;
  /** A number from 0 to below 1. In a durable `main` it is recorded, so that a re-run takes the same path. */
  random(): number;
  /** Milliseconds since 1970. In a durable `main` it is recorded. */
  now(): number;
  /**
   * For what is to happen once: sending a mail, asking a service. In a durable `main` the result of `fn` (or what it throws) is
   * recorded, and a re-run gets it without calling `fn`; there `fn` must not call the cluster, and gives at most 100 KB of data.
   * Elsewhere `fn` is called once per attempt and name.
   */
  once<T>(name: string, fn: () => T | Promise<T>): Promise<T>;
  /**
   * In a durable `main`: a re-run begins here instead of at the beginning, with `state` from {@link restored}; what led to it is
   * forgotten. `state` is any value that can be sent, up to 8 MB, references and actor handles in it included. Resolves when the
   * server has it on its disk. To be called when `main` waits for nothing else. In the `main` of `daylight run`, which is not
   * durable, it does nothing; in other tasks it throws.
   */
  checkpoint(state: unknown): Promise<void>;
  /**
   * In a method of an actor: ends the actor. Calls that it has begun, this one among them, go on and are answered; then `onStop`
   * runs. All others fail with `ActorDiedError`, and there is no restart. Throws in a task that is no actor's.
   */
  exitActor(): void;
  /**
   * The state of the last {@link checkpoint} that an earlier run of this `main` made; `undefined` if there is none, and everywhere
   * else. `S` is the type of what was given there, and is not checked.
   */
  restored<S>(): S | undefined;
  /** Resolves once the queue has room: what a loop that submits awaits instead of meeting `BackPressureError`. */
  ready(): Promise<void>;
  /** `fn`, running as a part of this task wherever it is called from: for timers and listeners. */
  bind<A extends readonly unknown[], R>(fn: (...args: A) => R): (...args: A) => R;
}

/** `context`: the running task's. Throws outside a task, and where the task cannot be known (use `bind`). */
export interface GetContext {
  (): TaskContext;
}

/** What `init` connects to or starts. */
export interface InitOptions {
  /** URL of a server. Without it a local cluster is started in the background and ends with the session. */
  readonly address?: string;
  /** The submitter's or the operator's token. Needed with `address`. */
  readonly token?: string;
  /** CPUs which this process lends to the cluster. Default: 0 with `address`, else all of the machine's. */
  readonly numCpus?: number;
  /** Custom resources it lends, by name. Default none. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Labels by which tasks can ask for this process, `{ zone: 'a' }`. Default those that it has by itself. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Local cluster only: the folder of its records, kept for the next start. Default: a temporary one, removed at the end. */
  readonly dataDir?: string;
  /** Local cluster only: the TCP port on 127.0.0.1. Default: a free one. */
  readonly port?: number;
  /** The job's name in lists and on the dashboard. Default: the script's name. */
  readonly jobName?: string;
  /** Who runs the job, in words for the people whose machines compute; at most 256 bytes. */
  readonly submitter?: string;
  /** What it is for, in words for them too; at most 1024 bytes. */
  readonly purpose?: string;
  /** Memory of this process for values. Default: 30 % of the memory that it may use. */
  readonly objectStoreBytes?: number;
  /** Folder for values that this memory has no room for; what is written there is gone when the process is. Default: the system's for temporary files. */
  readonly spillDir?: string;
  /** Bytes that may be written there; 0: none. Default: half of what is free. */
  readonly spillLimitBytes?: number;
}

/** A connection to a cluster, and the job that this script is in it. `await using session = await init()` closes it. */
export interface Session extends AsyncDisposable {
  /** URL of the server. */
  readonly address: string;
  /** Where to look at it in a browser. */
  readonly dashboardUrl: string;
  /** Id of this job. */
  readonly jobId: string;
  /** Ends the job (tasks, actors, objects), and the local cluster if `init` started it. Repeating it is harmless. */
  shutdown(): Promise<void>;
}

/** `init`: rejects with `AuthenticationError`, `ProtocolError`, or an error that says what cannot be reached. */
export interface Init {
  (options?: InitOptions): Promise<Session>;
}

/**
 * `remoteModule<typeof import('./tasks.ts')>(new URL('./tasks.ts', import.meta.url))`: stubs of the module's remote exports, at
 * once. It is bundled at the first call; what is wrong with it is thrown by `get`.
 */
export interface RemoteModule {
  <M>(url: URL | string): RemoteStubs<M>;
}

/** `move(buffer)` as an argument, or part of one: transfers the memory instead of copying it; the caller's becomes empty. */
export interface Move {
  <T extends ArrayBuffer | ArrayBufferView<ArrayBuffer>>(value: T): T;
}
