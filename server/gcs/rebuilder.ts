/**
 * Reconstruction (rule L4): objects whose last copy is gone and that somebody needs are made again by running their
 * tasks again. It is a queue, not a recursion: a lost chain of ten thousand tasks must not overflow the stack.
 */
import type { ObjectRecord } from './entities.ts';
import type { ObjectTable } from './object-table.ts';
import type { GcsState } from './state.ts';
import { systemError } from './system-errors.ts';
import type { TaskManager } from './task-manager.ts';

/** Objects to make again. */
export class Rebuilder {
  readonly #state: GcsState;
  readonly #objects: ObjectTable;
  readonly #tasks: TaskManager;
  readonly #queue = new Set<ObjectRecord>();

  constructor(state: GcsState, objects: ObjectTable, tasks: TaskManager) {
    this.#state = state;
    this.#objects = objects;
    this.#tasks = tasks;
  }

  add(object: ObjectRecord): void {
    this.#queue.add(object);
  }

  /** Starts what has to run again; inputs that are lost too join the queue meanwhile. */
  run(): void {
    if (this.#state.grace) return;
    for (const object of this.#queue) {
      this.#queue.delete(object);
      if (!this.#objects.isAvailable(object) && this.#state.objects.get(object.key) === object) this.#rebuild(object);
    }
  }

  #rebuild(object: ObjectRecord): void {
    const maker = this.#objects.makerOf(object);
    if (maker && maker.state !== 'finished') return;
    if (maker && this.#tasks.rerun(maker)) {
      this.#state.ports.event({
        severity: 'warning',
        kind: 'rebuild',
        message: `${maker.fn.name} runs again: every copy of its result was lost`,
        job: maker.job.id,
        session: 0,
      });
      return;
    }
    this.#objects.setError(
      object,
      systemError('objectLost', 'every copy was on nodes that are gone, and it cannot be computed again'),
    );
  }
}
