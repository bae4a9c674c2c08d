/**
 * Reconstruction (rule L4): objects whose last copy is gone and that somebody needs are made again by running their
 * tasks again. It is a queue, not a recursion: a lost chain of ten thousand tasks must not overflow the stack.
 */
import { sessionOfKey } from '#shared/ids/object-key.ts';
import type { ActorManager } from './actor-manager.ts';
import type { ObjectRecord, SessionRecord, TaskRecord } from './entities.ts';
import type { JobHistory } from './job-history.ts';
import type { ObjectTable } from './object-table.ts';
import { startVersion } from './object-versions.ts';
import type { GcsState } from './state.ts';
import { systemError } from './system-errors.ts';
import type { TaskManager } from './task-manager.ts';

const LOST = systemError('objectLost', 'every copy was on nodes that are gone, and it cannot be computed again');

/** Objects to make again. */
export class Rebuilder {
  readonly #state: GcsState;
  readonly #objects: ObjectTable;
  readonly #tasks: TaskManager;
  readonly #actors: Pick<ActorManager, 'willRepeat'>;
  readonly #isSilent: (session: SessionRecord) => boolean;
  readonly #queue = new Set<ObjectRecord>();
  /** What was put by an attempt of a silent session, by that session: it may still have it. */
  readonly #parked = new Map<number, Set<ObjectRecord>>();

  /** @param isSilent true for a session that has no connection, or has not said since a start of the server what it has */
  constructor(
    state: GcsState,
    objects: ObjectTable,
    tasks: TaskManager,
    actors: Pick<ActorManager, 'willRepeat'>,
    isSilent: (session: SessionRecord) => boolean,
  ) {
    this.#actors = actors;
    this.#state = state;
    this.#objects = objects;
    this.#tasks = tasks;
    this.#isSilent = isSilent;
  }

  /** The session is silent no more, or over. */
  heardOf({ id }: SessionRecord): void {
    for (const object of this.#parked.get(id) ?? []) this.#queue.add(object);
    this.#parked.delete(id);
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
    const history = maker && object.key !== maker.key ? this.#state.histories.of(maker.key) : undefined;
    if (maker && history) {
      this.#mainPutsAgain(object, maker, history);
      return;
    }
    if (maker && maker.state !== 'finished') {
      if (object.key !== maker.key) this.#putAgain(object, maker);
      return;
    }
    // A reply comes again when its actor has come as far, or is given up with the call.
    if (maker && this.#actors.willRepeat(maker)) return;
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
    this.#objects.setError(object, LOST);
  }

  /**
   * What a task put is lost while it runs. An attempt that began after that puts it again by itself. The attempt that had put it
   * does not, and may be who waits for it: it starts anew.
   */
  #putAgain(object: ObjectRecord, maker: TaskRecord): void {
    const session = this.#state.sessions.get(this.#putterOf(object, maker));
    if (!session || session.state === 'dead') return;
    if (this.#mayHave(session, object)) return;
    if (!this.#tasks.startAnew(maker, session)) {
      this.#objects.setError(object, LOST);
      return;
    }
    // What is not there yet cannot be lost: the next attempt is not started anew for the same loss.
    startVersion(object, undefined);
    this.#state.touch(object);
    this.#state.ports.event({
      severity: 'warning',
      kind: 'rebuild',
      message: `${maker.fn.name} starts anew: ${session.nodeName} lost what it had put`,
      job: maker.job.id,
      session: session.id,
    });
  }

  /** What a durable `main` put is put again by its next run, unless that begins behind it (rule J1). */
  #mainPutsAgain(object: ObjectRecord, main: TaskRecord, history: JobHistory): void {
    if (!history.keys.has(object.key)) {
      this.#objects.setError(object, LOST);
      return;
    }
    const session = this.#state.sessions.get(main.assigned);
    if (!session || session.state === 'dead' || history.promised.has(object.key)) return;
    if (this.#mayHave(session, object)) return;
    if (!this.#tasks.startAnew(main, session)) this.#objects.setError(object, LOST);
  }

  /** True while its session is silent; the object is looked at again when that is over. */
  #mayHave(session: SessionRecord, object: ObjectRecord): boolean {
    if (!this.#isSilent(session)) return false;
    const parked = this.#parked.get(session.id);
    if (parked) parked.add(object);
    else this.#parked.set(session.id, new Set([object]));
    return true;
  }

  /** The session whose attempt put the object; 0 if none that runs now did. */
  #putterOf({ key }: ObjectRecord, { assigned, copy }: TaskRecord): number {
    const hasPut = (session: number): boolean =>
      session !== 0 && this.#state.keysAt(session, key).some((known) => sessionOfKey(known) === session);
    return [assigned, copy?.session ?? 0].find(hasPut) ?? 0;
  }
}
