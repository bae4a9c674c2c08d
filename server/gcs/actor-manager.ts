/**
 * Actors: where each lives, which life it is in, what happens to its calls when it dies (rules A1, A3, M2).
 *
 * A creation is scheduled like a task. Calls go to the node the actor lives on, in the order they arrive; while there
 * is none they wait here. Calls that were on the way when it died fail: whether they had run cannot be known.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { END_REASON, type NodeRecordOf, PLACE } from '#shared/protocol/node-records.ts';
import type { ResolvedOptions } from '#shared/task/task-options.ts';
import { moveTask } from '#shared/task/task-state.ts';
import type { ActorRecord, JobRecord, SessionRecord, TaskRecord } from './entities.ts';
import { KeyTable } from './key-table.ts';
import { moveActor } from './lives.ts';
import type { ObjectTable } from './object-table.ts';
import type { GcsState } from './state.ts';
import { systemError } from './system-errors.ts';
import type { TaskManager } from './task-manager.ts';

/** The first version of the protocol whose nodes let actors end in their own good time. */
const KNOWS_RETIRE = 4;

/** What the actor manager needs to send a call on its way. */
export interface CallDispatcher {
  lease(task: TaskRecord, session: SessionRecord, incarnation: number): void;
  /** The node has the call already. */
  keep(task: TaskRecord, session: SessionRecord): void;
}

/** All actors of the cluster. */
export class ActorManager {
  readonly #state: GcsState;
  readonly #objects: ObjectTable;
  readonly #dispatcher: CallDispatcher;
  #tasks: TaskManager | undefined;

  constructor(state: GcsState, objects: ObjectTable, dispatcher: CallDispatcher) {
    this.#state = state;
    this.#objects = objects;
    this.#dispatcher = dispatcher;
  }

  /** Actors and tasks need each other; the composition closes the circle once. */
  connect(tasks: TaskManager): void {
    this.#tasks = tasks;
  }

  get #taskManager(): TaskManager {
    if (!this.#tasks) throw new Error('the actor manager is not connected');
    return this.#tasks;
  }

  /** The living actor whose name a creation asks for, if that is content with it (`getIfExists`). */
  existing(job: JobRecord, { getIfExists, namespace, name }: ResolvedOptions): ActorRecord | undefined {
    return getIfExists ? this.#state.actorNames.get(actorName(job.id, namespace, name)) : undefined;
  }

  /** A creation was submitted. Returns false if it already ended (its name is taken). */
  created(task: TaskRecord, place: number, session: SessionRecord): boolean {
    const actor: ActorRecord = {
      key: task.key,
      creation: task,
      state: 'pending',
      incarnation: 1,
      session: 0,
      restarts: 0,
      retiring: '',
      deathCause: undefined,
      pending: [],
      inFlight: new Set(),
      holdings: new KeyTable(),
    };
    this.#state.actors.set(actor.key, actor);
    task.job.actors.add(actor);
    this.#touch(actor);
    const parent = task.parent === 0 ? undefined : this.#state.task(task.parent);
    if (parent && parent.actor === 0) (parent.madeActors ??= []).push(actor.key);
    const name = fullName(task);
    if (name === undefined) return true;
    if (this.#state.actorNames.has(name)) {
      const message = `an actor named "${task.options.options.name}" exists already; get it with getActor("${task.options.options.name}")`;
      if (place === PLACE.ask) this.#state.ports.command(session, { kind: 'assign', task: task.key, here: false });
      if (place === PLACE.here) {
        // A node that made the actor itself does not wait for news of it: it has to be told.
        this.#state.ports.command(session, { kind: 'killActor', actor: task.key, incarnation: actor.incarnation });
        const object = this.#state.objects.get(task.key);
        if (object) (object.wants ??= []).push({ session: session.id, key: task.key });
      }
      this.#taskManager.end(task, systemError('actorDied', message), 'failed');
      return false;
    }
    this.#state.actorNames.set(name, actor);
    return true;
  }

  /** The constructor ended: the actor lives on `session`, or never will. */
  creationEnded(task: TaskRecord, session: SessionRecord | undefined, error: Uint8Array | undefined): void {
    const actor = this.#state.actors.get(task.key);
    if (!actor || actor.state === 'dead') return;
    if (error || !session) {
      this.#die(actor, error ?? systemError('actorDied', 'the actor could not be created'));
      return;
    }
    this.#live(actor, session);
  }

