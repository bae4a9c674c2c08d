/**
 * Which calls of this worker's actors may start now (rule A1). A class may say how many of its calls run at the same time, and
 * put methods into groups that have limits of their own: each such limit is a lane, in which calls start in the order in which
 * they came. Lanes do not wait for each other, as a group that is full is to hold back nobody else.
 *
 * The order is that in which methods are *entered*. A call may have to wait before that, for its module or an argument; later ones
 * of its lane then wait behind it.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';

/** How many calls of an actor run at the same time. */
export interface ActorLimits {
  /** Of methods in no group. */
  readonly maxConcurrency: number;
  /** Of the methods of each group, together. */
  readonly groups: readonly { readonly maxConcurrency: number; readonly methods: readonly string[] }[];
}

/** Whether an actor's constructor is over: before that no call starts. */
interface Gate {
  isOpen: boolean;
}

interface Lane<R> {
  readonly gate: Gate;
  readonly limit: number;
  /** Calls that have not begun, from `start` on. */
  queue: R[];
  start: number;
  running: number;
  /** The call that began last, if it has not entered its method yet; else 0. */
  entering: ObjectKey;
  /** It is among those that may have a call to start. */
  isListed: boolean;
}

interface ActorLanes<R> {
  readonly gate: Gate;
  readonly rest: Lane<R>;
  readonly byMethod: ReadonlyMap<string, Lane<R>>;
}

const ONE_BY_ONE: ActorLimits = { maxConcurrency: 1, groups: [] };
/** Calls that have begun are taken out of a queue when there are so many, and as many as others. */
const COMPACT_FROM = 1024;

/** The lanes of all actors of one worker. `R` is a call; two are never equal. */
export class CallLanes<R extends { readonly task: ObjectKey }> {
  readonly #actors = new Map<ObjectKey, ActorLanes<R>>();
  /** By call: those that have begun. */
  readonly #begun = new Map<ObjectKey, Lane<R>>();
  /** Lanes that may have a call to start; they take turns. */
  #listed: Lane<R>[] = [];

  /** Before its first call: what the actor's class allows. Default: one call at a time. */
  setLimits(actor: ObjectKey, limits: ActorLimits): void {
    this.#actors.set(actor, lanesOf(limits));
  }

  /** The actor's constructor is over. */
  open(actor: ObjectKey): void {
    const lanes = this.#lanesOf(actor);
    lanes.gate.isOpen = true;
    for (const lane of [lanes.rest, ...lanes.byMethod.values()]) this.#list(lane);
  }

  /** True if some call may start. */
  get hasWork(): boolean {
    return this.#listed.length > 0;
  }

  add(actor: ObjectKey, method: string, call: R): void {
    const lanes = this.#lanesOf(actor);
    const lane = lanes.byMethod.get(method) ?? lanes.rest;
    lane.queue.push(call);
    this.#list(lane);
  }

  /** The next call to start, which then has begun. */
  next(): R | undefined {
    for (let lane = this.#listed.shift(); lane !== undefined; lane = this.#listed.shift()) {
      lane.isListed = false;
      const call = lane.queue[lane.start];
      if (call === undefined || !mayStart(lane)) continue;
      lane.start += 1;
      if (lane.start === lane.queue.length || (lane.start > COMPACT_FROM && lane.start * 2 > lane.queue.length)) {
        lane.queue = lane.queue.slice(lane.start);
        lane.start = 0;
      }
      lane.running += 1;
      lane.entering = call.task;
      this.#begun.set(call.task, lane);
      return call;
    }
    return undefined;
  }

  /** The call is in its method: the next of its lane may start. */
  entered(call: ObjectKey): void {
    const lane = this.#begun.get(call);
    if (lane === undefined) return;
    if (lane.entering === call) lane.entering = 0;
    this.#list(lane);
  }

  /** The call has its result. */
  ended(call: ObjectKey): void {
    const lane = this.#begun.get(call);
    if (lane === undefined) return;
    this.#begun.delete(call);
    if (lane.entering === call) lane.entering = 0;
    lane.running -= 1;
    this.#list(lane);
  }

  /** Takes a call back that has not begun. */
  takeBack(task: ObjectKey): R | undefined {
    for (const { rest, byMethod } of this.#actors.values()) {
      for (const lane of new Set([rest, ...byMethod.values()])) {
        const place = lane.queue.findIndex((call, index) => index >= lane.start && call.task === task);
        if (place >= 0) return lane.queue.splice(place, 1)[0];
      }
    }
    return undefined;
  }

  /** Takes all calls of an actor back that have not begun. */
  takeAll(actor: ObjectKey): R[] {
    const lanes = this.#actors.get(actor);
    const calls: R[] = [];
    for (const lane of new Set(lanes && [lanes.rest, ...lanes.byMethod.values()])) {
      calls.push(...lane.queue.slice(lane.start));
      lane.queue = [];
      lane.start = 0;
    }
    return calls;
  }

  /** Calls that have not begun. */
  *waiting(): Iterable<R> {
    for (const { rest, byMethod } of this.#actors.values())
      for (const lane of new Set([rest, ...byMethod.values()])) yield* lane.queue.slice(lane.start);
  }

  /** The actor is no more. */
  drop(actor: ObjectKey): void {
    this.#actors.delete(actor);
  }

  #lanesOf(actor: ObjectKey): ActorLanes<R> {
    let lanes = this.#actors.get(actor);
    if (lanes === undefined) this.#actors.set(actor, (lanes = lanesOf(ONE_BY_ONE)));
    return lanes;
  }

  #list(lane: Lane<R>): void {
    if (lane.isListed || lane.start >= lane.queue.length || !mayStart(lane)) return;
    lane.isListed = true;
    this.#listed.push(lane);
  }
}

function mayStart({ gate, running, limit, entering }: Lane<unknown>): boolean {
  return gate.isOpen && running < limit && entering === 0;
}

function lanesOf<R>({ maxConcurrency, groups }: ActorLimits): ActorLanes<R> {
  const gate = { isOpen: false };
  const byMethod = new Map<string, Lane<R>>();
  for (const group of groups) {
    const lane = newLane<R>(gate, group.maxConcurrency);
    for (const method of group.methods) byMethod.set(method, lane);
  }
  return { gate, rest: newLane(gate, maxConcurrency), byMethod };
}

function newLane<R>(gate: Gate, limit: number): Lane<R> {
  return { gate, limit, queue: [], start: 0, running: 0, entering: 0, isListed: false };
}
