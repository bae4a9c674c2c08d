/**
 * What drivers and workers have in common: the connection to the raylet, submitting, storing, fetching and waiting.
 * Everything synchronous that can be is: keys are given out here, messages are gathered, answers come unasked.
 */
import { makeActorHandle, makeOpenActorHandle } from '../api/actor-handle.ts';
import { ObjectRef } from '../api/object-ref.ts';
import type { ActorHandle } from '../api/remote-types.ts';
import type { SettledResult } from '../api/get-types.ts';
import { BatchLink, receiveBatches } from '../transport/batch-link.ts';
import { decodeTaskError } from '#shared/errors/error-record.ts';
import { BackPressureError, ConnectionLostError, ObjectLostError } from '#shared/errors/daylight-error.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment, Transport } from '#shared/ports/transport.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import {
  type WorkerCommand,
  type WorkerCommandOf,
  workerCommands,
  type WorkerRequest,
  workerRequests,
} from '#shared/protocol/worker-messages.ts';
import { decodeValue, encodeValue } from '#shared/serialization/value-codec.ts';
import { DEFAULT_OPTIONS } from '#shared/task/task-options.ts';
import type { RecordBatch } from '#shared/wire/columnar.ts';
import { ActorRecord } from './actor-record.ts';
import { type CallTarget, methodName, type OptionSet } from './call-target.ts';
import { withoutFailed } from './failed-submissions.ts';
import { CodeDictionary } from './code-dictionary.ts';
import { durableGet, durableWait, type GetOutcome } from './durable-waits.ts';
import { KeySupply } from './key-supply.ts';
import { OBJECT_STATE, ObjectCache, type ObjectEntry } from './object-cache.ts';
import type { CorePorts } from './ports.ts';
import { OutwardCalls } from './outward-calls.ts';
import { Questions } from './questions.ts';
import { refuseAwait } from './refuse-await.ts';
import { ReferenceTable } from './reference-table.ts';
import { ArgumentEncoder, checkRoom, MAX_PENDING_BYTES, MAX_PENDING_TASKS } from './submission.ts';
import { createTaskContext, type TaskContext } from './task-context.ts';
import type { TaskState } from './task-state.ts';
import { ValueStore } from './value-store.ts';
import { timeoutError, WaitCalls } from './wait-calls.ts';

/** What the realm around the core does with what is not the core's business. */
export interface CoreHooks {
  /** The task on whose behalf the code running now calls. Throws where it cannot be known. */
  currentTask(): TaskState;
  /** Every command that is about running, logs and the end. */
  onCommand(command: WorkerCommand): void;
  readonly onBlocked: (task: TaskState) => void;
  readonly onUnblocked: (task: TaskState) => void;
  onClose(reason: string): void;
}

/** How `get` waits and what it gives; see `GetOptions`. */
export interface FetchOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly settled?: boolean | undefined;
  readonly copy?: boolean | undefined;
}

const METHOD_OPTIONS: OptionSet = {
  resolved: { ...DEFAULT_OPTIONS, demand: { cpuMilli: 0, custom: {} }, maxRetries: 0 },
};

type VariantsOf<B> = B extends RecordBatch<infer V> ? V : never;

/** One end of a connection to a raylet. */
export class CoreWorker {
  readonly ports: CorePorts;
  readonly context: TaskContext<TaskState> = createTaskContext<TaskState>(refuseAwait);
  readonly cache = new ObjectCache();
  readonly references: ReferenceTable;
  readonly store: ValueStore;
  readonly arguments: ArgumentEncoder;
  readonly outward: OutwardCalls;
  readonly #link: BatchLink<VariantsOf<typeof workerRequests>>;
  readonly #hooks: CoreHooks;
  readonly #isDriver: boolean;
  readonly #dictionary: CodeDictionary;
  readonly #waits: WaitCalls;
  readonly #keys: KeySupply;
  /** By class, then by method. */
  readonly #methods = new Map<string, Map<string, CallTarget>>();
  readonly #questions: Questions;
  readonly #roomWaiters: (() => void)[] = [];
  #closed: Error | undefined;

