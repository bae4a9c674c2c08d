/**
 * Writes a lease as commands: the function, options and inputs the node does not know yet, then the task itself, all in
 * one stream, so the node has what it needs when it reads the lease.
 */
import { type ObjectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import type { SessionRecord, TaskRecord } from './entities.ts';
import type { ObjectTable } from './object-table.ts';
import type { GcsState } from './state.ts';

/** The first version of the protocol with the command `failures`. */
const KNOWS_FAILURES = 3;

/** Sends tasks to nodes. */
export class LeaseWriter {
  readonly #state: GcsState;

  constructor(state: GcsState) {
    this.#state = state;
  }

  /**
   * @param run `incarnation` for an actor's creation and calls: the life that is meant; else 0. `lane`: the caller in whose order
   *   it comes, if not its own
   */
  write(
    task: TaskRecord,
    session: SessionRecord,
    { attempt, incarnation, lane }: { attempt: number; incarnation: number; lane?: ObjectKey | undefined },
    objects: ObjectTable,
  ): void {
    const fn = this.#functionNumber(task, session);
    const options = this.#optionsNumber(task, session);
    session.book?.leased(task);
    for (const key of task.deps) {
      const object = this.#state.object(key);
      // A call of an actor keeps its place in the queue while an input is still being made: the node is told later.
      if (object) objects.want(object, session, key);
    }
    // A node takes every attempt before this one for a failure unless it is told otherwise.
    if (task.failures !== attempt - 1 && session.version >= KNOWS_FAILURES)
      this.#state.ports.command(session, { kind: 'failures', task: task.key, count: task.failures });
    this.#state.ports.command(session, {
      kind: 'lease',
      task: task.key,
      attempt,
      job: task.job.id,
      actor: task.actor,
      caller: lane ?? (task.parent === 0 ? sessionOfKey(task.key) : task.parent),
      incarnation,
      fn,
      options,
      args: task.args,
      deps: [...task.deps],
      nested: [...task.nested],
    });
  }

  #functionNumber(task: TaskRecord, session: SessionRecord): number {
    let number = session.sentFunctions.get(task.fn);
    if (number === undefined) {
      number = session.sentFunctions.size;
      session.sentFunctions.set(task.fn, number);
      const { module, name, kind } = task.fn;
      this.#state.ports.command(session, { kind: 'function', fn: number, module, name, functionKind: kind });
    }
    return number;
  }

  #optionsNumber(task: TaskRecord, session: SessionRecord): number {
    let number = session.sentOptions.get(task.options);
    if (number === undefined) {
      number = session.sentOptions.size;
      session.sentOptions.set(task.options, number);
      this.#state.ports.command(session, { kind: 'options', options: number, json: task.options.json });
    }
    return number;
  }
}
