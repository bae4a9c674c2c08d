/**
 * Actors: where each lives, which life it is in, what happens to its calls when it dies (rules A1, A3, M2).
 *
 * A creation is scheduled like a task. Calls go to the node the actor lives on, in the order they arrive; while there
 * is none they wait here. An actor that may live again is made anew, restores what it saved last, repeats the calls that
 * began since then, and only then counts as alive (rule A2, `actor-history.ts`). Where that cannot be, calls that were on
 * the way when it died fail: whether they had run cannot be known.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { END_REASON, type NodeRecordOf, PLACE } from '#shared/protocol/node-records.ts';
import type { ResolvedOptions } from '#shared/task/task-options.ts';
import { moveTask } from '#shared/task/task-state.ts';
import { type ActorHistories, hasGap, hasHistory, KNOWS_CHECKPOINTS, newHistory, NONE_KEPT } from './actor-history.ts';
import type { ActorRecord, JobRecord, SessionRecord, TaskRecord } from './entities.ts';
import { KeyTable } from './key-table.ts';
import { moveActor } from './lives.ts';
import type { ObjectTable } from './object-table.ts';
import { waitsForItself } from './repetition-cycles.ts';
import type { GcsState } from './state.ts';
import { systemError } from './system-errors.ts';
import type { TaskManager } from './task-manager.ts';

/** The first version of the protocol whose nodes let actors end in their own good time. */
const KNOWS_RETIRE = 4;

/** What the actor manager needs to send a call on its way. */
export interface CallDispatcher {
  /** @param lane the caller in whose order it comes, if not its own */
  lease(task: TaskRecord, session: SessionRecord, incarnation: number, lane?: ObjectKey): void;
  /** The call has its result: it is only to be repeated. */
  repeat(task: TaskRecord, session: SessionRecord, incarnation: number, lane: ObjectKey): void;
  /** The node has the call already. */
  keep(task: TaskRecord, session: SessionRecord): void;
}

/** All actors of the cluster. */
export class ActorManager {
  readonly #state: GcsState;
  readonly #objects: ObjectTable;
  readonly #dispatcher: CallDispatcher;
  readonly #histories: ActorHistories;
  #tasks: TaskManager | undefined;

  constructor(state: GcsState, objects: ObjectTable, histories: ActorHistories, dispatcher: CallDispatcher) {
    this.#state = state;
    this.#objects = objects;
    this.#histories = histories;
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
      history: newHistory(),
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
    actor.session = session.id;
    // A node of before does not tell what begins.
    if (session.version < KNOWS_CHECKPOINTS) actor.history.missingUpTo = NONE_KEPT;
    this.#touch(actor);
    if (actor.history.calls.length === 0) this.#isUpToDate(actor, session);
    // In the grace nothing is given out: see `resume`.
    else if (!this.#state.grace) this.#repeat(actor, session);
  }

  /** A new life does again what former ones did, in one order: that of whoever called does not count any more. */
  #repeat(actor: ActorRecord, session: SessionRecord): void {
    for (const call of actor.history.calls) {
      actor.history.repeating.add(call);
      if (call.state === 'finished') {
        this.#taskManager.countAttempt(call);
        this.#dispatcher.repeat(call, session, actor.incarnation, actor.key);
      } else {
        actor.inFlight.add(call);
        this.#dispatcher.lease(call, session, actor.incarnation, actor.key);
      }
    }
    for (const call of [...actor.pending]) this.#checkCycle(actor, call);
  }