  constructor(transport: Transport, ports: CorePorts, hooks: CoreHooks, isDriver: boolean) {
    this.#isDriver = isDriver;
    this.ports = ports;
    this.#hooks = hooks;
    this.#link = new BatchLink(transport, workerRequests, ports.pacer);
    const push = (message: WorkerRequest, sizeBytes?: number): void => this.#link.push(message, sizeBytes);
    this.references = new ReferenceTable(this.cache, {
      hold: (object, holder) => push({ kind: 'hold', object, holder }),
      release: (object, holder) => push({ kind: 'release', object, holder }),
    });
    this.#keys = new KeySupply((left) => push({ kind: 'moreKeys', left }));
    this.store = new ValueStore({
      ports,
      attach: (memory) => this.#link.attach(memory),
      push,
      post: () => this.#link.flush(),
      nextKey: () => this.#keys.take(),
      cache: this.cache,
    });
    this.arguments = new ArgumentEncoder(this.references, (encoded) => {
      const task = hooks.currentTask();
      return this.references.adoptMade(this.store.put(encoded, task), task);
    });
    this.#dictionary = new CodeDictionary(this.#link, isDriver, (failures, messages) =>
      this.#dropFailed(failures, messages),
    );
    this.#waits = new WaitCalls(this.cache, { push, onBlocked: hooks.onBlocked, onUnblocked: hooks.onUnblocked });
    this.#questions = new Questions(push);
    this.outward = new OutwardCalls(this, this.#questions);
    transport.onClose((reason) => this.#close(reason));
    receiveBatches(transport, workerCommands, (commands, attachments) => {
      for (const command of commands) this.#receive(command, attachments);
    });
  }

  /** Whether something was asked of the raylet and is not answered yet. */
  get hasOpenQuestions(): boolean {
    return this.#questions.open > 0;
  }

  /** Sends a message that this file has no better name for. */
  push(message: WorkerRequest, sizeBytes?: number): void {
    this.#link.push(message, sizeBytes);
  }

  /** The index for the attachment field of the next message pushed. */
  attach(memory: Attachment): number {
    return this.#link.attach(memory);
  }

  /** Posts what is gathered, without waiting for the end of the microtask. */
  post(): void {
    this.#link.flush();
  }

  /** Resolves when everything sent before has been handed over by the raylet. */
  async flush(): Promise<void> {
    await this.#questions.ask((id) => ({ kind: 'flush', id }));
  }

  /** Submits a call of a function or class; gives the key of its result. Errors: see `RemoteFunction.remote`. */
  submit(target: CallTarget, options: OptionSet, args: readonly unknown[], actor?: ActorRecord): ObjectRef<unknown> {
    const task = this.#hooks.currentTask();
    return this.references.adoptMade(this.#submit(task, target, options, args, actor), task);
  }

  /** Creates an actor of a class. */
  createActor(
    target: CallTarget,
    options: OptionSet,
    args: readonly unknown[],
    className: string,
    methods: readonly string[],
  ): ActorHandle<unknown> {
    const task = this.#hooks.currentTask();
    const key = this.#submit(task, target, options, args, undefined);
    return this.handleOf(new ActorRecord(key, className, methods, options.resolved.maxPendingCalls));
  }

  /** A handle that calls through this connection. */
  handleOf(record: ActorRecord): ActorHandle<unknown> {
    const call = (method: string, args: readonly unknown[]): ObjectRef<unknown> =>
      this.#callMethod(record, method, args);
    return record.methods.length > 0
      ? makeActorHandle(record.methods, call, record)
      : makeOpenActorHandle(call, record);
  }

  put(value: unknown): ObjectRef<unknown> {
    const task = this.#hooks.currentTask();
    this.checkOpen();
    return this.references.adoptMade(this.store.put(encodeValue(value, this.arguments.context), task), task);
  }

  /** The values behind references, in their order. Errors as `Get`. */
  async get(refs: readonly ObjectRef<unknown>[], options: FetchOptions): Promise<unknown[]> {
    const task = this.#hooks.currentTask();
    const keys = refs.map((ref) => this.references.keyOf(ref));
    const { timeoutMs, signal, settled = false, copy = false } = options;
    const live = (): Promise<GetOutcome> => this.#awaitValues(task, refs, keys, options);
    const isBounded = timeoutMs !== undefined || signal !== undefined;
    const bring = (wanted: readonly ObjectKey[]): Promise<void> => this.fetch(task, wanted, refs);
    this.cache.beginRead(keys);
    try {
      const { timedOut, failed, pending } = task.main
        ? await durableGet(task.main, { keys, isBounded, bring }, live)
        : await live();
      if (failed > 0) throw this.#errorOf(keys[failed - 1] ?? 0);
      if (timedOut) throw timeoutError(pending, keys.length, timeoutMs ?? 0);
      return settled
        ? keys.map((key) => this.#settled(key, task, copy))
        : keys.map((key) => this.#valueOf(key, task, copy));
    } finally {
      this.cache.endRead(keys);
    }
  }

  async #awaitValues(
    task: TaskState,
    refs: readonly ObjectRef<unknown>[],
    keys: readonly ObjectKey[],
    { timeoutMs, signal, settled = false }: FetchOptions,
  ): Promise<GetOutcome> {
    const demand = { keys, needed: new Set(keys).size, fetch: true, failFast: !settled, keepAlive: refs };
    const timedOut = await this.#wait(task, { ...demand, timeoutMs, signal });
    // The first error in time ended the wait: the others may not be there.
    const failed = settled ? 0 : keys.findIndex((key) => this.cache.find(key)?.isError === true) + 1;
    const pending = timedOut ? keys.filter((key) => this.cache.find(key)?.isHere !== true).length : 0;
    return { timedOut, failed, pending };
  }

  /** Splits references into those that are ready and the others. */
  async wait<R extends ObjectRef<unknown>>(
    refs: readonly R[],
    needed: number,
    timeoutMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ ready: R[]; pending: R[] }> {
    const task = this.#hooks.currentTask();
    const keys = refs.map((ref) => this.references.keyOf(ref));
    const live = async (): Promise<number[]> => {
      await this.#wait(task, { keys, needed, fetch: false, failFast: false, timeoutMs, signal, keepAlive: refs });
      const places = keys.flatMap((key, place) => (this.cache.find(key)?.isReady === true ? [place] : []));
      return places.slice(0, needed);
    };
    const isBounded = timeoutMs !== undefined || signal !== undefined || needed < keys.length;
    const places = new Set(task.main ? await durableWait(task.main, { keys, isBounded }, live) : await live());
    return {
      ready: refs.filter((_ref, place) => places.has(place)),
      pending: refs.filter((_ref, place) => !places.has(place)),
    };
  }

  /**
   * Fetches objects, however long it takes: for a run whose arguments were not sent along, or (with the references) those that an
   * earlier run of a durable `main` had, errors too.
   */
  async fetch(task: TaskState, keys: readonly ObjectKey[], refs?: readonly ObjectRef<unknown>[]): Promise<void> {
    const demand = { keys, needed: new Set(keys).size, fetch: true, failFast: refs === undefined, keepAlive: refs };
    await this.#wait(task, { ...demand, timeoutMs: undefined, signal: undefined });
  }

  /** Tells that nobody wants a task's result any more. */
  cancel(ref: ObjectRef<unknown>, recursive: boolean, force: boolean): void {
    const key = this.references.keyOf(ref);
    this.checkOpen();
    this.push({ kind: 'cancel', task: key, recursive, force });
  }

  /** A task of this realm was cancelled: it sees its signal, and its `get` and `wait` calls reject. */
  taskCancelled(task: TaskState, reason: unknown): void {
    task.cancel(reason);
    task.main?.cancel(reason);
    this.#waits.cancelled(task, reason);
  }

  /** Resolves once a submission would be accepted. */
  async roomComes(): Promise<void> {
    while (this.cache.pendingTasks >= MAX_PENDING_TASKS * 0.75 || this.cache.pendingBytes >= MAX_PENDING_BYTES * 0.75) {
      this.checkOpen();
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
    }
  }

  /** Decodes a value's bytes for `task`: references inside become the task's. */
  decode(bytes: Uint8Array, nested: readonly ObjectKey[], task: TaskState, copy: boolean): unknown {
    return decodeValue(bytes, {
      copy,
      reference: (index, kind, description) => this.received(nested[index], kind, description, task),
    });
  }

  /** The reference or handle for a key that came inside a value. */
  received(key: ObjectKey | undefined, kind: 'object' | 'actor', description: string, task: TaskState): object {
    if (key === undefined) throw new ObjectLostError('a value names a reference that did not come with it');
    return kind === 'object'
      ? this.references.adoptReceived(key, task)
      : this.handleOf(ActorRecord.parse(key, description));
  }

  /** The value of an object that is here; throws its error. */
  valueOf(key: ObjectKey, task: TaskState): unknown {
    return this.#valueOf(key, task, false);
  }

  #submit(
    task: TaskState,
    target: CallTarget,
    options: OptionSet,
    args: readonly unknown[],
    actor: ActorRecord | undefined,
  ): ObjectKey {
    this.checkOpen();
    checkRoom(this.cache);
    const { bytes, deps, nested } = this.arguments.encode(args);
    const fn = this.#dictionary.functionOf(target);
    const optionsNumber = this.#dictionary.optionsOf(options, target);
    const actorKey = actor?.key ?? 0;
    const known = task.main?.call(target.name, bytes, [actorKey, ...deps, ...nested]);
    const names = deps.length > 0 || nested.length > 0 || actorKey !== 0 ? [actorKey, ...deps, ...nested] : undefined;
    const k = task.calls.next(fn, bytes, names) + (task.main?.base ?? 0);
    if (known !== undefined) {
      this.cache.obtain(known);
      return known;
    }
    const key = this.#keys.take();
    task.main?.made(key);
    const entry = this.cache.addSubmission(key, bytes.length);
    if (actor !== undefined) {
      entry.bound = actor;
      actor.pendingCalls += 1;
    }
    this.#link.push(
      {
        kind: 'submit',
        task: key,
        parent: task.key,
        actor: actorKey,
        fn,
        options: optionsNumber,
        args: bytes,
        deps,
        nested,
        k,
      },
      bytes.length,
    );
    return key;
  }

  #callMethod(record: ActorRecord, method: string, args: readonly unknown[]): ObjectRef<unknown> {
    if (record.maxPendingCalls > 0 && record.pendingCalls >= record.maxPendingCalls) {
      throw new BackPressureError(
        `${record.pendingCalls} calls of actor ${record.className} are unfinished (maxPendingCalls): get some results first`,
      );
    }
    const { className } = record;
    let methods = this.#methods.get(className);
    if (methods === undefined) this.#methods.set(className, (methods = new Map<string, CallTarget>()));
    let target = methods.get(method);
    if (target === undefined) {
      target = { kind: FUNCTION_KIND.method, name: methodName(className, method) };
      methods.set(method, target);
    }
    return this.submit(target, METHOD_OPTIONS, args, record);
  }

