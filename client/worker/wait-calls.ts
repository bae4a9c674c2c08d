/**
 * `get` and `wait`: one promise per call, whatever the number of references. What is already here needs no message. Else
 * the raylet is told once; it answers when enough is there *and* the task has its CPU again (rule S3), so a task resumes
 * only on that answer. A driver has no CPU to give back and goes on as soon as the values arrive.
 */
import { GetTimeoutError } from '#shared/errors/daylight-error.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';
import type { ObjectCache, ObjectEntry, ObjectWaiter } from './object-cache.ts';
import type { TaskState } from './task-state.ts';

/** What a call waits for. */
export interface WaitDemand {
  /** May name an object twice. */
  readonly keys: readonly ObjectKey[];
  readonly needed: number;
  /** The values are wanted here, not only the news. */
  readonly fetch: boolean;
  /** End at the first error. */
  readonly failFast: boolean;
  /** `undefined`: no limit. */
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Kept from the collector while the call waits. */
  readonly keepAlive: unknown;
}

/** How the rest of the runtime takes part. */
export interface WaitHooks {
  push(message: WorkerRequest, sizeBytes?: number): void;
  /** The task gave its CPU back, or has it again. */
  onBlocked(task: TaskState): void;
  onUnblocked(task: TaskState): void;
}

/** Ends with `timedOut`, or with what the signal said. */
type Finish = (timedOut: boolean, error?: unknown) => void;

/** All calls that wait. */
export class WaitCalls {
  readonly #cache: ObjectCache;
  readonly #hooks: WaitHooks;
  readonly #calls = new Map<number, WaitCall>();
  #nextId = 1;

  constructor(cache: ObjectCache, hooks: WaitHooks) {
    this.#cache = cache;
    this.#hooks = hooks;
  }

  /**
   * Resolves with whether the time was over first; rejects only with the signal's reason, with that of the task's
   * cancellation, or with `abandon`'s error.
   */
  wait(task: TaskState, demand: WaitDemand): Promise<boolean> {
    // What a cancelled task calls is not run any more (rule L7): it would wait until its worker is ended.
    if (task.cancelled !== undefined) return Promise.reject(task.cancelled.reason as Error);
    if (demand.signal?.aborted === true) return Promise.reject(demand.signal.reason as Error);
    const missing = this.#missing(demand);
    const here = new Set(demand.keys).size - missing.length;
    const needed = demand.needed - here;
    if (needed <= 0 || missing.length === 0 || (demand.failFast && this.#hasError(demand.keys))) return DONE;
    return new Promise((resolve, reject) => {
      const finish: Finish = (timedOut, error) => (error === undefined ? resolve(timedOut) : reject(error as Error));
      const call = new WaitCall(this.#nextId++, task, demand, Math.min(needed, missing.length), finish);
      this.#start(call, missing);
    });
  }

  /** The raylet's answer to a `block`. */
  unblocked(id: number, timedOut: boolean): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    // For a driver the values may still be under way.
    if (call.task.key === 0 && !timedOut && call.remaining > 0) return;
    this.#end(call, timedOut && call.remaining > 0);
  }

  /** A task was cancelled: what it waits for ends, so that it can end by itself and the others in its worker go on. */
  cancelled(task: TaskState, reason: unknown): void {
    for (const call of [...this.#calls.values()]) {
      if (call.task !== task) continue;
      this.#hooks.push({ kind: 'unblock', id: call.id });
      this.#end(call, false, reason);
    }
  }

  /** The raylet is gone: nothing will ever be answered. */
  abandon(error: Error): void {
    for (const call of [...this.#calls.values()]) this.#end(call, false, error);
  }

  #missing({ keys, fetch }: WaitDemand): ObjectKey[] {
    const missing = new Set<ObjectKey>();
    for (const key of keys) {
      const entry = this.#cache.find(key);
      if (entry === undefined || !(fetch ? entry.isHere : entry.isReady)) missing.add(key);
    }
    return [...missing];
  }

  #hasError(keys: readonly ObjectKey[]): boolean {
    return keys.some((key) => this.#cache.find(key)?.isError === true);
  }

  #start(call: WaitCall, missing: ObjectKey[]): void {
    const { task, demand } = call;
    this.#calls.set(call.id, call);
    call.missing = new Set(missing);
    call.onChange = (key, entry) => this.#changed(call, key, entry);
    for (const key of missing) this.#cache.addWaiter(this.#cache.obtain(key), call);
    if (demand.signal !== undefined) {
      call.onAbort = () => {
        this.#hooks.push({ kind: 'unblock', id: call.id });
        this.#end(call, false, demand.signal?.reason ?? new Error('aborted'));
      };
      demand.signal.addEventListener('abort', call.onAbort);
    }
    // 0 means "no limit" on the wire, and "do not wait" in a call.
    const timeoutMs = demand.timeoutMs === undefined ? 0 : Math.max(1, Math.ceil(demand.timeoutMs));
    const { id, remaining: needed } = call;
    this.#hooks.push(
      { kind: 'block', id, task: task.key, objects: missing, needed, timeoutMs, fetch: demand.fetch },
      missing.length * 4,
    );
    this.#hooks.onBlocked(task);
  }

  #changed(call: WaitCall, key: ObjectKey, entry: ObjectEntry): void {
    if (!(call.demand.fetch ? entry.isHere : entry.isReady) || !call.missing.delete(key)) return;
    call.remaining -= 1;
    if (call.demand.failFast && entry.isError) {
      if (call.remaining > 0) this.#hooks.push({ kind: 'unblock', id: call.id });
      else if (call.task.key !== 0) return;
      this.#end(call, false);
    } else if (call.remaining <= 0 && call.task.key === 0) {
      this.#end(call, false);
    }
  }

  #end(call: WaitCall, timedOut: boolean, error?: unknown): void {
    if (!this.#calls.delete(call.id)) return;
    for (const key of call.demand.keys) this.#cache.removeWaiter(key, call);
    if (call.onAbort !== undefined) call.demand.signal?.removeEventListener('abort', call.onAbort);
    this.#hooks.onUnblocked(call.task);
    call.finish(timedOut, error);
  }
}

const DONE = Promise.resolve(false);

class WaitCall implements ObjectWaiter {
  readonly id: number;
  readonly task: TaskState;
  readonly demand: WaitDemand;
  readonly finish: Finish;
  remaining: number;
  missing = new Set<ObjectKey>();
  onAbort: (() => void) | undefined;
  onChange: (key: ObjectKey, entry: ObjectEntry) => void = () => undefined;

  constructor(id: number, task: TaskState, demand: WaitDemand, remaining: number, finish: Finish) {
    this.id = id;
    this.task = task;
    this.demand = demand;
    this.remaining = remaining;
    this.finish = finish;
  }

  objectChanged(key: ObjectKey, entry: ObjectEntry): void {
    this.onChange(key, entry);
  }
}

/** What a `get` that ran out of time says. */
export function timeoutError(pending: number, total: number, timeoutMs: number): GetTimeoutError {
  const what = total === 1 ? 'the value was' : `${pending} of ${total} values were`;
  return new GetTimeoutError(`${what} not there after ${timeoutMs} ms; the tasks go on`);
}
