/**
 * A running attempt as its worker sees it: what `context()` shows, what its calls are counted by (rule L1) and which
 * references end with it (rule O3). The driver has one too, with key 0, that never ends. Everything beyond a few
 * integers is made when it is first asked for: a no-op task makes none of it.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { CallCounter } from '#shared/ids/call-counter.ts';
import type { GpuDeviceLike } from './gpu-slot.ts';
import type { MainRun } from './main-run.ts';

/** How long references that a task makes or meets live. */
export type RefScope =
  /** Until the task ends. */
  | 'task'
  /** Until they are collected or freed: a driver's and an actor's outlive the call. */
  | 'counted';

/** One attempt, or the driver itself. */
export class TaskState {
  readonly key: ObjectKey;
  readonly attempt: number;
  /** The actor it runs in (its own key while it is being constructed), or 0. */
  readonly actor: ObjectKey;
  readonly job: number;
  readonly scope: RefScope;
  /** Objects with a reference that ends with the task. */
  keys: ObjectKey[] | undefined;
  /** `get` and `wait` calls it is blocked in. */
  blocks = 0;
  blockedSinceMs = 0;
  blockedMs = 0;
  lastProgressMs = -Infinity;
  /** Progress that was not told yet, and what takes back that it will be. */
  progress: { readonly fraction: number; readonly note: string } | undefined;
  cancelProgress: (() => void) | undefined;
  puts = 0;
  ended = false;
  #calls: CallCounter | undefined;
  #controller: AbortController | undefined;
  #cancelled: { readonly reason: unknown } | undefined;
  random: { next(): number } | undefined;
  /** Its history, if it is a durable `main` (rule J1). */
  main: MainRun | undefined;
  /** Elsewhere: what `once` was called with, by name. */
  once: Map<string, Promise<unknown>> | undefined;
  /** It stands for the function given to `once` in a durable `main`: that calls nothing. */
  isInsideOnce = false;
  /** Lines printed there. */
  lines = 0;
  /** Its GPU, if it asked for one. It may be lost meanwhile; the task finds out by its own calls. */
  gpu: GpuDeviceLike | undefined;

  constructor(key: ObjectKey, attempt: number, actor: ObjectKey, job: number, scope: RefScope) {
    this.key = key;
    this.attempt = attempt;
    this.actor = actor;
    this.job = job;
    this.scope = scope;
  }

  /** Who holds what it keeps beyond its end: the actor, or (0) the driver's session. */
  get holder(): ObjectKey {
    return this.actor;
  }

  get calls(): CallCounter {
    this.#calls ??= new CallCounter();
    return this.#calls;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancelled !== undefined) this.#controller.abort(this.#cancelled.reason);
    }
    return this.#controller.signal;
  }

  /** Why it was cancelled, if it was. */
  get cancelled(): { readonly reason: unknown } | undefined {
    return this.#cancelled;
  }

  cancel(reason: unknown): void {
    this.#cancelled ??= { reason };
    this.#controller?.abort(reason);
  }
}
