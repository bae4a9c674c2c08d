/**
 * Runs tasks and actor calls in one worker. One plain task has the thread at a time; another starts only while it is
 * blocked in `get` or `wait` (rule S3), and gets its own `context()` (rule L8). Calls of actors start as `actor-lanes.ts` says.
 * What is queued can be taken back by the raylet until the moment it starts: the claim board decides, without a message.
 */
import { decodeArgs, encodeValue } from '#shared/serialization/value-codec.ts';
import { encodeError } from '#shared/errors/error-record.ts';
import { SerializationError, TaskCancelledError } from '#shared/errors/daylight-error.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { END_REASON, FUNCTION_KIND, OUTCOME } from '#shared/protocol/node-records.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import type { WorkerCommand, WorkerCommandOf } from '#shared/protocol/worker-messages.ts';
import { ownMethodName } from './call-target.ts';
import { sendLog } from './console-capture.ts';
import type { CoreWorker } from './core-worker.ts';
import { GpuSlot } from './gpu-slot.ts';
import type { EvaluatedModule } from './module-loader.ts';
import { ModuleTable } from './module-table.ts';
import { LOG_LEVEL, type WorkerPorts } from './ports.ts';
import { encodeResult } from './result-archive.ts';
import { referencedKeys } from './submission.ts';
import { TaskState } from './task-state.ts';
import { isThenable, WorkerActors } from './worker-actors.ts';

type Run = WorkerCommandOf<'run'>;
type FunctionEntry = WorkerCommandOf<'function'>;
type Callable = (...args: never[]) => unknown;

/** Time after which the thread looks at its messages although runs are queued: a cancellation may be among them. */
const SLICE_MS = 2;
/** What a message to the raylet has room for. */
const MAX_REASON_CHARS = 300;

/** The runs of one worker. */
export class Executor {
  readonly #core: CoreWorker;
  readonly #ports: WorkerPorts;
  readonly #modules: ModuleTable;
  readonly #functions = new Map<number, FunctionEntry>();
  readonly #actors: WorkerActors;
  readonly #live = new Map<ObjectKey, TaskState>();
  readonly #gpu: GpuSlot;
  /** The actor that lives here, if it was created with a GPU: then its calls have it, too. */
  #gpuActor: ObjectKey = 0;
  #queue: Run[] = [];
  #queueStart = 0;
  /** Plain tasks that have the thread: 0 or 1, or more while blocked ones came back. */
  #active = 0;
  #deferred = false;
  #sliceStartMs = 0;

