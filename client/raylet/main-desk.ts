/**
 * Durable `main`s that run on this node (rule J1): their decisions go into the journal, and a checkpoint is answered when it is
 * durable.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { WorkerCommand, WorkerRequest, WorkerRequestOf } from '#shared/protocol/worker-messages.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import type { TaskEntry } from './entries.ts';
import type { Journal } from './journal.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** What is needed of the raylet. */
export interface MainDeskHooks {
  readonly journal: Journal;
  task(key: ObjectKey): TaskEntry | undefined;
  send(worker: WorkerEntry, command: WorkerCommand): void;
  /** The worker's program needs the object no longer. */
  letGo(worker: WorkerEntry, key: ObjectKey): void;
}

/** See above. */
export class MainDesk {
  readonly #hooks: MainDeskHooks;
  /** Checkpoints on their way, by the numbers of their records. */
  #waiting: { readonly number: number; readonly worker: WorkerEntry; readonly id: number }[] = [];
  /** Those that decided something that is not durable. */
  readonly #undecided = new Set<TaskEntry>();

  constructor(hooks: MainDeskHooks) {
    this.#hooks = hooks;
  }

  /** Takes what only a `main` says; false for anything else. */
  takes(worker: WorkerEntry, message: WorkerRequest): boolean {
    if (message.kind === 'decision') this.#decided(worker, message);
    else if (message.kind === 'checkpoint') this.#checkpoint(worker, message);
    else return false;
    return true;
  }

  #decided(
    worker: WorkerEntry,
    { isForced, kind, task: key, what, op, number, value }: WorkerRequestOf<'decision'>,
  ): void {
    const task = this.#mainIn(worker, key);
    if (!task) return;
    // Its frame is read anew for the next message.
    this.#hooks.journal.append({ kind, task: key, what, op, number, value: value.slice() }, 'soon');
    if (isForced) return;
    task.decidedBy = this.#hooks.journal.lastNumber;
    this.#undecided.add(task);
  }

  #checkpoint(worker: WorkerEntry, { kind, id, task, position, value, nested }: WorkerRequestOf<'checkpoint'>): void {
    if (!this.#mainIn(worker, task)) return;
    this.#hooks.journal.append({ kind, task, position, value: value.slice(), nested }, 'now');
    this.#waiting.push({ number: this.#hooks.journal.lastNumber, worker, id });
  }

  /** Records up to this number are durable. */
  durable(number: number): void {
    for (const task of this.#undecided) {
      if (task.decidedBy > number) continue;
      task.decidedBy = 0;
      this.#undecided.delete(task);
    }
    if (this.#waiting.length === 0) return;
    const over = this.#waiting.filter((each) => each.number <= number);
    this.#waiting = this.#waiting.filter((each) => each.number > number);
    for (const { worker, id } of over) this.#hooks.send(worker, { kind: 'flushed', id });
  }

  /** An attempt is over. What a `main` held ends with it here; the server knows what another run needs. */
  ended(task: TaskEntry): void {
    const { fn, worker } = task;
    if (fn.name !== MAIN_FUNCTION || !worker) return;
    this.#undecided.delete(task);
    for (const key of [...worker.holdings]) this.#hooks.letGo(worker, key);
    this.#waiting = this.#waiting.filter((each) => each.worker !== worker);
  }

  #mainIn(worker: WorkerEntry, key: ObjectKey): TaskEntry | undefined {
    const task = this.#hooks.task(key);
    return task?.worker === worker && task.fn.name === MAIN_FUNCTION ? task : undefined;
  }
}
