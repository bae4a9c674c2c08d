/**
 * Which nodes run a task now: one, or two while a second copy of it runs (rules S6, M1).
 *
 * A second copy is the same task on another node at the same time, because the first is slow or its node may be gone. The first
 * result wins and the other copy is withdrawn; whatever else ends one of the two, the other goes on.
 */
import { moveTask } from '#shared/task/task-state.ts';
import type { FunctionEntry } from './dictionaries.ts';
import type { SessionRecord, TaskRecord } from './entities.ts';
import type { GcsState } from './state.ts';

/** The first version of the protocol whose nodes can be told that an attempt is of no use any more. */
export const KNOWS_WITHDRAW = 3;

/** Told how much nodes have to do. */
export interface NodeBooks {
  /** The task was given to a node. */
  entered(task: TaskRecord, session: SessionRecord): void;
  /** The task left its node: that node has room again. */
  left(task: TaskRecord, session: SessionRecord): void;
  /** The other copy was faster; this one had run for so long. */
  overtaken(fn: FunctionEntry, session: SessionRecord, ranUs: number): void;
}

/** Gives tasks to sessions and takes them away. */
export class Assignments {
  readonly #state: GcsState;
  readonly #books: NodeBooks;

  constructor(state: GcsState, books: NodeBooks) {
    this.#state = state;
    this.#books = books;
  }

  /** Gives a task to a session: by lease, or because its own local scheduler has it. */
  assign(task: TaskRecord, session: SessionRecord, state: 'local' | 'leased'): void {
    this.leave(task);
    moveTask(task, state);
    task.assigned = session.id;
    if (task.withdrawnFrom === session.id) task.withdrawnFrom = 0;
    task.startedMs = this.#state.wallMs;
    task.runningSinceMs = this.#state.nowMs;
    session.assigned.add(task);
    if (state === 'leased') this.#books.entered(task, session);
    this.#state.touch(task);
  }

  /** Nobody has the task; a second copy of it is another matter. */
  leave(task: TaskRecord): void {
    if (task.assigned === 0) return;
    const session = this.#state.sessions.get(task.assigned);
    task.assigned = 0;
    if (!session) return;
    session.assigned.delete(task);
    if (task.state === 'leased') this.#books.left(task, session);
  }

  /** True if this attempt's word counts (rules M2, L5). */
  isCurrent(task: TaskRecord, session: SessionRecord, attempt: number): boolean {
    return (
      (task.assigned === session.id && task.attempt === attempt) ||
      (task.copy?.session === session.id && task.copy.attempt === attempt)
    );
  }

  /** The number of the next attempt that is given to a node. (A retry on the same node counts on from its own.) */
  nextAttempt(task: TaskRecord): number {
    task.lastAttempt = Math.max(task.lastAttempt, task.attempt, task.copy?.attempt ?? 0) + 1;
    return task.lastAttempt;
  }

  /** Gives a second copy to a session. */
  beginSecond(task: TaskRecord, session: SessionRecord): void {
    task.copy = {
      session: session.id,
      attempt: this.nextAttempt(task),
      startedMs: this.#state.wallMs,
      runningSinceMs: this.#state.nowMs,
      state: 'leased',
    };
    if (task.withdrawnFrom === session.id) task.withdrawnFrom = 0;
    // What both put is one object, by content (rule L1).
    task.replayed = true;
    session.assigned.add(task);
    this.#books.entered(task, session);
    this.#state.touch(task);
  }

  /** The first and the second copy change places. */
  swap(task: TaskRecord): void {
    const { copy, assigned, attempt, startedMs, runningSinceMs, state } = task;
    if (!copy) return;
    task.copy = {
      session: assigned,
      attempt,
      startedMs,
      runningSinceMs,
      state: state === 'local' ? 'local' : 'leased',
    };
    if (state !== copy.state) moveTask(task, 'waiting');
    moveTask(task, copy.state);
    task.assigned = copy.session;
    task.attempt = copy.attempt;
    task.startedMs = copy.startedMs;
    task.runningSinceMs = copy.runningSinceMs;
    this.#state.touch(task);
  }

  /** The first copy has a result, and the second is behind. */
  overtake({ copy, fn }: TaskRecord): void {
    const session = copy && this.#state.sessions.get(copy.session);
    if (session) this.#books.overtaken(fn, session, (this.#state.nowMs - copy.runningSinceMs) * 1000);
  }

  /** The first copy is over, without a result: the second takes its place. Returns false if there is none. */
  promoteSecond(task: TaskRecord): boolean {
    if (!task.copy) return false;
    this.swap(task);
    this.endSecond(task, false);
    return true;
  }

  /** This session's attempt is of no use: its node is told to stop it. Returns false if the other copy goes on. */
  takeBack(task: TaskRecord, session: SessionRecord): boolean {
    if (task.copy && task.assigned === session.id) this.swap(task);
    if (task.copy) {
      this.endSecond(task, true);
      return false;
    }
    const { attempt } = task;
    this.leave(task);
    this.#withdraw(task, session, attempt);
    return true;
  }

  /** The second copy is over, or of no use. @param withdraw its node is told to stop it */
  endSecond(task: TaskRecord, withdraw: boolean): void {
    const { copy } = task;
    if (!copy) return;
    task.copy = undefined;
    this.#state.touch(task);
    const session = this.#state.sessions.get(copy.session);
    if (!session) return;
    session.assigned.delete(task);
    if (copy.state === 'leased') this.#books.left(task, session);
    if (withdraw) this.#withdraw(task, session, copy.attempt);
  }

  #withdraw(task: TaskRecord, session: SessionRecord, attempt: number): void {
    task.withdrawnFrom = session.id;
    this.#state.touch(task);
    if (session.state !== 'dead') this.#state.ports.command(session, { kind: 'withdraw', task: task.key, attempt });
  }
}
