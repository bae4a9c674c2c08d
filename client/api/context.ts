// `context()`: the running task's own view. One small object per call of `context()`, its parts made when they are read.

import { formatObjectKey } from '#shared/ids/object-key.ts';
import type { GetContext, TaskContext } from './get-types.ts';
import type { GpuDevice } from './gpu-device.ts';
import { MAX_PUBLISHED_BYTES } from '#shared/task/main-function.ts';
import { mediaTypeOf } from './media-types.ts';
import { type RealmRuntime, realmRuntime } from '../worker/current-runtime.ts';
import { once } from '../worker/once.ts';
import { randomOfCall } from '../worker/call-random.ts';
import type { TaskState } from '../worker/task-state.ts';

/** Least time between two messages of `progress`; the end is always sent. */
const PROGRESS_INTERVAL_MS = 250;
const MAX_NOTE_CHARS = 300;
/** What may be published: no path, nothing hidden. */
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

class RunningContext implements TaskContext {
  readonly #runtime: RealmRuntime;
  readonly #task: TaskState;

  constructor(runtime: RealmRuntime, task: TaskState) {
    this.#runtime = runtime;
    this.#task = task;
  }

  get taskId(): string {
    return formatObjectKey(this.#task.key);
  }

  get attempt(): number {
    return this.#task.attempt;
  }

  get node(): string {
    return this.#runtime.core.ports.node;
  }

  get job(): string {
    return this.#runtime.core.ports.job ?? String(this.#task.job);
  }

  get signal(): AbortSignal {
    return this.#task.signal;
  }

  get gpu(): GpuDevice {
    const { gpu } = this.#task;
    if (gpu === undefined) throw new Error('this task has no GPU: ask for one with .options({ numGpus: 1 })');
    return gpu as object as GpuDevice; // hosts open nothing else
  }

  progress(fraction: number, note = ''): void {
    if (!(fraction >= 0 && fraction <= 1)) throw new RangeError(`progress goes from 0 to 1, not ${fraction}`);
    // It was told before (rule J1).
    if (this.#task.main?.isReplaying === true) return;
    const { clock } = this.#runtime.core.ports;
    const task = this.#task;
    task.progress = { fraction, note: String(note).slice(0, MAX_NOTE_CHARS).toWellFormed() };
    const waitMs = fraction < 1 ? task.lastProgressMs + PROGRESS_INTERVAL_MS - clock.nowMs() : 0;
    if (waitMs <= 0) this.#sendProgress();
    // The last of several is what people are to see until the next.
    else task.cancelProgress ??= clock.after(waitMs, () => this.#sendProgress());
  }

  #sendProgress(): void {
    const { core } = this.#runtime;
    const task = this.#task;
    task.cancelProgress?.();
    task.cancelProgress = undefined;
    if (task.progress === undefined || task.ended) return;
    task.lastProgressMs = core.ports.clock.nowMs();
    core.push({ kind: 'progress', task: task.key, ...task.progress });
    task.progress = undefined;
  }

  async publish(name: string, data: Uint8Array | string, options: { readonly mediaType?: string } = {}): Promise<void> {
    if (!FILE_NAME.test(name)) throw new RangeError(`"${name}" is no plain file name: use letters, digits, . - and _`);
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    if (bytes.length > MAX_PUBLISHED_BYTES)
      throw new RangeError(
        `${name} has ${bytes.length} bytes: at most ${MAX_PUBLISHED_BYTES} can be published at once`,
      );
    const mediaType = options.mediaType ?? mediaTypeOf(name);
    await this.#runtime.core.outward.publish({ task: this.#task.key, name, mediaType, data: bytes });
  }

  random(): number {
    this.#task.random ??= randomOfCall(this.#task, this.#runtime.core.ports.randomSeed);
    const { main } = this.#task;
    const drawn = this.#task.random.next();
    return main ? main.random(drawn) : drawn;
  }

  now(): number {
    const live = this.#runtime.core.ports.wallClockMs();
    return this.#task.main ? this.#task.main.now(live) : live;
  }

  once<T>(name: string, fn: () => T | Promise<T>): Promise<T> {
    return once(this.#runtime.core.context, this.#task, name, fn) as Promise<T>; // what `fn` gave, or a copy of it
  }

  async checkpoint(state: unknown): Promise<void> {
    const { core } = this.#runtime;
    const { main, key } = this.#task;
    if (main) await core.outward.checkpoint(main, state);
    else if (key !== 0)
      throw new Error('checkpoint() is for the main of a job: a task is run again from its beginning');
  }

  restored<S>(): S | undefined {
    const { main } = this.#task;
    const { core } = this.#runtime;
    const checkpoint = main?.checkpointed;
    if (!checkpoint) return undefined;
    return core.decode(checkpoint.state, checkpoint.nested, this.#task, true) as S; // what checkpoint() was given
  }

  exitActor(): void {
    if (this.#runtime.exitActor === undefined) throw new Error('exitActor() is for methods of actors');
    this.#runtime.exitActor(this.#task);
  }

  ready(): Promise<void> {
    return this.#runtime.core.outward.ready();
  }

  bind<A extends readonly unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
    const { context } = this.#runtime.core;
    return (...args) => context.run(this.#task, () => fn(...args));
  }
}

/** See {@link GetContext}. */
export const context: GetContext = () => {
  const runtime = realmRuntime();
  return new RunningContext(runtime, runtime.contextTask());
};
