/**
 * Which messages of a worker are not what they claim to be (rule T1): job code shares a realm with our runtime and can speak
 * for it. What would touch another job's tasks on this node, or give a name a second time, is passed over.
 *
 * Names of objects are not judged here: which of them a job was given only the server could say.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';
import { isDecision, MAX_COUNTED } from '#shared/task/history-entries.ts';
import type { LocalObjects } from './local-objects.ts';
import type { LocalTasks } from './local-tasks.ts';
import { ownsKey } from './worker-keys.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** Judges what workers say. */
export class WorkerClaims {
  readonly #tasks: LocalTasks;
  readonly #objects: LocalObjects;

  constructor(tasks: LocalTasks, objects: LocalObjects) {
    this.#tasks = tasks;
    this.#objects = objects;
  }

  /** False for a message that is to be passed over. */
  admit(worker: WorkerEntry, message: WorkerRequest): boolean {
    switch (message.kind) {
      case 'submit':
        return this.#isNew(worker, message.task) && !this.#isForeign(worker, message.parent);
      case 'put':
        return this.#isNew(worker, message.object) && !this.#isForeign(worker, message.parent);
      case 'cancel':
      case 'log':
      case 'progress':
        return !this.#isForeign(worker, message.task);
      // The server would take neither, and with it nothing that this node says.
      case 'decision':
        return isDecision(message);
      case 'checkpoint':
        return message.position <= MAX_COUNTED;
      default:
        return true;
    }
  }

  /** True for a name of the worker's own that stands for nothing yet. */
  #isNew(worker: WorkerEntry, key: ObjectKey): boolean {
    return ownsKey(worker, key) && this.#tasks.get(key) === undefined && this.#objects.get(key) === undefined;
  }

  /** True for a task on this node that is of another job. */
  #isForeign(worker: WorkerEntry, key: ObjectKey): boolean {
    const task = key === 0 ? undefined : this.#tasks.get(key);
    // A call of another job's is the business of the actor that runs it.
    return task !== undefined && task.job !== worker.job && task.worker !== worker && worker.kind !== 'driver';
  }
}
