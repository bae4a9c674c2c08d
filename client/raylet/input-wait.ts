/**
 * What a task waits for before it can run: inputs that are made or fetched, and the module that defines its function.
 */
import { PULL_PRIORITY } from '../object-manager/ports.ts';
import type { LocalObject, ObjectListener, TaskEntry } from './entries.ts';
import type { LocalObjects } from './local-objects.ts';

const NO_BYTES = new Uint8Array(0);

/** Waits for the inputs of one task. */
export class InputWait implements ObjectListener {
  readonly #task: TaskEntry;
  readonly #objects: LocalObjects;
  readonly #hooks: { complete(): void; failed(error: Uint8Array): void };

  constructor(task: TaskEntry, objects: LocalObjects, hooks: { complete(): void; failed(error: Uint8Array): void }) {
    this.#task = task;
    this.#objects = objects;
    this.#hooks = hooks;
  }

  add(object: LocalObject, madeHere: boolean): void {
    this.#task.missing += 1;
    this.#objects.listen(object, this);
    if (this.#objects.isAway(object)) this.#objects.bring(object, PULL_PRIORITY.input);
    else if (!madeHere) this.#objects.awaitObject(object);
  }

  objectChanged(object: LocalObject): void {
    if (this.#objects.isAway(object)) {
      this.#objects.bring(object, PULL_PRIORITY.input);
      return;
    }
    if (!this.#objects.isHere(object)) return;
    this.#objects.unlisten(object, this);
    if (this.#task.state !== 'waiting') return;
    if (object.status === 'error') this.#hooks.failed(object.value ?? NO_BYTES);
    else this.oneLess();
  }

  moduleHere(error: Uint8Array | undefined): void {
    if (this.#task.state !== 'waiting') return;
    if (error) this.#hooks.failed(error);
    else this.oneLess();
  }

  oneLess(): void {
    this.#task.missing -= 1;
    if (this.#task.missing === 0) this.#hooks.complete();
  }
}
