// `context()`: the running task's own view. One small object per call of `context()`, its parts made when they are read.

import { NotYetSupportedError } from '#shared/errors/daylight-error.ts';
import { formatObjectKey } from '#shared/ids/object-key.ts';
import { seededRandom } from '#shared/ports/random.ts';
import type { GetContext, TaskContext } from './get-types.ts';
import type { GpuDevice } from './gpu-device.ts';
import { type RealmRuntime, realmRuntime } from '../worker/current-runtime.ts';
import type { TaskState } from '../worker/task-state.ts';

/** Least time between two messages of `progress`; the end is always sent. */
const PROGRESS_INTERVAL_MS = 250;
const MAX_NOTE_CHARS = 300;

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
    const { core } = this.#runtime;
    const nowMs = core.ports.clock.nowMs();
    if (fraction < 1 && nowMs - this.#task.lastProgressMs < PROGRESS_INTERVAL_MS) return;
    this.#task.lastProgressMs = nowMs;
    core.push({
      kind: 'progress',
      task: this.#task.key,
      fraction,
      note: String(note).slice(0, MAX_NOTE_CHARS).toWellFormed(),
    });
  }

  random(): number {
    this.#task.random ??= seededRandom(
      (this.#runtime.core.ports.randomSeed ^ Math.imul(this.#task.key % 2 ** 32, 0x9e3779b1)) >>> 0,
    );
    return this.#task.random.next();
  }

  now(): number {
    return this.#runtime.core.ports.wallClockMs();
  }

  once(): never {
    throw new NotYetSupportedError('context().once is not available yet');
  }

  checkpoint(): never {
    throw new NotYetSupportedError('context().checkpoint is not available yet');
  }

  ready(): Promise<void> {
    return this.#runtime.core.ready();
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
