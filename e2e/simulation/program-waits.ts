/**
 * `get` and `wait` of simulated programs: what is here needs no message, else the raylet is told once and answers when enough is
 * there and the task has its CPU again (rule S3), as in `client/worker/wait-calls.ts`.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';
import type { Program } from './program.ts';
import type { RealmObjects } from './realm-objects.ts';

/** What a call waits for. */
export interface WaitDemand {
  readonly needed: number;
  /** 0: no limit. */
  readonly timeoutMs: number;
  /** The values are wanted here, not only the news. */
  readonly fetch: boolean;
  /** It ends at the first error. */
  readonly failFast: boolean;
}

interface Waiting {
  readonly program: Program;
  readonly demand: WaitDemand;
  readonly missing: Set<ObjectKey>;
  remaining: number;
  readonly done: () => void;
}

/** What waits need of their realm. */
export interface WaitHooks {
  push(message: WorkerRequest): void;
  blocked(program: Program): void;
  unblocked(program: Program): void;
}

/** All waiting calls of a realm. */
export class ProgramWaits {
  readonly #objects: RealmObjects;
  readonly #hooks: WaitHooks;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(objects: RealmObjects, hooks: WaitHooks) {
    this.#objects = objects;
    this.#hooks = hooks;
  }

  /** Calls `done` when enough is there or the time is over, perhaps at once. */
  wait(program: Program, keys: readonly ObjectKey[], demand: WaitDemand, done: () => void): void {
    const { fetch, failFast, timeoutMs } = demand;
    const distinct = [...new Set(keys)];
    const missing = distinct.filter((key) => !this.#objects.isThere(key, fetch));
    const needed = Math.min(demand.needed - (distinct.length - missing.length), missing.length);
    if (needed <= 0 || (failFast && distinct.some((key) => this.#objects.isError(key)))) {
      done();
      return;
    }
    const id = this.#nextId++;
    this.#waiting.set(id, { program, demand, missing: new Set(missing), remaining: needed, done });
    this.#hooks.push({ kind: 'block', id, task: program.key, objects: missing, needed, timeoutMs, fetch });
    this.#hooks.blocked(program);
  }

  /** The raylet's answer. */
  answered(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting) this.#end(id, waiting);
  }

  /** News of an object: an error may end calls before the raylet answers. */
  changed(key: ObjectKey): void {
    for (const [id, waiting] of this.#waiting) {
      const { demand, missing } = waiting;
      if (!missing.has(key) || !this.#objects.isThere(key, demand.fetch)) continue;
      missing.delete(key);
      waiting.remaining -= 1;
      if (!demand.failFast || waiting.remaining <= 0 || !this.#objects.isError(key)) continue;
      this.#hooks.push({ kind: 'unblock', id });
      this.#end(id, waiting);
    }
  }

  /** The program is cancelled: it waits no more. False if it did not. */
  cancelled(program: Program): boolean {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.program !== program) continue;
      this.#hooks.push({ kind: 'unblock', id });
      this.#waiting.delete(id);
      this.#hooks.unblocked(program);
      return true;
    }
    return false;
  }

  #end(id: number, { program, done }: Waiting): void {
    this.#waiting.delete(id);
    this.#hooks.unblocked(program);
    done();
  }
}
