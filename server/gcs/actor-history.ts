/**
 * What an actor did since its last checkpoint, so that a later life of it can do it again (rule A2): the calls that began, in
 * their order, with their arguments, and the object that stands for all before them.
 *
 * A call in the history is kept as an unfinished task is: its record, what it was given, what it made and the names of that
 * stay until a checkpoint covers it. So it can be run again, finds what it made by name, and changes nobody else's state twice
 * (rule L9). Only the record of the calls is here; when an actor lives and dies `actor-manager.ts` says.
 */
import { type ObjectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import { type NodeRecordOf, OUTCOME } from '#shared/protocol/node-records.ts';
import { isRepeated } from '#shared/task/task-options.ts';
import { CheckpointCopies } from './checkpoint-copies.ts';
import type { ActorRecord, SessionRecord, TaskRecord } from './entities.ts';
import type { ObjectTable } from './object-table.ts';
import type { GcsState } from './state.ts';

/** The first version of the protocol whose nodes tell which calls of their actors begin, and restore what one saved. */
export const KNOWS_CHECKPOINTS = 4;

/** In place of the number of the last call that is not kept: no call is. */
export const NONE_KEPT = Number.MAX_SAFE_INTEGER;

/** Calls kept without a checkpoint; beyond it they are let go, and cannot be repeated (rule A2). */
export const MAX_REPEATED_CALLS = 10_000;
/** The same for the bytes of their arguments. */
const MAX_REPEATED_BYTES = 64 * 1024 * 1024;

/** The history of one actor. */
export interface ActorHistory {
  /** Calls that began since the checkpoint, in that order; some have no result yet. */
  calls: TaskRecord[];
  /** Bytes of their arguments. */
  bytes: number;
  /** The object that stands for what came before; 0 if nothing was saved. */
  checkpoint: ObjectKey;
  /** So many calls it stands for. */
  checkpointNumber: number;
  /** A later one that is not safe yet (see `checkpoint-copies.ts`), or 0; and for how many calls it will stand. */
  candidate: ObjectKey;
  candidateNumber: number;
  /**
   * The number of the last call that is not kept, as too much happened or something that nobody knows. Calls after it are kept
   * like any others: they are repeated once a checkpoint stands for those that are not.
   */
  missingUpTo: number;
  /** Calls that the present life was given to repeat and has not ended. */
  readonly repeating: Set<TaskRecord>;
}

/** The history of an actor that has done nothing. */
export function newHistory(): ActorHistory {
  const nothing = { checkpoint: 0, checkpointNumber: 0, candidate: 0, candidateNumber: 0 };
  return { calls: [], bytes: 0, ...nothing, missingUpTo: 0, repeating: new Set() };
}

/** True if something that came after the checkpoint cannot be repeated. */
export function hasGap({ missingUpTo, checkpointNumber }: ActorHistory): boolean {
  return missingUpTo > checkpointNumber;
}

/** True if its calls are written down. */
export function hasHistory(actor: ActorRecord): boolean {
  return isRepeated(actor.creation.options.options);
}

/** What a history asks of the tables around it. */
export interface HistoryHooks {
  /** A finished call is of no use any more: lets go of what it was given and of what it made. */
  letGo(call: TaskRecord): void;
}

/** Keeps the histories of all actors. */
export class ActorHistories {
  readonly #state: GcsState;
  readonly #objects: ObjectTable;
  readonly #hooks: HistoryHooks;
  readonly copies: CheckpointCopies;

  constructor(state: GcsState, objects: ObjectTable, hooks: HistoryHooks) {
    this.#state = state;
    this.#objects = objects;
    this.#hooks = hooks;
    this.copies = new CheckpointCopies(state, objects);
  }

  /** The node says that a call began, or (number 0) that it did not after all. Only the current life is believed (M2). */
  began(session: SessionRecord, { actor: key, incarnation, task: called, number }: NodeRecordOf<'began'>): void {
    const actor = this.#livingOn(session, key, incarnation);
    // Before its first life has begun it was given none.
    if (!actor || actor.state === 'pending' || !hasHistory(actor)) return;
    const call = this.#state.task(called);
    if (number === 0) {
      if (call && call.callNumber > 0 && call.state !== 'finished') this.strike(actor, call);
    } else if (call?.actor !== actor.key || (call.state === 'finished' && call.callNumber === 0)) {
      this.#gap(actor, number, 'it ran a call that is not known');
    } else if (call.callNumber > 0) {
      call.callNumber = number;
      this.#state.touch(call);
    } else if (call.assigned !== session.id && !this.#state.grace) {
      // It was not given that call. (In the grace the books may not know what it was given.)
      return;
    } else if (number > actor.history.missingUpTo) {
      this.#add(actor, call, number);
    }
  }

  #add(actor: ActorRecord, call: TaskRecord, number: number): void {
    const { history } = actor;
    call.callNumber = number;
    this.#state.touch(call);
    history.calls.push(call);
    history.bytes += call.args.length;
    if (history.calls.length > MAX_REPEATED_CALLS)
      this.#gap(actor, number, `${MAX_REPEATED_CALLS} calls came since its last checkpoint`);
    else if (history.bytes > MAX_REPEATED_BYTES)
      this.#gap(
        actor,
        number,
        `calls with ${MAX_REPEATED_BYTES / 2 ** 20} MB of arguments came since its last checkpoint`,
      );
  }

  /** What an actor saved. What it stands for need not be kept any more. */
  saved(session: SessionRecord, record: NodeRecordOf<'saved'>): void {
    const actor = this.#livingOn(session, record.actor, record.incarnation);
    const known = this.#state.object(record.object);
    const isNew = known === undefined || this.#objects.isPlaceholder(known);
    const isItsOwn = sessionOfKey(record.object) === session.id;
    const isBehind = actor !== undefined && record.number < actor.history.checkpointNumber;
    if (!actor || !isItsOwn || !isNew || isBehind || this.#waitsForFormer(actor, record)) {
      if (record.value.length === 0) this.#state.ports.command(session, { kind: 'dropCopy', object: record.object });
      return;
    }
    const object = this.#objects.claim(record.object, { maker: 0, k: 0, digest: new Uint8Array(0) });
    const nested = record.nested.map((key) => this.#state.resolve(key));
    this.#objects.hold(object, actor.key);
    this.#objects.setValue(object, session, { sizeBytes: record.sizeBytes, value: record.value, nested });
    this.#dropCandidate(actor);
    if (record.value.length > 0) {
      this.#stands(actor, object.key, record.number);
      return;
    }
    actor.history.candidate = object.key;
    actor.history.candidateNumber = record.number;
    this.#state.dirty.actors.add(actor.key);
    this.copies.watch(object, actor);
  }

  /** One large checkpoint is on its way at a time: if later ones took its place, with frequent ones none would ever arrive. */
  #waitsForFormer({ history }: ActorRecord, { value }: NodeRecordOf<'saved'>): boolean {
    const { candidate, candidateNumber, missingUpTo } = history;
    return value.length === 0 && candidateNumber >= missingUpTo && this.copies.isOnItsWay(candidate);
  }

  /** A node has a copy now. */
  copied(key: ObjectKey): void {
    const object = this.#state.object(key);
    const actor = object && this.copies.actorOf(object);
    if (!actor || !this.copies.look(object) || actor.history.candidate !== object.key) return;
    this.#candidateStands(actor);
  }

  #candidateStands(actor: ActorRecord): void {
    const { candidate, candidateNumber } = actor.history;
    actor.history.candidate = 0;
    this.#stands(actor, candidate, candidateNumber);
  }

  #dropCandidate(actor: ActorRecord): void {
    const { candidate } = actor.history;
    if (candidate === 0) return;
    actor.history.candidate = 0;
    this.#letGoOf(candidate, actor);
  }

  #letGoOf(checkpoint: ObjectKey, actor: ActorRecord): void {
    this.copies.forget(checkpoint);
    this.#objects.releaseKey(checkpoint, actor.key);
    this.#state.dirty.actors.add(actor.key);
  }

  /** A life is over: what it saved last, and is not safe, is of use only where there is nothing else to go by. */
  lifeEnds(actor: ActorRecord): void {
    const { candidate } = actor.history;
    const copies = this.#state.objects.get(candidate)?.locations ?? [];
    const isThere = [...copies].some((id) => this.#state.sessions.get(id)?.state !== 'dead');
    if ((hasGap(actor.history) || !hasHistory(actor)) && isThere) this.#candidateStands(actor);
    else this.#dropCandidate(actor);
  }

  /** From now on a checkpoint stands for the calls up to a number. */
  #stands(actor: ActorRecord, object: ObjectKey, number: number): void {
    const { history } = actor;
    if (history.checkpoint !== 0) this.#letGoOf(history.checkpoint, actor);
    history.checkpoint = object;
    history.checkpointNumber = number;
    const later = history.calls.findIndex((call) => call.callNumber > number);
    const covered = history.calls.splice(0, later < 0 ? history.calls.length : later);
    for (const call of covered) this.#leaves(history, call);
    this.#state.dirty.actors.add(actor.key);
  }

  /** Calls up to a number are not kept: the actor cannot be repeated before a checkpoint stands for them. */
  #gap(actor: ActorRecord, number: number, reason: string): void {
    const { history } = actor;
    const isTold = hasGap(history);
    history.missingUpTo = Math.max(history.missingUpTo, number);
    this.#state.dirty.actors.add(actor.key);
    // What it is repeating now is kept until it has.
    const { calls, repeating } = history;
    history.calls = calls.filter((call) => repeating.has(call));
    for (const call of calls) if (!repeating.has(call)) this.#leaves(history, call);
    if (isTold) return;
    this.#state.ports.event({
      severity: 'warning',
      kind: 'actor-not-repeatable',
      message: `${reason}: if it dies, its calls are not repeated; save checkpoints more often`,
      job: actor.creation.job.id,
      session: actor.session,
    });
  }

  /** Lets go of all calls. */
  clear(actor: ActorRecord): void {
    const { history } = actor;
    history.missingUpTo = 0;
    history.repeating.clear();
    for (const call of history.calls.splice(0)) this.#leaves(history, call);
    this.#state.dirty.actors.add(actor.key);
  }

  /** A call never was, for whoever repeats. */
  strike({ history }: ActorRecord, call: TaskRecord): void {
    const place = history.calls.indexOf(call);
    if (place >= 0) history.calls.splice(place, 1);
    this.#leaves(history, call);
  }

  #leaves(history: ActorHistory, call: TaskRecord): void {
    history.bytes -= call.args.length;
    call.callNumber = 0;
    this.#state.touch(call);
    // One that has no result yet goes its usual way when it has.
    if (call.state === 'finished') this.#hooks.letGo(call);
  }

  /**
   * The actor died. Returns the call that it was at, if that is to be blamed: it is not among those to be repeated. The others
   * are numbered anew, without gaps, as the next life will count them.
   *
   * @param isBlamed the actor died by its own fault
   * @param mayRetry whether a call that is to blame is tried once more
   */
  died(actor: ActorRecord, isBlamed: boolean, mayRetry: (call: TaskRecord) => boolean): TaskRecord | undefined {
    const { history } = actor;
    history.repeating.clear();
    // One runs at a time, in the order of their numbers.
    const running = history.calls.find((call) => call.state !== 'finished');
    const culprit = isBlamed && running && !mayRetry(running) ? running : undefined;
    if (culprit) this.strike(actor, culprit);
    else if (isBlamed && running) running.failures += 1;
    // What was cancelled meanwhile, and has told nobody anything, need not be done at all.
    for (const call of history.calls.filter(({ cancelled, state }) => cancelled && state !== 'finished'))
      this.strike(actor, call);
    history.calls.forEach((call, index) => {
      call.callNumber = history.checkpointNumber + index + 1;
      this.#state.touch(call);
    });
    return culprit;
  }

  /**
   * A call that had its result was repeated: its new result counts only if the former was lost. Returns false if it could not
   * be repeated, because an argument of it is lost.
   */
  takeRepetition(call: TaskRecord, session: SessionRecord, record: NodeRecordOf<'finish'>): boolean {
    const isValue = record.outcome === OUTCOME.value;
    if (!isValue && call.deps.some((key) => this.#state.object(key)?.status === 'error')) return false;
    const object = this.#state.objects.get(call.key);
    if (object && !this.#objects.isAvailable(object)) {
      const nested = record.nested.map((key) => this.#state.resolve(key));
      if (isValue) this.#objects.setValue(object, session, { ...record, nested });
      else this.#objects.setError(object, record.value);
      this.#objects.reconsider(object);
    } else if (isValue && record.value.length === 0 && !session.copies.has(call.key)) {
      this.#state.ports.command(session, { kind: 'dropCopy', object: record.task });
    }
    return true;
  }

  /** Tells the node that will make the next life what to restore. Returns false if it cannot do that. */
  tellFormerLife({ key, history }: ActorRecord, session: SessionRecord): boolean {
    const { checkpoint, checkpointNumber } = history;
    if (session.version < KNOWS_CHECKPOINTS) return checkpoint === 0;
    const object = this.#state.objects.get(checkpoint);
    if (object) this.#objects.want(object, session, checkpoint);
    this.#state.ports.command(session, { kind: 'restore', actor: key, object: checkpoint, number: checkpointNumber });
    return true;
  }

  /** Puts a call that was loaded from disk back into its actor's history. */
  restoreCall(actor: ActorRecord, call: TaskRecord): void {
    actor.history.calls.push(call);
    actor.history.bytes += call.args.length;
  }

  /** All calls are loaded. */
  restored(actor: ActorRecord): void {
    const { history } = actor;
    history.calls.sort((a, b) => a.callNumber - b.callNumber);
    for (const key of [history.checkpoint, history.candidate]) {
      const object = this.#state.objects.get(key);
      if (object?.status === 'stored') this.copies.watch(object, actor);
    }
  }

  /** The actor is over. */
  over(actor: ActorRecord): void {
    for (const key of [actor.history.checkpoint, actor.history.candidate]) this.copies.forget(key);
    this.clear(actor);
  }

  #livingOn(session: SessionRecord, key: ObjectKey, incarnation: number): ActorRecord | undefined {
    const actor = this.#state.actors.get(this.#state.resolve(key));
    if (!actor || actor.state === 'dead' || actor.incarnation !== incarnation) return undefined;
    return actor.session === session.id || actor.creation.assigned === session.id ? actor : undefined;
  }
}
