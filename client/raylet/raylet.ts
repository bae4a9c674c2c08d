/**
 * The raylet: the trusted side of a node as one state machine (DESIGN §1, §4).
 *
 * Messages of workers, commands of the server and the passing of time go in; messages, journal records and requests to
 * start or stop workers go out, through ports. It holds no promise and sets no timer. The shell calls `flush` after
 * each thing it put in; what was decided meanwhile leaves then, in whole frames.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { ServerCommand } from '#shared/protocol/server-commands.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { WorkerCommand, WorkerRequest, WorkerRequestOf } from '#shared/protocol/worker-messages.ts';
import { NodeResources } from '#shared/task/resources.ts';
import { ActorWorkers } from './actor-workers.ts';
import { Definitions } from './definitions.ts';
import type { TaskEntry } from './entries.ts';
import { Journal } from './journal.ts';
import { LocalObjects } from './local-objects.ts';
import { LocalScheduler } from './local-scheduler.ts';
import { LocalStore } from './local-store.ts';
import { LocalTasks } from './local-tasks.ts';
import { ModuleStore } from './module-store.ts';
import { ObjectDesk } from './object-desk.ts';
import type { RayletOptions, RayletPorts } from './ports.ts';
import { reportOf } from './report.ts';
import { RunSender } from './run-sender.ts';
import { TimeLimits } from './time-limits.ts';
import { UnsureResults } from './unsure-results.ts';
import { WaitDesk } from './wait-desk.ts';
import { WorkerClaims } from './worker-claims.ts';
import { WorkerKeys } from './worker-keys.ts';
import { moveWorker, type WorkerEntry, WorkerPool } from './worker-pool.ts';
import { WorkerSpeech } from './worker-speech.ts';

/** The raylet of one session. A node that returns after it was declared dead starts a new one. */
export class Raylet {
  readonly journal: Journal;
  readonly store: LocalStore;
  readonly #ports: RayletPorts;
  readonly #pool: WorkerPool;
  readonly #objects: LocalObjects;
  readonly #scheduler: LocalScheduler;
  readonly #actors: ActorWorkers;
  readonly #tasks: LocalTasks;
  readonly #unsure = new UnsureResults((key) => this.#objects.sure(key));
  readonly #modules: ModuleStore;
  readonly #definitions: Definitions;
  readonly #desk: ObjectDesk;
  readonly #waits: WaitDesk;
  readonly #runs: RunSender;
  readonly #speech: WorkerSpeech;
  readonly #limits: TimeLimits;
  readonly #claims: WorkerClaims;
  readonly #keys = new WorkerKeys((worker, command) => this.#send(worker, command));
  #session = 0;
  #job = 0;

