/**
 * Actors that end in their own good time (rule A3): because they said so, because the server retires them, or because their job
 * is over and they have an `onStop`. The worker has the last word, within a limit; `kill` and crashes are another matter.
 */
import { ON_STOP_MS } from '#shared/protocol/limits.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { WorkerCommand } from '#shared/protocol/worker-messages.ts';
import type { ActorHost, HostedActor } from './actor-host.ts';
import type { TaskEntry } from './entries.ts';
import { actorDied } from './task-errors.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** The worker bounds `onStop` itself, unless its thread is busy: then it is ended so much later. */
const BUSY_MS = 2_000;

/** What ends need of the raylet. */
export interface ActorEndParts {
  nowMs(): number;
  send(worker: WorkerEntry, command: WorkerCommand): void;
  failWith(call: TaskEntry, error: Error): void;
  stop(worker: WorkerEntry, reason: number, message: string): void;
}

/** The actors of one node that are ending. */
export class ActorEnds {
  readonly #host: ActorHost;
  readonly #parts: ActorEndParts;
  /** With the time by which they have to be over; Infinity while calls of theirs are unanswered. */
  readonly #ending = new Map<HostedActor, number>();

  constructor(host: ActorHost, parts: ActorEndParts) {
    this.#host = host;
    this.#parts = parts;
  }

  get count(): number {
    return this.#ending.size;
  }

  /** The calls that are here are answered, then it ends. */
  retire(actor: HostedActor): void {
    if (actor.ending !== 'no') return;
    actor.ending = 'retiring';
    this.#ending.set(actor, Infinity);
    this.callLeft(actor);
  }

  /** Its job is over: it has time for its `onStop` only. Returns false if it has none. */
  letTidy(actor: HostedActor): boolean {
    if (!actor.tidies || !actor.alive || !actor.worker) return false;
    this.#exits(actor, 'its job is over');
    this.#ask(actor, true);
    return true;
  }

  /** The worker says that it begins no more calls of this actor. */
  begun(actor: HostedActor): void {
    this.#exits(actor, 'it ended itself');
  }

  #exits(actor: HostedActor, why: string): void {
    if (actor.ending === 'exiting') return;
    actor.ending = 'exiting';
    if (!this.#ending.has(actor)) this.#ending.set(actor, Infinity);
    for (const call of this.#host.waitingCalls(actor)) this.#parts.failWith(call, actorDied(why));
    this.callLeft(actor);
  }

  /** A call of an ending actor is answered or gone, or there was none. */
  callLeft(actor: HostedActor): void {
    if (this.#ending.get(actor) !== Infinity || !this.#host.isDrained(actor)) return;
    if (actor.ending === 'retiring') this.#ask(actor, false);
    else this.#ending.set(actor, this.#parts.nowMs() + ON_STOP_MS + BUSY_MS);
  }

  #ask(actor: HostedActor, now: boolean): void {
    this.#ending.set(actor, this.#parts.nowMs() + ON_STOP_MS + BUSY_MS);
    if (actor.worker) this.#parts.send(actor.worker, { kind: 'exitActor', actor: actor.key, now });
  }

  /** It has ended, in whatever way. */
  over(actor: HostedActor): void {
    this.#ending.delete(actor);
  }

  tick(nowMs: number): void {
    for (const [{ worker }, deadlineMs] of this.#ending)
      if (nowMs >= deadlineMs && worker)
        this.#parts.stop(worker, END_REASON.exited, 'its onStop did not come to an end');
  }
}
