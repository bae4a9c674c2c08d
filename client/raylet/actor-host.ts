/**
 * Actors that live on this node, and the order of their calls (rule A1).
 *
 * Calls of one caller start in the order they were made, so a call whose inputs are not here yet holds back the later
 * ones of the same caller, and only those. Calls that can start are sent at once; how many run at a time is the worker's business.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { ServerCommandOf } from '#shared/protocol/server-commands.ts';
import { type CallCount, newCount } from './call-log.ts';
import { moveTask } from './local-task-state.ts';
import type { TaskEntry } from './entries.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** An actor of this node. */
export interface HostedActor {
  readonly key: ObjectKey;
  readonly creation: TaskEntry;
  worker: WorkerEntry | undefined;
  alive: boolean;
  /** Calls not sent yet, by caller, in order. */
  readonly callers: Map<ObjectKey, Set<TaskEntry>>;
  /** Calls its worker has. */
  readonly inFlight: Set<TaskEntry>;
  /** Its class has an `onStop`. */
  tidies: boolean;
  /**
   * Whether it ends in its own good time: `retiring` after the calls that are here, `exiting` without those that it has not
   * begun. Either way it is given no new ones.
   */
  ending: 'no' | 'retiring' | 'exiting';
  /** How far it has come (rule A2). */
  readonly count: CallCount;
}

/** Sends a call to the worker of an actor. */
export type SendCall = (call: TaskEntry, worker: WorkerEntry) => void;

/** The actors of one node. */
export class ActorHost {
  readonly #actors = new Map<ObjectKey, HostedActor>();
  readonly #send: SendCall;
  readonly #endingLeft: (actor: HostedActor) => void;
  /** Of actors whose creation is about to come: where former lives ended. */
  readonly #formerLives = new Map<ObjectKey, ServerCommandOf<'restore'>>();

  /** @param endingLeft a call of an actor that is ending left it */
  constructor(send: SendCall, endingLeft: (actor: HostedActor) => void) {
    this.#send = send;
    this.#endingLeft = endingLeft;
  }

  /** The lease that comes next makes an actor which lived before. */
  livedBefore(life: ServerCommandOf<'restore'>): void {
    this.#formerLives.set(life.actor, life);
  }

  /** What an actor has to restore is brought with what it is made of. */
  withCheckpoint(lease: ServerCommandOf<'lease'>): ServerCommandOf<'lease'> {
    const object = this.#formerLives.get(lease.task)?.object ?? 0;
    return object === 0 ? lease : { ...lease, deps: [...lease.deps, object] };
  }

  get(key: ObjectKey): HostedActor | undefined {
    return this.#actors.get(key);
  }

  get count(): number {
    return this.#actors.size;
  }

  all(): IterableIterator<HostedActor> {
    return this.#actors.values();
  }

  /** An actor will live here: its calls may queue up from now on. */
  add(creation: TaskEntry): HostedActor {
    const actor: HostedActor = {
      key: creation.key,
      creation,
      worker: undefined,
      alive: false,
      callers: new Map(),
      inFlight: new Set(),
      tidies: false,
      ending: 'no',
      count: newCount(this.#formerLives.get(creation.key)),
    };
    this.#formerLives.delete(creation.key);
    this.#actors.set(actor.key, actor);
    return actor;
  }

  /** The constructor has ended well: queued calls can start. */
  lives(actor: HostedActor): void {
    actor.alive = true;
    for (const caller of [...actor.callers.keys()]) this.#pump(actor, caller);
  }

  /** A call for an actor of this node, in its caller's order. */
  enqueue(actor: HostedActor, call: TaskEntry): void {
    const queue = actor.callers.get(call.caller);
    if (queue) queue.add(call);
    else actor.callers.set(call.caller, new Set([call]));
  }

  /** The call's inputs are here. */
  ready(actor: HostedActor, call: TaskEntry): void {
    this.#pump(actor, call.caller);
  }

  /** The call ended or was cancelled. */
  left(call: TaskEntry): void {
    const actor = this.#actors.get(call.actor);
    if (!actor) return;
    if (!actor.inFlight.delete(call)) {
      actor.callers.get(call.caller)?.delete(call);
      this.#pump(actor, call.caller);
    }
    if (actor.ending !== 'no') this.#endingLeft(actor);
  }

  /** Whether nothing of what it was given is unanswered. */
  isDrained({ inFlight, callers }: HostedActor): boolean {
    return inFlight.size === 0 && callers.size === 0;
  }

  /** Calls that have not been sent to its worker. */
  waitingCalls({ callers }: HostedActor): TaskEntry[] {
    return [...callers.values()].flatMap((queue) => [...queue]);
  }

  /** The actor is no more; returns every call it had not answered. */
  remove(actor: HostedActor): TaskEntry[] {
    this.#actors.delete(actor.key);
    const calls = [...actor.inFlight, ...this.waitingCalls(actor)];
    actor.inFlight.clear();
    actor.callers.clear();
    return calls;
  }

  #pump(actor: HostedActor, caller: ObjectKey): void {
    const queue = actor.callers.get(caller);
    if (!queue) return;
    if (actor.alive && actor.worker) {
      for (const call of queue) {
        if (call.missing > 0) break;
        queue.delete(call);
        actor.inFlight.add(call);
        moveTask(call, 'running');
        this.#send(call, actor.worker);
      }
    }
    if (queue.size === 0) actor.callers.delete(caller);
  }
}
