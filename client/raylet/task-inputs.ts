/**
 * What an attempt has in use while it lasts: its inputs and its code before it runs, what it makes while it does.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { LocalObject, TaskEntry } from './entries.ts';
import { InputWait } from './input-wait.ts';
import type { LocalObjects } from './local-objects.ts';

const NO_BYTES = new Uint8Array(0);

/** What becomes of the wait for inputs. */
export interface TaskInputHooks {
  complete(task: TaskEntry): void;
  /** An input failed, and the task with it (rule L6). */
  failed(task: TaskEntry, error: Uint8Array): void;
  /** True if a task of this node is to make it. */
  isMadeHere(key: ObjectKey): boolean;
  bringModule(module: string, done: (error: Uint8Array | undefined) => void): void;
}

/** Inputs of all tasks of a node. */
export class TaskInputs {
  readonly #objects: LocalObjects;
  readonly #hooks: TaskInputHooks;

  constructor(objects: LocalObjects, hooks: TaskInputHooks) {
    this.#objects = objects;
    this.#hooks = hooks;
  }

  /** Waits for what is not here yet. @param lacksModule its code is not here either */
  await(task: TaskEntry, lacksModule: boolean): void {
    let failed: LocalObject | undefined;
    const wait = new InputWait(task, this.#objects, {
      complete: () => this.#hooks.complete(task),
      failed: (error) => this.#hooks.failed(task, error),
    });
    task.inputWait = wait;
    // One more than there is: what comes while the others are still being counted must not complete it.
    task.missing = 1;
    task.holdsInputs = true;
    for (const key of distinct(task.deps)) {
      const object = this.#objects.obtain(key);
      this.#objects.use(object);
      if (object.status === 'error') failed = object;
      else if (!this.#objects.isHere(object)) wait.add(object, this.#hooks.isMadeHere(key));
    }
    if (failed) {
      this.#hooks.failed(task, failed.value ?? NO_BYTES);
      return;
    }
    if (lacksModule) {
      task.missing += 1;
      this.#hooks.bringModule(task.fn.module, (error) => wait.moduleHere(error));
    }
    wait.oneLess();
  }

  /** The attempt needs its inputs no more. */
  release(task: TaskEntry): void {
    if (!task.holdsInputs) return;
    task.holdsInputs = false;
    for (const key of distinct(task.deps)) {
      const object = this.#objects.get(key);
      if (!object) continue;
      if (task.inputWait) this.#objects.unlisten(object, task.inputWait);
      this.#objects.unuse(object);
    }
    task.inputWait = undefined;
  }

  /** What it was given and what it made. */
  releaseAll(task: TaskEntry): void {
    this.release(task);
    this.releaseMade(task);
  }

  /** What the attempt made is no longer its. */
  releaseMade(task: TaskEntry): void {
    for (const key of task.made ?? []) {
      const object = this.#objects.get(key);
      if (!object) continue;
      object.owner = undefined;
      this.#objects.unuse(object);
    }
    task.made = undefined;
  }
}

/** Every key once. */
function distinct(keys: readonly ObjectKey[]): Iterable<ObjectKey> {
  return keys.length < 2 ? keys : new Set(keys);
}
