/**
 * What becomes of an actor's calls when its life on this node begins or ends (rules A1, A3, M2). Where the actor itself goes on
 * elsewhere, or in another life, is the server's business.
 */
import { ActorUnavailableError } from '#shared/errors/daylight-error.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import { isRepeated } from '#shared/task/task-options.ts';
import type { ActorHost, HostedActor } from './actor-host.ts';
import type { TaskEntry } from './entries.ts';
import { actorDied } from './task-errors.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** What is done to calls and creations. */
export interface ActorCallHooks {
  failWith(task: TaskEntry, error: Error): void;
  /** The server sends the call to the actor's next life, or ends it. */
  readonly giveBack: (call: TaskEntry) => void;
  failEncoded(task: TaskEntry, error: Uint8Array): void;
  /** The server has the call, and knows what becomes of it. */
  readonly handBack: (call: TaskEntry) => void;
  /** The creation ended without a result; it may be tried again. */
  creationFailed(creation: TaskEntry, reason: number, message: string): void;
  stopWorker(worker: WorkerEntry, reason: number, message: string): void;
}

/** The calls of the actors of one node. */
export class ActorCalls {
  readonly #host: ActorHost;
  readonly #hooks: ActorCallHooks;

  constructor(host: ActorHost, hooks: ActorCallHooks) {
    this.#host = host;
    this.#hooks = hooks;
  }

  /** An actor will be made here. A worker of its former life may be about to end here (rule M2). */
  creationBegins(creation: TaskEntry): void {
    const former = this.#host.get(creation.key);
    this.#lost(former, new ActorUnavailableError('the actor is restarting'));
    if (former?.worker) this.#hooks.stopWorker(former.worker, END_REASON.killed, 'its actor begins another life');
    this.#host.add(creation);
  }

  /** @param error what its constructor threw */
  creationEnded({ key }: TaskEntry, error: Uint8Array | undefined): void {
    const actor = this.#host.get(key);
    if (!actor) return;
    if (error === undefined) {
      this.#host.lives(actor);
      return;
    }
    for (const call of this.#host.remove(actor)) this.#hooks.failEncoded(call, error);
    if (actor.worker) this.#hooks.stopWorker(actor.worker, END_REASON.killed, 'its constructor failed');
  }

  /** The creation will not be tried again here. */
  creationGone({ key }: TaskEntry, message: string): void {
    this.#lost(this.#host.get(key), new ActorUnavailableError(`the actor is restarting: ${message}`));
  }

  /**
   * The actor's life ended. In its constructor: it may be tried again, and calls go on waiting. Later: whether the calls
   * it had not answered ran cannot be known, so they fail.
   */
  ended(actor: HostedActor, reason: number, message: string): void {
    const { creation, alive } = actor;
    if (!alive) {
      this.#hooks.creationFailed(creation, reason, message);
      return;
    }
    const { maxRestarts } = creation.options.options;
    if (maxRestarts === 0 || reason === END_REASON.exited) this.#fail(actor, actorDied(message));
    else if (reason === END_REASON.killed) this.#lost(actor, actorDied(message));
    else this.#lost(actor, new ActorUnavailableError(`the actor is restarting: ${message}`));
  }

  /** An actor shall end that has no worker yet. */
  killed({ creation }: HostedActor, message: string): void {
    if (creation.state !== 'done') this.#hooks.failWith(creation, actorDied(message));
  }

  /**
   * There may be another life. If it repeats what this one did (rule A2) the server knows which calls those are, and tells what
   * becomes of them; else calls that may be tried again go to the server, which knows.
   */
  #lost(actor: HostedActor | undefined, error: Error): void {
    const options = actor?.creation.options.options;
    if (!actor || !options || (options.maxTaskRetries === 0 && !isRepeated(options))) this.#fail(actor, error);
    else {
      const back = isRepeated(options) ? this.#hooks.handBack : this.#hooks.giveBack;
      for (const call of this.#host.remove(actor)) back(call);
    }
  }

  /** The actor has no life any more here: what it has not answered it never will. */
  #fail(actor: HostedActor | undefined, error: Error): void {
    if (actor) for (const call of this.#host.remove(actor)) this.#hooks.failWith(call, error);
  }
}
