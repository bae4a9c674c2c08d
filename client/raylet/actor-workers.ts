/**
 * Actors and the workers they live in: each has one of its own, from its creation to its end.
 */
import type { WorkerCommand, WorkerRequestOf } from '#shared/protocol/worker-messages.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { ServerCommand, ServerCommandOf } from '#shared/protocol/server-commands.ts';
import { ActorEnds } from './actor-ends.ts';
import { ActorHost, type HostedActor } from './actor-host.ts';
import { CallLog } from './call-log.ts';
import type { Definitions } from './definitions.ts';
import type { LocalObjects } from './local-objects.ts';
import type { RayletPorts } from './ports.ts';
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
  readonly ports: Pick<RayletPorts, 'clock' | 'server'>;
  readonly definitions: () => Definitions;
  readonly objects: () => LocalObjects;
  readonly scheduler: () => LocalScheduler;
  readonly tasks: () => LocalTasks;
  readonly runs: () => RunSender;
  send(worker: WorkerEntry, command: WorkerCommand): void;
  stop(worker: WorkerEntry, reason: number, message: string): void;
}

/** The workers of this node's actors. */
export class ActorWorkers {
  readonly host: ActorHost;
  readonly ends: ActorEnds;
  readonly log: CallLog;
  readonly #parts: ActorWorkerParts;

  constructor(parts: ActorWorkerParts) {
    this.#parts = parts;
    this.host = new ActorHost(
      (call, worker) => {
        this.log.begins(call);
        this.#run(call, worker);
        this.log.sent(call);
      },
      (actor) => this.ends.callLeft(actor),
    );
    this.ends = new ActorEnds(this.host, {
      nowMs: () => parts.ports.clock.nowMs(),
      send: (worker, command) => parts.send(worker, command),
      failWith: (call, error) => parts.tasks().failWith(call, error),
      stop: (worker, reason, message) => parts.stop(worker, reason, message),
    });
    this.log = new CallLog({
      ...parts,
      host: this.host,
      nextKey: () => parts.keys.next(),
    });
  }

  /** An actor's creation has its resources: it gets a worker. */
  create(task: TaskEntry): void {
    const actor = this.host.get(task.key);
    if (!actor) return;
    const worker = this.#parts.pool.startActorWorker(task.job, task.key);
    this.#parts.keys.give(worker);
    actor.worker = worker;
    moveTask(task, 'running');
    const { maxConcurrency, concurrencyGroups: groups } = task.options.options;
    if (maxConcurrency > 1 || groups.length > 0)
      this.#parts.send(worker, {
        kind: 'concurrency',
        actor: task.key,
        maxConcurrency,
        groups: groups.map((group) => ({ maxConcurrency: group.maxConcurrency, methods: [...group.methods] })),
      });
    this.#run(task, worker);
  }

  /** Nothing here happens by time alone. */
  get isQuiet(): boolean {
    return this.ends.count === 0 && !this.log.isWaiting;
  }

  tick(nowMs: number): void {
    this.ends.tick(nowMs);
    this.log.tick(nowMs);
  }

  /** True for a command of the server that is about an actor. */
  onCommand(command: ServerCommand): boolean {
    if (command.kind === 'killActor') this.#kill(command);
    else if (command.kind === 'retireActor') this.#retire(command);
    else if (command.kind === 'restore') this.host.livedBefore(command);
    else if (command.kind === 'caughtUp') this.log.caughtUp(command);
    else if (command.kind === 'keep') this.log.keep(command.object);
    else return false;
    return true;
  }

  /** The server ends an actor. */
  #kill({ actor: key, incarnation }: ServerCommandOf<'killActor'>): void {
    const actor = this.host.get(key);
    // A later life of the actor is not meant (rule M2).
    if (!actor || (actor.creation.incarnation || 1) > incarnation) return;
    if (actor.worker) this.#parts.stop(actor.worker, END_REASON.killed, 'it was killed');
    else this.#parts.tasks().actorCalls.killed(actor, 'it was killed');
  }

  /** The server lets an actor end in its own good time. */
  #retire({ actor: key, incarnation }: ServerCommandOf<'retireActor'>): void {
    const actor = this.host.get(key);
    if (actor?.alive && (actor.creation.incarnation || 1) === incarnation) this.ends.retire(actor);
  }

  /** What a worker says of how its actor ends. */
  on(worker: WorkerEntry, { kind, actor: key }: WorkerRequestOf<'tidies' | 'exits' | 'exited'>): void {
    const actor = this.host.get(key);
    if (actor?.worker !== worker) return;
    if (kind === 'tidies') {
      actor.tidies = true;
    } else if (kind === 'exits') {
      this.ends.begun(actor);
    } else {
      this.#ended(actor, END_REASON.exited, 'it ended itself');
      this.#parts.stop(worker, END_REASON.killed, 'its actor has ended');
    }
  }

  /** The job is over: what tidies up has time for that. Returns false if the worker is to be ended at once. */
  letTidy(worker: WorkerEntry): boolean {
    const actor = this.host.get(worker.actor);
    return actor?.worker === worker && this.ends.letTidy(actor);
  }

  /** The worker of an actor ended. */
  ended(worker: WorkerEntry, reason: number, message: string): void {
    this.log.ended(worker);
    const actor = this.host.get(worker.actor);
    if (actor?.worker === worker) this.#ended(actor, reason, message);
  }

  #ended(actor: HostedActor, reason: number, message: string): void {
    this.ends.over(actor);
    actor.worker = undefined;
    if (actor.alive) {
      const incarnation = actor.creation.incarnation || 1;
      this.#parts.journal.append({ kind: 'actorDown', actor: actor.key, incarnation, reason, message });
    }
    this.#parts.tasks().actorCalls.ended(actor, reason, message);
  }

  #run(task: TaskEntry, worker: WorkerEntry): void {
    task.worker = worker;
    this.#parts.scheduler().runningTasks += 1;
    this.#parts.runs().run(task, worker);
  }
}