  constructor(ports: RayletPorts, options: RayletOptions) {
    this.#ports = ports;
    const send = (worker: WorkerEntry, command: WorkerCommand): void => this.#send(worker, command);
    const stop = (worker: WorkerEntry, reason: number, message: string): void => this.#stop(worker, reason, message);
    const flush = (): void => this.flush();
    const task = (key: ObjectKey): TaskEntry | undefined => this.#tasks.get(key);
    this.journal = new Journal((frame) => ports.server.sendFrame(frame));
    this.#pool = new WorkerPool(Math.ceil(options.cpuMilli / 1000), (kind, id, job) =>
      ports.spawnWorker(kind, id, job),
    );
    this.store = new LocalStore(ports, options, this.journal, this.#pool, {
      objects: () => this.#objects,
      send,
      flush,
    });
    this.#objects = new LocalObjects({
      want: (key) => this.journal.append({ kind: 'want', object: key }),
      fetch: (object, priority) => this.#desk.fetch(object, priority),
      hasten: ({ key }, priority) => ports.server.hasten(key, priority),
      tellOwner: (object) => this.#desk.tellOwner(object),
      isMadeHere: (key) => this.#tasks.get(key) !== undefined,
      store: this.store.watch,
    });
    this.#scheduler = new LocalScheduler(new NodeResources(options.cpuMilli, options.resources), this.#pool, {
      nowMs: () => ports.clock.nowMs(),
      run: (task, worker) => this.#runs.run(task, worker),
      retire: (worker) => this.#stop(worker, END_REASON.bystander, 'another job needs its place'),
      revoke: ports.revoke && ((worker, claim) => ports.revoke?.(worker.id, claim) === true),
      recall: (task, worker) => this.#send(worker, { kind: 'recall', task: task.key }),
      createActor: (task) => this.#actors.create(task),
      resume: (task) => this.#waits.resume(task),
      isHeldBack: () => this.journal.isFull,
    });
    this.#actors = new ActorWorkers({
      pool: this.#pool,
      keys: this.#keys,
      journal: this.journal,
      definitions: () => this.#definitions,
      objects: () => this.#objects,
      ports,
      scheduler: () => this.#scheduler,
      tasks: () => this.#tasks,
      runs: () => this.#runs,
      send,
      stop,
    });
    this.#tasks = new LocalTasks(this.#objects, this.#scheduler, this.#actors.host, {
      journal: (record, urgency) => this.journal.append(record, urgency),
      unsure: (key) => this.#unsure.told(key, this.journal.lastNumber),
      hasModule: (hash) => this.#modules.has(hash),
      bringModule: (hash, whenHere) =>
        this.#modules.bring(hash, (error) => {
          whenHere(error);
          this.flush();
        }),
      stopWorker: stop,
      abort: (task) => this.#abort(task),
      restore: (creation, done) => this.#actors.log.restore(creation, done),
      notBegun: (call) => this.#actors.log.notBegun(call),
      attemptEnded: (task) => this.#attemptEnded(task),
    });
    this.#limits = new TimeLimits(this.#pool, this.#scheduler, {
      failWith: (task, error) => this.#tasks.failWith(task, error),
      stop,
    });
    this.#claims = new WorkerClaims(this.#tasks, this.#objects);
    this.#modules = new ModuleStore(ports.server);
    this.#definitions = new Definitions(this.journal);
    this.#desk = new ObjectDesk(ports, this.journal, this.#objects, () => this.#tasks, flush);
    this.#speech = new WorkerSpeech(ports, options.nodeName, this.#pool, { task, send, journal: this.journal });
    this.#runs = new RunSender({ objects: this.#objects, desk: this.#desk, modules: this.#modules, send });
    this.#waits = new WaitDesk(() => ports.clock.nowMs(), this.#objects, this.#scheduler, {
      task,
      send,
      sendObject: (worker, object) => this.#desk.sendObject(worker, object),
    });
  }

  /** The session's number, or 0 before the first welcome. */
  get session(): number {
    return this.#session;
  }

  /** Adds the driver's connection; it is told its keys once there is a session. */
  connectDriver(): number {
    const driver = this.#pool.add('driver', this.#job);
    moveWorker(driver, 'ready');
    this.#keys.give(driver);
    return driver.id;
  }

  /** A worker that the raylet asked for gets this number. */
  onWelcome(welcome: { session: number; job: number }): void {
    if (this.#session === 0) {
      this.#session = welcome.session;
      this.#job = welcome.job;
      this.#keys.open(welcome.session);
      for (const worker of this.#pool.all()) {
        if (worker.kind === 'driver') worker.job = welcome.job;
        this.#keys.give(worker);
      }
      this.store.opened(welcome.session);
    }
    this.#speech.tellDrivers({ kind: 'connection', connected: true, message: '' });
  }

  onDisconnected(message: string): void {
    this.#speech.tellDrivers({ kind: 'connection', connected: false, message });
  }

  onDurable(durable: number): void {
    this.journal.acknowledge(durable);
    this.store.heard(this.journal.durable);
    this.#unsure.durable(this.journal.durable);
    this.#desk.mains.durable(this.journal.durable);
  }

  /** What this node runs and holds, for a server that has just started (rule M3). */
  report(): SessionFrameOf<'report'> {
    this.store.repeat();
    return reportOf(this.#tasks, this.#actors.host, this.#objects, this.journal.lastNumber);
  }

  load(): SessionFrameOf<'load'> {
    return {
      type: 'load',
      queuedUs: this.#scheduler.queuedUs,
      queuedTasks: this.#scheduler.queuedTasks,
      runningTasks: this.#scheduler.runningTasks,
      freeCpuMilli: Math.max(0, this.#scheduler.resources.freeCpuMilli),
      storeBytes: this.#objects.storedBytes,
      workers: this.#pool.count,
      rssBytes: 0,
    };
  }

  /** How much the tables hold: all 0 (but for actors' and drivers' own) when nothing is to be done. */
  tableSizes(): Record<'tasks' | 'objects' | 'unsure' | 'cancelling' | 'waits' | 'actors', number> {
    let waits = 0;
    for (const { blocks } of this.#pool.all()) waits += blocks.size;
    return {
      tasks: this.#tasks.count,
      objects: this.#objects.count,
      unsure: this.#unsure.count,
      cancelling: this.#limits.cancellingCount,
      waits,
      actors: this.#actors.host.count,
    };
  }

  /** How full its queues are (rule B1). */
  *levels(): Iterable<QueueLevel> {
    yield* this.journal.levels();
    yield* this.#pool.levels();
  }

  /** Nothing here happens by time alone and soon: there are no limits to keep, no waits, nothing to send. */
  get isQuiet(): boolean {
    if (this.#tasks.count > 0 || this.journal.hasUnsent || !this.#actors.isQuiet) return false;
    for (const worker of this.#pool.all()) if (worker.blocks.size > 0) return false;
    return this.#pool.surplus() === undefined && this.store.isQuiet;
  }

  /**
   * Offers more or less from now on. With less, what cannot run here any more goes back to the server at once; what
   * runs goes on (see {@link endRunning}).
   */
  setCapacity(cpuMilli: number, resources: ReadonlyMap<string, number>): void {
    this.#scheduler.resize(cpuMilli, resources);
    this.#pool.slots = Math.ceil(cpuMilli / 1000);
    this.#tasks.handBackUnfit();
    this.flush();
  }

  /** Ends all workers at no cost to what runs in them: the owner of the machine wants it back now. */
  endRunning(message: string): void {
    for (const worker of [...this.#pool.all()])
      if (worker.kind !== 'driver') this.#stop(worker, END_REASON.bystander, message);
    this.flush();
  }

  /** The bytes of an object this node can serve to others; see `TransferPorts.readLocal`. */
  readLocal(key: ObjectKey, whenHere: () => void): Uint8Array | 'soon' | 'busy' | undefined {
    return this.#desk.readLocal(key, whenHere) ?? (this.store.mayHave(key) ? 'busy' : undefined);
  }

  /** Lets time pass: limits, time-outs, long runs. */
  tick(): void {
    const nowMs = this.#ports.clock.nowMs();
    this.#limits.tick(nowMs);
    this.#actors.tick(nowMs);
    this.#tasks.handBackSurplus();
    this.store.tick();
    this.flush();
    this.journal.flush();
  }

  /** Sends what was decided since the last flush. */
  flush(): void {
    this.#scheduler.dispatch();
    this.#desk.settle();
    this.store.settle();
    this.journal.flushUrgent();
    this.#ports.flushWorkers();
  }

  /** A message of a worker or the driver. */
  onWorkerMessage(workerId: number, message: WorkerRequest, attachments: readonly Attachment[]): void {
    const worker = this.#pool.get(workerId);
    if (!worker || !this.#claims.admit(worker, message)) return;
    switch (message.kind) {
      case 'submit':
        this.#submit(worker, message);
        return;
      case 'result': {
        const memory = attachmentOf(message.attachment, attachments);
        if (!this.#actors.log.took(worker, message, memory)) this.#tasks.result(worker, message, memory);
        return;
      }
      case 'put':
        this.#desk.put(worker, message, attachmentOf(message.attachment, attachments));
        return;
      case 'block':
        this.#waits.block(worker, message);
        return;
      case 'unblock':
        this.#waits.unblock(worker, message.id);
        return;
      case 'release':
        this.#desk.release(worker, message.object, message.holder);
        return;
      case 'hold':
        this.#desk.hold(worker, message.object, message.holder);
        return;
      default:
        this.#onWorkerNotice(worker, message);
    }
  }

  #onWorkerNotice(worker: WorkerEntry, message: WorkerRequest): void {
    switch (message.kind) {
      case 'ready':
        moveWorker(worker, 'ready');
        this.store.workerReady(worker);
        if (worker.ranges.length === 0) this.#keys.give(worker);
        return;
      case 'function':
        worker.functions[message.fn] = this.#definitions.functionOf(message.module, message.name, message.functionKind);
        return;
      case 'options':
        worker.options[message.options] = this.#definitions.optionsOf(message.json);
        return;
      case 'module':
        this.#addModule(message);
        return;
      case 'cancel':
        this.journal.append({ kind: 'cancel', task: message.task, recursive: message.recursive, force: message.force });
        this.#tasks.cancel(message.task, message.recursive, message.force);
        return;
      case 'killActor':
      case 'jobFinished':
        this.journal.append(message);
        return;
      case 'moreKeys':
        this.#keys.give(worker);
        return;
      case 'recalled':
        this.#tasks.recalled(worker, message.task);
        return;
      case 'exceeded':
        worker.endCulprit = worker.current;
        this.#stop(worker, message.reason, message.message);
        return;
      case 'tidies':
      case 'exits':
      case 'exited':
        this.#actors.on(worker, message);
        return;
      case 'flush':
        this.journal.flush();
        return this.#send(worker, { kind: 'flushed', id: message.id });
      default:
        if (this.store.takes(worker, message) || this.#desk.mains.takes(worker, message)) return;
        this.#speech.on(worker, message, this.#job);
    }
  }

  /** A worker ended: by itself, by a crash, or because it was stopped. */
  onWorkerExit(workerId: number, reason: number, message: string): void {
    const worker = this.#pool.get(workerId);
    if (!worker) return;
    this.#pool.remove(worker);
    this.#keys.takeBack(worker);
    for (const block of worker.blocks.values()) block.abandon();
    worker.blocks.clear();
    for (const key of worker.holdings) this.#desk.release(worker, key, worker.actor);
    const why = worker.endReason ?? reason;
    const text = worker.endMessage === '' ? message : worker.endMessage;
    if (worker.kind === 'actor') this.#actors.ended(worker, why, text);
    else this.#tasks.workerEnded(worker, why, text);
  }

  /** A line of this driver's job from another node. */
  onJobLog(task: ObjectKey, node: string, level: number, text: string): void {
    this.#speech.tellDrivers({ kind: 'log', task, node, level, text });
  }

  /** A command of the server. */
  onCommand(command: ServerCommand): void {
    if (this.#actors.onCommand(command)) return;
    switch (command.kind) {
      case 'lease': {
        const lease = this.#definitions.leased(command);
        if (lease)
          this.#tasks.lease(this.#actors.host.withCheckpoint(command), lease.fn, lease.options, lease.failures);
        return;
      }
      case 'withdraw':
        this.#tasks.withdraw(command.task, command.attempt);
        return;
      case 'object':
        this.#desk.describe(command);
        return;
      case 'assign':
        this.#tasks.assigned(command.task, command.here);
        return;
      case 'cancelTask':
        this.#tasks.cancel(command.task, false, command.force);
        return;
      case 'dropCopy':
        this.store.drop(command.object);
        return;
      case 'stopJob':
        this.#stopJob(command.job);
        return;
      case 'function':
      case 'options':
      case 'failures':
        this.#definitions.introduced(command);
        return;
      case 'peers':
        this.#scheduler.peers = command.nodes;
        return;
      case 'stranger':
        this.#scheduler.isStranger = true;
        return;
      default:
    }
  }

  #submit(worker: WorkerEntry, message: WorkerRequestOf<'submit'>): void {
    const [fn, options] = [worker.functions[message.fn], worker.options[message.options]];
    if (message.task > worker.highestKey) worker.highestKey = message.task;
    if (fn && options) this.#tasks.submit({ message, worker, fn, options, job: worker.job });
  }

  #attemptEnded(task: TaskEntry): void {
    this.#desk.mains.ended(task);
    this.#waits.attemptEnded(task);
    this.#limits.attemptEnded(task);
  }

  #abort(task: TaskEntry): void {
    if (!task.worker) return;
    this.#send(task.worker, { kind: 'cancelTask', task: task.key });
    this.#limits.cancelling(task, this.#ports.clock.nowMs());
  }

  #stop(worker: WorkerEntry, reason: number, message: string): void {
    if (worker.endReason !== undefined) return;
    worker.endReason = reason;
    worker.endMessage = message;
    this.#ports.stopWorker(worker.id);
  }

  #stopJob(job: number): void {
    for (const task of [...this.#tasks.all()]) if (task.job === job) this.#tasks.cancel(task.key, false, false);
    for (const worker of [...this.#pool.all()]) {
      if (worker.job === job && worker.kind !== 'driver' && !this.#actors.letTidy(worker))
        this.#stop(worker, END_REASON.killed, 'its job is over');
    }
  }

  #addModule(message: WorkerRequestOf<'module'>): void {
    if (this.#modules.add(message.module, message.code.slice(), message.sourceMap.slice()))
      this.journal.append(message);
  }

  #send(worker: WorkerEntry, command: WorkerCommand): void {
    if (worker.state !== 'ended') this.#ports.sendToWorker(worker.id, command);
  }
}

function attachmentOf(index: number, attachments: readonly Attachment[]): Attachment | undefined {
  return index === 0 ? undefined : attachments[index - 1];
}