  #isUpToDate(actor: ActorRecord, session: SessionRecord): void {
    moveActor(actor, 'alive');
    this.#touch(actor);
    this.#sendPending(actor);
    this.#tellUpToDate(actor, session);
    if (actor.retiring !== '') this.#askToEnd(actor);
  }

  /** Behind everything that waited, or later calls of that node would pass it (rule A1). */
  #tellUpToDate({ key, incarnation }: ActorRecord, session: SessionRecord): void {
    if (incarnation > 1 && !this.#state.grace && session.version >= KNOWS_CHECKPOINTS)
      this.#state.ports.command(session, { kind: 'caughtUp', actor: key, incarnation });
  }

  /** See `ActorHooks.repeated`. */
  repeated(call: TaskRecord | undefined, session: SessionRecord, record: NodeRecordOf<'finish'>): boolean {
    if (!call || call.callNumber === 0) return false;
    const actor = this.#state.actors.get(call.actor);
    if (!actor || call.state !== 'finished' || !actor.history.repeating.has(call)) return false;
    if (actor.session !== session.id || record.attempt !== call.attempt) return false;
    if (!this.#histories.takeRepetition(call, session, record)) {
      this.kill(actor.key, true, 'it died, and an argument of a call that it has to repeat is lost');
      return true;
    }
    this.#hasRepeated(actor, call);
    return true;
  }

  #hasRepeated(actor: ActorRecord, call: TaskRecord): void {
    if (!actor.history.repeating.delete(call) || actor.history.repeating.size > 0) return;
    const session = this.#state.sessions.get(actor.session);
    if (actor.state === 'restarting' && session) this.#isUpToDate(actor, session);
  }

  /** A lost reply will come again: its actor is about to repeat the call. */
  willRepeat(call: TaskRecord): boolean {
    return call.callNumber > 0 && this.#state.actors.get(call.actor)?.state === 'restarting';
  }

  /** See `ActorHooks.decidesCancel`. What began may have changed the actor, whatever its caller is told. */
  decidesCancel(call: TaskRecord): boolean {
    const actor = this.#state.actors.get(call.actor);
    if (!actor || !hasHistory(actor)) return false;
    if (actor.inFlight.has(call)) return true;
    // It began in a former life, and nobody has seen what came of it.
    if (call.callNumber > 0) this.#histories.strike(actor, call);
    return false;
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
      if (call.cancelled) this.#taskManager.end(call, systemError('cancelled', 'the task was cancelled'), 'cancelled');
      else if (actor?.state === 'alive') this.#send(actor, call);
    }
    if (this.#state.grace) return;
    for (const actor of this.#state.actors.values()) this.#resume(actor);
  }

  #resume(actor: ActorRecord): void {
    const session = this.#state.sessions.get(actor.session);
    if (!session) return;
    if (actor.state === 'alive') {
      this.#sendPending(actor);
      this.#tellUpToDate(actor, session);
      if (actor.retiring !== '') this.#askToEnd(actor);
    } else if (actor.state === 'restarting' && actor.history.repeating.size === 0) {
      // How far it had come in repeating is not known: that life is of no use.
      this.#state.ports.command(session, { kind: 'killActor', actor: actor.key, incarnation: actor.incarnation });
      this.#died(actor, 'the server started anew while it repeated its calls', false);
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
    else if (task.callNumber === 0) actor.pending.push(task);
  }

  /** The same for one that has to be repeated, finished or not. */
  restoreBegun(task: TaskRecord): void {
    const actor = this.#state.actors.get(task.actor);
    if (actor) this.#histories.restoreCall(actor, task);
  }

  /** All rows are loaded. */
  restored(): void {
    for (const actor of this.#state.actors.values()) this.#histories.restored(actor);
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
      this.#checkCycle(actor, task);
    }
  }

  /** A call was lost with a life of its actor, or with the node that had it: it goes to the next life, if it may. */
  resend(call: TaskRecord): boolean {
    const actor = this.#state.actors.get(call.actor);
    if (!actor || !this.#mayResend(actor, call)) return false;
    if (call.callNumber > 0) this.#histories.strike(actor, call);
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

  /** Rather an actor that is lost, and a word that says why, than a job that waits for ever. */
  #checkCycle(actor: ActorRecord, call: TaskRecord): void {
    if (actor.history.repeating.size > 0 && waitsForItself(this.#state, this.#objects, actor, call))
      this.kill(actor.key, true, 'it died, and what it has to repeat a call with can be made again only with its help');
  }

  callEnded(task: TaskRecord): void {
    const actor = this.#state.actors.get(task.actor);
    if (!actor) return;
    actor.inFlight.delete(task);
    const waiting = actor.pending.indexOf(task);
    if (waiting >= 0) actor.pending.splice(waiting, 1);
    this.#hasRepeated(actor, task);
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
      // Its node says when it is over, behind everything that it did until then.
      if (!noRestart && this.#canBeRepeated(actor)) return;
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
    this.#takeBack(actor, counted, systemError('actorUnavailable', `the actor is restarting: ${reason}`));
    if (actor.state !== 'restarting') moveActor(actor, 'restarting');
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

  #canBeRepeated(actor: ActorRecord): boolean {
    return hasHistory(actor) && !hasGap(actor.history);
  }

  /**
   * Calls that a life which is over has not answered go to the next, if that knows where it stands. The one that it was at has
   * to be blamed if it died by its own fault: repeated, it would end the next life as well.
   */
  #takeBack(actor: ActorRecord, isBlamed: boolean, error: Uint8Array): void {
    this.#histories.lifeEnds(actor);
    if (!this.#canBeRepeated(actor)) {
      this.#histories.clear(actor);
      this.#resendInFlight(actor);
      this.#failInFlight(actor, error);
      return;
    }
    const culprit = this.#histories.died(actor, isBlamed, (call) => this.#mayResend(actor, call));
    if (culprit) this.#taskManager.end(culprit, error, 'failed');
    const calls = [...actor.inFlight];
    actor.inFlight.clear();
    for (const call of calls) {
      if (call.cancelled) this.#taskManager.end(call, systemError('cancelled', 'the task was cancelled'), 'cancelled');
      else this.#taskManager.callBack(call);
    }
    // Those that did not begin come before what waits already.
    actor.pending.unshift(...calls.filter(({ state, callNumber }) => state === 'queued' && callNumber === 0));
  }

  /** Calls that may be tried again go before what waits already, in their order (rule A1). */
  #resendInFlight(actor: ActorRecord): void {
    const again = [...actor.inFlight].filter((call) => this.#mayResend(actor, call));
    for (const call of again) {
      actor.inFlight.delete(call);
      this.#taskManager.callAgain(call);
    }
    actor.pending.unshift(...again);
  }

  /** See `ActorHooks.creationLost`: calls that its node has already wait for the next. */
  creationLost(creation: TaskRecord): void {
    const actor = this.#state.actors.get(creation.key);
    if (actor && actor.state !== 'dead' && hasHistory(actor))
      this.#takeBack(actor, false, systemError('actorUnavailable', 'the node on which it was being made is gone'));
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
    const begun = actor.history.calls.filter(({ state }) => state !== 'finished');
    this.#histories.over(actor);
    this.#failInFlight(actor, error);
    for (const call of [...begun, ...actor.pending.splice(0)]) this.#taskManager.end(call, error, 'failed');
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

  /**
   * What the node has to know that will make an actor which lived before. Comes before the lease. Returns false if that node
   * cannot: then the actor is over.
   */
  tellFormerLife(creation: TaskRecord, session: SessionRecord): boolean {
    const actor = this.#state.actors.get(creation.key);
    if (!actor || actor.incarnation === 1) return true;
    if (this.#histories.tellFormerLife(actor, session)) return true;
    this.kill(actor.key, true, `node ${session.nodeName} is too old to restore what it saved`);
    return false;
  }

  #touch(actor: ActorRecord): void {
    this.#state.dirty.actors.add(actor.key);
  }
}

/** The session that has the actor or makes it; 0 if none does. */
function hostOf({ session, creation }: ActorRecord): number {
  return session === 0 ? creation.assigned : session;
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
