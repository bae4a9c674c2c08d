/**
 * How long references live (rule O3). A plain task's end with the task, by themselves: its raylet lets go of what the
 * task made, and only this table has to forget. A driver's and an actor's live as long as some `ObjectRef` of theirs,
 * counted per object; the garbage collector tells when the last is gone.
 */
import { ObjectRef, type RefOwner } from '../api/object-ref.ts';
import { formatObjectKey, type ObjectKey } from '#shared/ids/object-key.ts';
import type { ObjectCache, ObjectEntry } from './object-cache.ts';
import type { TaskState } from './task-state.ts';

/** What the table tells the raylet. */
export interface ReferenceMessages {
  hold(object: ObjectKey, holder: ObjectKey): void;
  release(object: ObjectKey, holder: ObjectKey): void;
}

/** Makes references and notices their end. */
export class ReferenceTable implements RefOwner {
  readonly #cache: ObjectCache;
  readonly #messages: ReferenceMessages;
  readonly #collected: FinalizationRegistry<ObjectKey>;
  /** References freed by hand whose end will be noticed once more, by object. */
  readonly #freed = new Map<ObjectKey, number>();
  /** Who holds what outlives a call: the actor or the `main` of this worker, or 0 in a driver. */
  holder: ObjectKey = 0;

  constructor(cache: ObjectCache, messages: ReferenceMessages) {
    this.#cache = cache;
    this.#messages = messages;
    this.#collected = new FinalizationRegistry((key) => {
      if (!this.#wasFreed(key)) this.#drop(key, true);
    });
  }

  /** A reference to an object that `task` has just made. The raylet knows that the maker holds it. */
  adoptMade(key: ObjectKey, task: TaskState): ObjectRef<unknown> {
    const entry = this.#cache.obtain(key);
    // What an actor's method makes belongs to the method's task, which ends before the reference does.
    // A `main` has it by having made it.
    if (task.scope === 'counted' && this.holder !== 0 && entry.uses === 0 && !task.main)
      this.#messages.hold(key, this.holder);
    return this.#make(key, entry, task);
  }

  /** A reference that came inside a value or an argument. */
  adoptReceived(key: ObjectKey, task: TaskState): ObjectRef<unknown> {
    const entry = this.#cache.obtain(key);
    if (task.scope === 'counted' && entry.uses === 0) this.#messages.hold(key, this.holder);
    return this.#make(key, entry, task);
  }

  /** The task ended, and with it its references. */
  endTask(task: TaskState): void {
    if (task.keys === undefined) return;
    for (const key of task.keys) if (!this.#wasFreed(key)) this.#drop(key, false);
    task.keys = undefined;
  }

  idOf(handle: number): string {
    return formatObjectKey(handle);
  }

  free(handle: number): void {
    this.#freed.set(handle, (this.#freed.get(handle) ?? 0) + 1);
    this.#drop(handle, true);
  }

  /** The key of a reference. @throws TypeError for one that was freed, or that another session made. */
  keyOf(ref: ObjectRef<unknown>): ObjectKey {
    if (ref.freed) throw new TypeError(`${ref.toString()} was freed: it can no longer be used`);
    const key = ObjectRef.handleOf(ref, this);
    if (key === undefined) throw new TypeError(`${ref.toString()} belongs to a session that has ended`);
    return key;
  }

  #make(key: ObjectKey, entry: ObjectEntry, task: TaskState): ObjectRef<unknown> {
    const ref = new ObjectRef<unknown>(this, key);
    entry.uses += 1;
    if (task.scope === 'counted') this.#collected.register(ref, key);
    else if (task.keys === undefined) task.keys = [key];
    else task.keys.push(key);
    return ref;
  }

  #wasFreed(key: ObjectKey): boolean {
    const count = this.#freed.get(key);
    if (count === undefined) return false;
    if (count === 1) this.#freed.delete(key);
    else this.#freed.set(key, count - 1);
    return true;
  }

  #drop(key: ObjectKey, tell: boolean): void {
    const entry = this.#cache.find(key);
    if (entry === undefined) return;
    entry.uses -= 1;
    if (entry.uses > 0) return;
    if (tell) this.#messages.release(key, this.holder);
    this.#cache.tidy(key, entry);
  }
}