  #live(actor: ActorRecord, session: SessionRecord): void {
    moveActor(actor, 'alive');
    actor.session = session.id;
    this.#touch(actor);
    this.#sendPending(actor);
    if (actor.retiring !== '') this.#askToEnd(actor);
  }

  /** During the grace calls wait: those that were on their way before may have to be sent again first (rule A1). */
  #sendPending(actor: ActorRecord): void {
    if (this.#state.grace) return;
    for (const call of actor.pending.splice(0)) if (call.state !== 'finished') this.#send(actor, call);
  }

  /** The grace is over: sends what waited for it. `unanswered` calls never reached their node and go first. */
  resume(unanswered: readonly TaskRecord[]): void {
    for (const call of unanswered) {
      const actor = this.#state.actors.get(call.actor);
      if (actor?.state === 'alive') this.#send(actor, call);
    }
    for (const actor of this.#state.actors.values()) {
      if (actor.state !== 'alive') continue;
      this.#sendPending(actor);
      if (actor.retiring !== '') this.#askToEnd(actor);
    }
  }

  /** What an actor was made of stays its own, whatever it says itself: it may have to be made again. */
  isMadeOf(key: ObjectKey, object: ObjectKey): boolean {
    const creation = this.#state.actors.get(key)?.creation;
    const input = this.#state.resolve(object);
    return creation !== undefined && (creation.deps.includes(input) || creation.nested.includes(input));
  }

  /** Puts back an actor that was loaded from disk. */
  restore(actor: ActorRecord): void {
    this.#state.actors.set(actor.key, actor);
    actor.creation.job.actors.add(actor);
    const name = fullName(actor.creation);
    if (name !== undefined && actor.state !== 'dead' && actor.retiring === '') this.#state.actorNames.set(name, actor);
  }

  /** Puts a call that was loaded from disk back into its actor's lists. */
  restoreCall(task: TaskRecord): void {
    const actor = this.#state.actors.get(task.actor);
    if (!actor) return;
    if (task.assigned !== 0) actor.inFlight.add(task);
    else actor.pending.push(task);
  }

  /** A call was submitted: here (its node has the actor and runs it) or through the server. */
  called(task: TaskRecord, place: number, session: SessionRecord): void {
    const actor = this.#state.actors.get(task.actor);
    if (!actor || actor.state === 'dead') {
      this.#taskManager.end(task, actor?.deathCause ?? systemError('actorDied', 'the actor is gone'), 'failed');
    } else if (place === PLACE.here && hostOf(actor) === session.id) {
      this.#dispatcher.keep(task, session);
      actor.inFlight.add(task);
    } else if (actor.retiring !== '') {
      this.#taskManager.end(
        task,
        systemError('actorDied', `the actor takes no more calls: ${actor.retiring}`),
        'failed',
      );
    } else if (place === PLACE.here) {
      const object = this.#state.objects.get(task.key);
      if (object) (object.wants ??= []).push({ session: session.id, key: task.key });
      if (this.resend(task)) return;
      // The node has yet to hear that this life is over; whether it runs the call before cannot be known (rule M2).
      this.#taskManager.end(task, systemError('actorUnavailable', 'that life of the actor is over'), 'failed');
    } else if (actor.state === 'alive' && !this.#state.grace) {
      this.#send(actor, task);
    } else {
      moveTask(task, 'queued');
      actor.pending.push(task);
    }
  }

  /** A call was lost with a life of its actor, or with the node that had it: it goes to the next life, if it may. */
  resend(call: TaskRecord): boolean {
    const actor = this.#state.actors.get(call.actor);
    if (!actor || !this.#mayResend(actor, call)) return false;
    actor.inFlight.delete(call);
    this.#taskManager.callAgain(call);
    actor.pending.push(call);
    if (actor.state === 'alive') this.#sendPending(actor);
    return true;
  }

  #mayResend({ creation, state }: ActorRecord, { failures, cancelled }: TaskRecord): boolean {
    const { maxTaskRetries } = creation.options.options;
    return state !== 'dead' && !cancelled && (maxTaskRetries < 0 || failures < maxTaskRetries);
  }

  callEnded(task: TaskRecord): void {
    const actor = this.#state.actors.get(task.actor);
    if (!actor) return;
    actor.inFlight.delete(task);
    const waiting = actor.pending.indexOf(task);
    if (waiting >= 0) actor.pending.splice(waiting, 1);
  }

  /** Actors end with the task that made them (rule A3). */
  makerEnded(task: TaskRecord): void {
    for (const key of task.madeActors ?? []) this.#retire(key, 'the task that created it has ended');
  }

  /** Ends an actor in its own good time: what was called before is answered, what is called from now on fails. */
  #retire(key: ObjectKey, reason: string): void {
    const actor = this.#state.actors.get(key);
    if (!actor || actor.state === 'dead' || actor.retiring !== '') return;
    actor.retiring = reason;
    this.#touch(actor);
    this.#dropName(actor);
    if (actor.state === 'alive') this.#askToEnd(actor);
  }

  /** Its node has all its calls by now, as they came in the same stream. After a start of the server it is asked again. */
  #askToEnd(actor: ActorRecord): void {
    const host = this.#state.sessions.get(actor.session);
    if (this.#state.grace || !host || host.state === 'dead') return;
    const { key, incarnation } = actor;
    if (host.version < KNOWS_RETIRE) this.kill(key, true, actor.retiring);
    else this.#state.ports.command(host, { kind: 'retireActor', actor: key, incarnation });
  }

  kill(key: ObjectKey, noRestart: boolean, reason: string): void {
    const actor = this.#state.actors.get(this.#state.resolve(key));
    if (!actor || actor.state === 'dead') return;
    // One that is being made anew has no life to end.
    if (actor.state !== 'alive' && !noRestart && this.#mayRestart(actor)) return;
    const host = this.#state.sessions.get(hostOf(actor));
    if (host && host.state !== 'dead') {
      this.#state.ports.command(host, { kind: 'killActor', actor: actor.key, incarnation: actor.incarnation });
    }
    if (noRestart) this.#die(actor, systemError('actorDied', reason));
    else this.#died(actor, reason, true);
  }

  /** A node says that an actor's worker ended. Only the current life is believed (M2). */
  down(session: SessionRecord, record: NodeRecordOf<'actorDown'>): void {
    const actor = this.#state.actors.get(this.#state.resolve(record.actor));
    if (!actor || actor.session !== session.id || actor.incarnation !== record.incarnation) return;
    if (record.reason === END_REASON.exited) {
      this.#die(actor, systemError('actorDied', `the actor ended: ${actor.retiring || record.message}`));
      return;
    }
    this.#died(actor, record.message, record.reason !== END_REASON.bystander && record.reason !== END_REASON.returned);
  }

  /** The node an actor lived on is gone. That costs no restart, but a class without restarts stays dead. */
  hostDied(actor: ActorRecord, nodeName: string): void {
    this.#died(actor, `its node ${nodeName} died`, false);
  }

  stopJob(actors: Iterable<ActorRecord>, reason: string): void {
    for (const actor of actors) this.kill(actor.key, true, reason);
  }

  #died(actor: ActorRecord, reason: string, counted: boolean): void {
    if (counted) actor.restarts += 1;
    if (!this.#mayRestart(actor)) {
      this.#die(actor, systemError('actorDied', `the actor died: ${reason}`));
      return;
    }
    // Those that may be tried again go before what waits already, in their order (rule A1).
    const again = [...actor.inFlight].filter((call) => this.#mayResend(actor, call));
    for (const call of again) {
      actor.inFlight.delete(call);
      this.#taskManager.callAgain(call);
    }
    actor.pending.unshift(...again);
    this.#failInFlight(actor, systemError('actorUnavailable', `the actor is restarting: ${reason}`));
    moveActor(actor, 'restarting');
    actor.session = 0;
    actor.incarnation += 1;
    this.#touch(actor);
    this.#state.ports.event({
      severity: 'warning',
      kind: 'actor-restart',
      message: reason,
      job: actor.creation.job.id,
      session: 0,
    });
    actor.creation.job.unfinished.set(actor.key, actor.creation);
    this.#taskManager.again(actor.creation);
  }

  #mayRestart({ creation, restarts, retiring }: ActorRecord): boolean {
    const { maxRestarts } = creation.options.options;
    if (retiring !== '') return false;
    return creation.job.status === 'running' && (maxRestarts < 0 || (maxRestarts > 0 && restarts <= maxRestarts));
  }

  #die(actor: ActorRecord, error: Uint8Array): void {
    moveActor(actor, 'dead');
    actor.deathCause = error;
    actor.session = 0;
    this.#touch(actor);
    this.#dropName(actor);
    this.#failInFlight(actor, error);
    for (const call of actor.pending.splice(0)) this.#taskManager.end(call, error, 'failed');
    this.#taskManager.end(actor.creation, error, 'failed');
    this.#taskManager.releaseInputs(actor.creation);
    this.#taskManager.forget(actor.creation);
    for (const key of [...actor.holdings.keys()]) this.#objects.releaseKey(key, actor.key);
  }

  #dropName(actor: ActorRecord): void {
    const name = fullName(actor.creation);
    if (name !== undefined && this.#state.actorNames.get(name) === actor) this.#state.actorNames.delete(name);
  }

  #failInFlight(actor: ActorRecord, error: Uint8Array): void {
    for (const call of [...actor.inFlight]) this.#taskManager.end(call, error, 'failed');
    actor.inFlight.clear();
  }

  #send(actor: ActorRecord, call: TaskRecord): void {
    const session = this.#state.sessions.get(actor.session);
    if (!session) return;
    actor.inFlight.add(call);
    this.#dispatcher.lease(call, session, actor.incarnation);
  }

  #touch(actor: ActorRecord): void {
    this.#state.dirty.actors.add(actor.key);
  }
}

/** The session that has the actor or makes it; 0 if none does. */
function hostOf({ state, session, creation }: ActorRecord): number {
  return state === 'alive' ? session : creation.assigned;
}

/** The name an actor can be found by, or `undefined`. */
function fullName(creation: TaskRecord): string | undefined {
  const { name, namespace } = creation.options.options;
  return name === '' ? undefined : actorName(creation.job.id, namespace, name);
}

/** Names without a namespace belong to the job. */
export function actorName(job: number, namespace: string, name: string): string {
  return `${namespace === '' ? `job ${job}` : `in ${namespace}`}/${name}`;
}
