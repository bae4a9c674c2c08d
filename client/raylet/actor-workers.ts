/**
 * Actors and the workers they live in: each has one of its own, from its creation to its end.
 */
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { ServerCommandOf } from '#shared/protocol/server-commands.ts';
import { ActorHost } from './actor-host.ts';
import type { TaskEntry } from './entries.ts';
import type { Journal } from './journal.ts';
import { moveTask } from './local-task-state.ts';
import type { LocalScheduler } from './local-scheduler.ts';
import type { LocalTasks } from './local-tasks.ts';
import type { RunSender } from './run-sender.ts';
import type { WorkerKeys } from './worker-keys.ts';
import type { WorkerEntry, WorkerPool } from './worker-pool.ts';

/** What actors' workers need of the raylet. Parts that know each other are asked for when they are needed. */
export interface ActorWorkerParts {
  readonly pool: WorkerPool;
  readonly keys: WorkerKeys;
  readonly journal: Journal;
  readonly scheduler: () => LocalScheduler;
  readonly tasks: () => LocalTasks;
  readonly runs: () => RunSender;
  stop(worker: WorkerEntry, reason: number, message: string): void;
}

/** The workers of this node's actors. */
export class ActorWorkers {
  readonly host: ActorHost;
  readonly #parts: ActorWorkerParts;

  constructor(parts: ActorWorkerParts) {
    this.#parts = parts;
    this.host = new ActorHost((call, worker) => this.#run(call, worker));
  }

  /** An actor's creation has its resources: it gets a worker. */
  create(task: TaskEntry): void {
    const actor = this.host.get(task.key);
    if (!actor) return;
    const worker = this.#parts.pool.startActorWorker(task.job, task.key);
    this.#parts.keys.give(worker);
    actor.worker = worker;
    moveTask(task, 'running');
    this.#run(task, worker);
  }

  /** The server ends an actor. */
  kill({ actor: key, incarnation }: ServerCommandOf<'killActor'>): void {
    const actor = this.host.get(key);
    // A later life of the actor is not meant (rule M2).
    if (!actor || (actor.creation.incarnation || 1) > incarnation) return;
    if (actor.worker) this.#parts.stop(actor.worker, END_REASON.killed, 'it was killed');
    else this.#parts.tasks().actorKilled(actor, 'it was killed');
  }

  /** The worker of an actor ended. */
  ended(worker: WorkerEntry, reason: number, message: string): void {
    const actor = this.host.get(worker.actor);
    if (actor?.worker !== worker) return;
    actor.worker = undefined;
    if (actor.alive) {
      const incarnation = actor.creation.incarnation || 1;
      this.#parts.journal.append({ kind: 'actorDown', actor: actor.key, incarnation, reason, message });
    }
    this.#parts.tasks().actorEnded(actor, reason, message);
  }

  #run(task: TaskEntry, worker: WorkerEntry): void {
    task.worker = worker;
    this.#parts.scheduler().runningTasks += 1;
    this.#parts.runs().run(task, worker);
  }
}