  constructor(core: CoreWorker, ports: WorkerPorts) {
    this.#core = core;
    this.#ports = ports;
    this.#modules = new ModuleTable(ports);
    this.#gpu = new GpuSlot(ports.openGpu);
    this.#actors = new WorkerActors({
      clock: ports.clock,
      push: (message) => core.push(message),
      runAs: (task, fn) => core.context.run(task, fn),
      dropArguments: (run) => this.#dropArguments(run),
      failed: (error) => sendLog(core, LOG_LEVEL.error, `onStop: ${ports.formatLog([error])}`),
    });
  }

  /** The actor of this task ends, once what it has begun is over. @throws Error in a task that is no actor's */
  exitActor({ actor }: TaskState): void {
    if (actor === 0) throw new Error('exitActor() is for methods of actors: this is a task');
    this.#actors.exit(actor, false);
  }

  /** Commands about running; others are ignored. */
  receive(command: WorkerCommand): void {
    switch (command.kind) {
      case 'function':
        this.#functions.set(command.fn, command);
        return;
      case 'module':
        return this.#modules.add(command.module, command.code, command.sourceMap);
      case 'run':
        return this.#enqueue(command);
      case 'cancelTask':
        return this.#cancel(command.task);
      case 'recall':
        return this.#recall(command.task);
      case 'concurrency':
        return this.#actors.lanes.setLimits(command.actor, command);
      case 'exitActor':
        return this.#actors.exit(command.actor, command.now);
      default:
        return;
    }
  }

  onBlocked(task: TaskState): void {
    task.blocks += 1;
    if (task.blocks > 1) return;
    task.blockedSinceMs = this.#ports.clock.nowMs();
    if (task.actor !== 0) return;
    this.#active -= 1;
    this.#schedule();
  }

  onUnblocked(task: TaskState): void {
    task.blocks -= 1;
    if (task.blocks > 0 || task.ended) return;
    task.blockedMs += this.#ports.clock.nowMs() - task.blockedSinceMs;
    if (task.actor === 0) this.#active += 1;
  }

  #enqueue(run: Run): void {
    for (const key of run.deps) {
      const entry = this.#core.cache.obtain(key);
      entry.uses += 1;
      entry.isArgument = false;
    }
    if (run.actor === 0) this.#queue.push(run);
    else this.#actors.enqueue(run, this.#functions.get(run.fn)?.name ?? '');
    this.#schedule();
  }

  #cancel(task: ObjectKey): void {
    const live = this.#live.get(task);
    if (live !== undefined) {
      this.#core.context.run(live, () =>
        this.#core.taskCancelled(live, new TaskCancelledError('the task was cancelled')),
      );
      return;
    }
    this.#recall(task);
  }

  /** Gives a run back that has not begun. What has begun answers with its result. */
  #recall(task: ObjectKey): void {
    const index = this.#queue.findIndex((run, place) => place >= this.#queueStart && run.task === task);
    const [run] = index < 0 ? [this.#actors.lanes.takeBack(task)] : this.#queue.splice(index, 1);
    if (run === undefined) return;
    this.#dropArguments(run);
    // With a place on the claim board the raylet has taken it back already, by the board.
    if (this.#ports.claims === undefined || run.claim === 0) this.#core.push({ kind: 'recalled', task });
  }

  /** Starts what may start, after the messages of this frame have been read. */
  #schedule(): void {
    if (this.#deferred || !this.#hasWork) return;
    this.#deferred = true;
    queueMicrotask(this.#pump);
  }

  readonly #pump = (): void => {
    this.#deferred = false;
    this.#sliceStartMs = this.#ports.clock.nowMs();
    for (let run = this.#next(); run !== undefined; run = this.#next()) {
      if (this.#claim(run)) this.#begin(run);
      else this.#dropArguments(run);
      if (this.#ports.clock.nowMs() - this.#sliceStartMs > SLICE_MS) {
        this.#core.post();
        this.#deferred = true;
        this.#ports.defer(this.#pump);
        return;
      }
    }
    if (this.#queueStart >= this.#queue.length) {
      this.#queue = [];
      this.#queueStart = 0;
    }
  };

  get #hasWork(): boolean {
    return this.#actors.lanes.hasWork || (this.#active === 0 && this.#queueStart < this.#queue.length);
  }

  #next(): Run | undefined {
    const call = this.#actors.lanes.next();
    if (call !== undefined || this.#active > 0) return call;
    const run = this.#queue[this.#queueStart];
    if (run === undefined) return undefined;
    this.#queueStart += 1;
    if (this.#queueStart > 1024 && this.#queueStart * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#queueStart);
      this.#queueStart = 0;
    }
    return run;
  }

  #claim({ claim }: Run): boolean {
    const { claims } = this.#ports;
    return claim === 0 || claims === undefined || Atomics.compareExchange(claims, claim - 1, 0, 1) === 0;
  }

  #begin(run: Run): void {
    const entry = this.#functions.get(run.fn);
    const kind = entry?.functionKind ?? FUNCTION_KIND.task;
    const task = this.#stateOf(run, kind === FUNCTION_KIND.actor ? run.task : run.actor, entry);
    this.#live.set(run.task, task);
    this.#core.context.begin(task);
    const startMs = this.#ports.clock.nowMs();
    if (entry === undefined)
      return this.#fail(task, startMs, new Error(`function ${run.fn} was not introduced to this worker`), run);
    const usesGpu = run.gpu || (run.actor !== 0 && run.actor === this.#gpuActor);
    if (usesGpu) task.gpu = this.#gpu.device;
    if (run.gpu && kind === FUNCTION_KIND.actor) this.#gpuActor = run.task;
    const isComplete = run.deps.every((key) => this.#core.cache.find(key)?.isHere === true);
    const hasCode = entry.module === '' || this.#modules.evaluated(entry.module) !== undefined;
    if (isComplete && hasCode && entry.name !== MAIN_FUNCTION && (!usesGpu || task.gpu !== undefined))
      return this.#call(task, startMs, run, entry);
    // What is here now is to be here still when the rest is.
    this.#core.cache.beginRead(run.deps);
    this.#prepare(task, run, entry, isComplete, usesGpu).then(
      (isReady) => {
        if (isReady) this.#call(task, this.#ports.clock.nowMs(), run, entry);
        this.#core.cache.endRead(run.deps);
      },
      (error: unknown) => {
        this.#fail(task, startMs, error, run);
        this.#core.cache.endRead(run.deps);
      },
    );
  }

  /** @param actor whose call or constructor it is, or 0 */
  #stateOf(run: Run, actor: ObjectKey, entry: FunctionEntry | undefined): TaskState {
    // A `main` runs as long as its job does, and lets go of what it made meanwhile.
    const holder = entry?.name === MAIN_FUNCTION ? run.task : actor;
    if (holder !== 0) this.#core.references.holder = holder;
    if (actor !== 0) this.#actors.begins(actor);
    else this.#active += 1;
    return new TaskState(run.task, run.attempt, actor, run.job, holder === 0 ? 'task' : 'counted');
  }

  /**
   * Evaluates the module, brings arguments that did not come along, and opens the GPU. Resolves with false if the worker is
   * about to be ended instead.
   */
  async #prepare(
    task: TaskState,
    run: Run,
    entry: FunctionEntry,
    isComplete: boolean,
    usesGpu: boolean,
  ): Promise<boolean> {
    if (entry.module !== '') await this.#modules.evaluate(entry.module);
    if (!isComplete) await this.#core.fetch(task, run.deps);
    if (entry.name === MAIN_FUNCTION) await this.#openMain(task);
    if (!usesGpu) return true;
    try {
      task.gpu = await this.#gpu.prepare();
      return true;
    } catch (error) {
      // The node promised a GPU: the task is not at fault, and it has not begun. An exception would be its result, and
      // never tried again (rule L6), so this counts as a crash of the worker: the task is tried again, here or elsewhere,
      // as often as `maxRetries` allows, and then fails with a `WorkerCrashedError` that says this. A new worker also
      // is the likeliest cure for a driver that does not answer in this one.
      const reason = error instanceof Error ? error.message : String(error);
      const message = `the GPU of this node could not be opened: ${reason}`.slice(0, MAX_REASON_CHARS).toWellFormed();
      this.#core.push({ kind: 'exceeded', reason: END_REASON.workerCrashed, message });
      return false;
    }
  }

  /** What earlier runs did comes first (rule J1). A run that does something else is over, whatever its code makes of that. */
  #openMain(task: TaskState): Promise<void> {
    const startMs = this.#ports.clock.nowMs();
    return this.#core.outward.openMain(
      task,
      (callback) => this.#ports.defer(callback),
      (error) => this.#fail(task, startMs, error, undefined),
    );
  }

  #call(task: TaskState, startMs: number, run: Run, entry: FunctionEntry): void {
    const { context } = this.#core;
    let result: unknown;
    try {
      const args = this.#decodeArguments(task, run);
      this.#dropArguments(run);
      result = context.run(task, () => this.#invoke(task, run, entry, args));
    } catch (error) {
      return this.#fail(task, startMs, error, undefined);
    }
    if (run.actor !== 0) {
      this.#actors.lanes.entered(run.task);
      this.#schedule();
    }
    if (!isThenable(result)) return this.#finish(task, startMs, entry, result);
    Promise.resolve(result).then(
      (value) => this.#finish(task, startMs, entry, value),
      (error: unknown) => this.#fail(task, startMs, error, undefined),
    );
  }

  #decodeArguments(task: TaskState, { args, deps, nested }: Run): never[] {
    if (args.length === 0) return [];
    const values = decodeArgs(args, {
      copy: true,
      argument: (index) => this.#core.valueOf(deps[index] ?? 0, task),
      reference: (index, kind, description) => this.#core.received(nested[index], kind, description, task),
    });
    return values as never[]; // what a caller sends is what the function's type says, or the function finds out
  }

  #invoke(task: TaskState, run: Run, entry: FunctionEntry, args: never[]): unknown {
    if (entry.functionKind === FUNCTION_KIND.method)
      return this.#actors.invoke(run.actor, ownMethodName(entry.name), args);
    const module = this.#modules.evaluated(entry.module);
    if (entry.name === MAIN_FUNCTION) return mainOf(module)(...args);
    const target = module?.registrations.get(entry.name);
    if (target === undefined) throw new Error(`the job's module registers no "${entry.name}"`);
    if (entry.functionKind === FUNCTION_KIND.task) return (target as Callable)(...args);
    return this.#actors.construct(task, target, args, run.saves);
  }

  #finish(task: TaskState, startMs: number, { name }: FunctionEntry, value: unknown): void {
    const {
      store,
      arguments: { context },
    } = this.#core;
    if (task.ended) return;
    try {
      task.main?.end();
      const encoded = name === MAIN_FUNCTION ? encodeResult(value) : encodeValue(value, context);
      const { bytes, memory } = store.place(encoded);
      const attachment = memory === undefined ? 0 : this.#core.attach(memory);
      this.#report(task, startMs, OUTCOME.value, bytes, encoded.sizeBytes, referencedKeys(encoded), attachment);
    } catch (error) {
      this.#fail(
        task,
        startMs,
        error instanceof SerializationError
          ? new SerializationError(`the result cannot be sent: ${error.message}`, { cause: error })
          : error,
        undefined,
      );
    }
  }

  #fail(task: TaskState, startMs: number, thrown: unknown, unread: Run | undefined): void {
    if (unread !== undefined) this.#dropArguments(unread);
    if (task.ended) return;
    const value = encodeError(this.#modules.withMappedStack(thrown));
    this.#report(task, startMs, OUTCOME.error, value, value.length, [], 0);
  }

  #report(
    task: TaskState,
    startMs: number,
    outcome: number,
    value: Uint8Array,
    sizeBytes: number,
    nested: ObjectKey[],
    attachment: number,
  ): void {
    const durationUs = Math.max(0, Math.round((this.#ports.clock.nowMs() - startMs - task.blockedMs) * 1000));
    this.#core.push(
      { kind: 'result', task: task.key, outcome, durationUs, sizeBytes, value, nested, attachment },
      value.length,
    );
    task.ended = true;
    if (task.actor !== 0) this.#actors.ended(task);
    else if (task.blocks === 0) this.#active -= 1;
    if (task.actor === 0 && this.#core.references.holder === task.key) this.#core.references.holder = 0;
    this.#live.delete(task.key);
    this.#core.context.end(task);
    this.#core.references.endTask(task);
    this.#schedule();
  }

  #dropArguments({ deps }: Run): void {
    for (const key of deps) {
      const entry = this.#core.cache.find(key);
      if (entry === undefined) continue;
      entry.uses -= 1;
      this.#core.cache.tidy(key, entry);
    }
  }
}

function mainOf(module: EvaluatedModule | undefined): Callable {
  const main = module?.main;
  if (typeof main === 'function') return main as Callable;
  throw new TypeError('the default export of a job module is its main function; this one exports something else');
}
