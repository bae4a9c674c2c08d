/**
 * `get` and `wait` calls that wait (rule S3): each needs some number of its objects, or its time to be over.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { PULL_PRIORITY, type PullPriority } from '../object-manager/ports.ts';
import type { LocalObject, ObjectListener, TaskEntry } from './entries.ts';
import type { LocalObjects } from './local-objects.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** What happens to a wait. */
export interface BlockHooks {
  /** An object of the wait can be had: tell the worker, unless it is its owner and was told already. */
  ready(block: Block, object: LocalObject, ownerKnows: boolean): void;
  /** Enough are there, or the time is over. */
  satisfied(block: Block, timedOut: boolean): void;
}

/** One waiting call. */
export class Block implements ObjectListener {
  readonly id: number;
  readonly worker: WorkerEntry;
  /** The task that waits; undefined for a driver, and once the task's attempt is over. */
  task: TaskEntry | undefined;
  readonly fetch: boolean;
  readonly needed: number;
  readonly expiresAtMs: number;
  readonly #objects: LocalObjects;
  readonly #hooks: BlockHooks;
  readonly #waiting = new Set<LocalObject>();
  #priority: PullPriority = PULL_PRIORITY.get;
  #ready = 0;
  done = false;

  constructor(
    wait: {
      id: number;
      worker: WorkerEntry;
      task: TaskEntry | undefined;
      fetch: boolean;
      needed: number;
      expiresAtMs: number;
    },
    objects: LocalObjects,
    hooks: BlockHooks,
  ) {
    this.id = wait.id;
    this.worker = wait.worker;
    this.task = wait.task;
    this.fetch = wait.fetch;
    this.needed = wait.needed;
    this.expiresAtMs = wait.expiresAtMs;
    this.#objects = objects;
    this.#hooks = hooks;
  }

  /** Starts to wait for these. May be satisfied at once. */
  start(keys: readonly ObjectKey[]): void {
    for (const key of keys) {
      const object = this.#objects.obtain(key);
      this.#objects.use(object);
      this.#waiting.add(object);
    }
    // Who waits for some of them has use for each; who needs all is held up by the last.
    if (this.needed < this.#waiting.size) this.#priority = PULL_PRIORITY.wait;
    for (const object of [...this.#waiting]) {
      if (this.#isReady(object)) this.#count(object, false);
      else this.#pursue(object);
    }
    this.#check(false);
  }

  objectChanged(object: LocalObject, ownerKnows: boolean): void {
    if (this.done) return;
    if (!this.#isReady(object)) {
      this.#pursue(object);
      return;
    }
    this.#count(object, ownerKnows);
    this.#check(false);
  }

  expire(): void {
    if (!this.done) this.#check(true);
  }

  /** Stops waiting without a word. */
  abandon(): void {
    this.done = true;
    for (const object of this.#waiting) {
      this.#objects.unlisten(object, this);
      this.#objects.unuse(object);
    }
    this.#waiting.clear();
  }

  #isReady(object: LocalObject): boolean {
    return this.#objects.isHere(object) || (this.#objects.isAway(object) && !this.fetch);
  }

  #pursue(object: LocalObject): void {
    this.#objects.listen(object, this);
    if (this.#objects.isAway(object)) this.#objects.bring(object, this.#priority);
  }

  #count(object: LocalObject, ownerKnows: boolean): void {
    if (!this.#waiting.delete(object)) return;
    this.#ready += 1;
    this.#objects.unlisten(object, this);
    this.#hooks.ready(this, object, ownerKnows);
    this.#objects.unuse(object);
  }

  #check(timedOut: boolean): void {
    if (this.done || (!timedOut && this.#ready < this.needed)) return;
    this.abandon();
    this.#hooks.satisfied(this, timedOut);
  }
}