  async #wait(task: TaskState, demand: Parameters<WaitCalls['wait']>[1]): Promise<boolean> {
    this.checkOpen();
    return this.#waits.wait(task, demand);
  }

  #settled(key: ObjectKey, task: TaskState, copy: boolean): SettledResult<unknown> {
    try {
      return { status: 'fulfilled', value: this.#valueOf(key, task, copy) };
    } catch (reason) {
      return { status: 'rejected', reason };
    }
  }

  #valueOf(key: ObjectKey, task: TaskState, copy: boolean): unknown {
    const entry = this.cache.find(key);
    if (entry?.state === OBJECT_STATE.inline && entry.value !== undefined)
      return this.decode(entry.value, entry.nested, task, true);
    if (entry?.memory !== undefined)
      return this.decode(new Uint8Array(entry.memory, 0, entry.sizeBytes), entry.nested, task, copy);
    throw this.#errorOf(key);
  }

  #errorOf(key: ObjectKey): Error {
    const entry = this.cache.find(key);
    if (entry?.failure !== undefined) return entry.failure;
    if (entry?.state === OBJECT_STATE.error) return decodeTaskError(entry.value ?? new Uint8Array(0));
    return new ObjectLostError('the value is not here although it was said to be');
  }

  #receive(command: WorkerCommand, attachments: readonly Attachment[]): void {
    switch (command.kind) {
      case 'object':
        return this.#object(command, attachments);
      case 'unblocked':
        return this.#waits.unblocked(command.id, command.timedOut);
      case 'keys':
        this.#keys.add(command.from, command.to);
        return this.#hooks.onCommand(command);
      case 'forget':
        for (const key of command.objects) {
          const entry = this.cache.find(key);
          if (entry === undefined) continue;
          entry.isArgument = false;
          this.cache.tidy(key, entry);
        }
        return;
      case 'letGo':
        return this.cache.letGo(command.object);
      case 'response':
        return this.#questions.answer(command.id, command.ok, command.body);
      case 'flushed':
        return this.#questions.answer(command.id, true, new Uint8Array(0));
      default:
        return this.#hooks.onCommand(command);
    }
  }

  #object(
    { object, status, sizeBytes, value, nested, attachment }: WorkerCommandOf<'object'>,
    attachments: readonly Attachment[],
  ): void {
    let entry = this.cache.find(object);
    if (entry === undefined) {
      // A driver has let go of it meanwhile; a worker gets the arguments of its next run this way.
      if (this.#isDriver) return;
      entry = this.cache.obtain(object);
      entry.isArgument = true;
    }
    if (status === OBJECT_STATUS.inline || status === OBJECT_STATUS.error) {
      entry.state = status === OBJECT_STATUS.inline ? OBJECT_STATE.inline : OBJECT_STATE.error;
      entry.value = value;
    } else {
      entry.state = OBJECT_STATE.stored;
      if (attachment > 0) entry.memory = attachments[attachment - 1];
    }
    entry.isLetGo = false;
    entry.sizeBytes = sizeBytes;
    entry.nested = nested;
    this.#changed(object, entry);
  }

  #changed(key: ObjectKey, entry: ObjectEntry): void {
    this.cache.changed(key, entry);
    if (this.#roomWaiters.length > 0) for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }

  /** Settles what depends on a function that could not be had; gives what was kept back without it. */
  #dropFailed(failures: ReadonlyMap<number, Error>, messages: WorkerRequest[]): WorkerRequest[] {
    const { kept, failed } = withoutFailed(failures, messages);
    // After the messages are settled: what waits may submit again.
    queueMicrotask(() => {
      for (const [key, failure] of failed) {
        this.#changed(key, Object.assign(this.cache.obtain(key), { state: OBJECT_STATE.failed, failure }));
      }
    });
    return kept;
  }

  /** @throws ConnectionLostError once the raylet is gone. */
  checkOpen(): void {
    if (this.#closed !== undefined) throw this.#closed;
  }

  #close(reason: string): void {
    this.#closed = new ConnectionLostError(`the connection to this node's raylet ended: ${reason}`);
    this.#questions.abandon(this.#closed);
    this.#waits.abandon(this.#closed);
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
    this.#hooks.onClose(reason);
  }
}
