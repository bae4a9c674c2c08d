/**
 * The raylet: the trusted side of a node as one state machine (DESIGN §1, §4).
 *
 * Messages of workers, commands of the server and the passing of time go in; messages, journal records and requests to
 * start or stop workers go out, through ports. It holds no promise and sets no timer. The shell calls `flush` after
 * each thing it put in; what was decided meanwhile leaves then, in whole frames.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { TaskCancelledError } from '#shared/errors/daylight-error.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { DURABLE_INLINE_BYTES } from '#shared/protocol/limits.ts';
import { END_REASON, type NodeRecord } from '#shared/protocol/node-records.ts';
import { OBJECT_STATUS, type ServerCommand } from '#shared/protocol/server-commands.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { WorkerCommand, WorkerRequest, WorkerRequestOf } from '#shared/protocol/worker-messages.ts';
import { NodeResources } from '#shared/task/resources.ts';
import { optionsFromJson, schedulingClassOf } from '#shared/task/task-options.ts';
import { ActorHost } from './actor-host.ts';
import { Block } from './block-table.ts';
import type { FunctionInfo, LocalObject, OptionsInfo, TaskEntry } from './entries.ts';
import { Journal } from './journal.ts';
import { KeyRanges } from './key-ranges.ts';
import { LocalObjects } from './local-objects.ts';
import { LocalScheduler } from './local-scheduler.ts';
import { moveTask } from './local-task-state.ts';
import { LocalTasks } from './local-tasks.ts';
import { ModuleStore } from './module-store.ts';
import type { RayletOptions, RayletPorts } from './ports.ts';
import { type WorkerEntry, WorkerPool } from './worker-pool.ts';

const NO_BYTES = new Uint8Array(0);
/** A cancelled task that does not look at its signal loses its worker after this long (rule L7). */
const CANCEL_GRACE_MS = 1_000;
/** Workers beyond one per CPU end after so long without anything to do. */
const SURPLUS_MS = 10_000;
/** Tail of a task's output that is kept for its error. */
const LOG_TAIL_CHARS = 4_096;

/** The raylet of one session. A node that returns after it was declared dead starts a new one. */
export class Raylet {
  readonly journal: Journal;
  readonly #ports: RayletPorts;
  readonly #options: RayletOptions;
  readonly #pool: WorkerPool;
  readonly #objects: LocalObjects;
  readonly #scheduler: LocalScheduler;
  readonly #actors: ActorHost;
  readonly #tasks: LocalTasks;
  readonly #modules: ModuleStore;
  readonly #cancelling = new Map<TaskEntry, number>();
  #described: LocalObject[] = [];
  /** Since when there have been more workers than CPUs with nothing to do. */
  #surplusSinceMs = Infinity;
  readonly #functions = new Map<string, FunctionInfo>();
  readonly #optionSets = new Map<string, OptionsInfo>();
  readonly #serverFunctions: FunctionInfo[] = [];
  readonly #serverOptions: OptionsInfo[] = [];
  #ranges: KeyRanges | undefined;
  #session = 0;
  #job = 0;
  #connected = false;

  constructor(ports: RayletPorts, options: RayletOptions) {
    this.#ports = ports;
    this.#options = options;
    this.journal = new Journal((frame) => ports.server.sendFrame(frame));
    this.#pool = new WorkerPool(Math.ceil(options.cpuMilli / 1000), (kind, id) => ports.spawnWorker(kind, id));
    this.#objects = new LocalObjects({
      want: (key) => this.journal.append({ kind: 'want', object: key }),
      fetch: (object) => this.#fetch(object),
      tellOwner: (object) => this.#tellOwner(object),
      isMadeHere: (key) => this.#tasks.get(key) !== undefined,
    });
    this.#scheduler = new LocalScheduler(new NodeResources(options.cpuMilli, options.resources), this.#pool, {
      nowMs: () => ports.clock.nowMs(),
      run: (task, worker) => this.#run(task, worker),
      retire: (worker) => this.#stop(worker, END_REASON.bystander, 'another job needs its place'),
      revoke: (worker, claim) => ports.revoke?.(worker.id, claim) ?? false,
      createActor: (task) => this.#createActor(task),
      resume: (task) => this.#resume(task),
      isHeldBack: () => this.journal.isFull,
      canQueueAhead: ports.revoke !== undefined,
    });
    this.#actors = new ActorHost((call, worker) => this.#sendCall(call, worker));
    this.#tasks = new LocalTasks(this.#objects, this.#scheduler, this.#actors, {
      journal: (record, urgency) => this.journal.append(record, urgency),
      hasModule: (hash) => this.#modules.has(hash),
      bringModule: (hash, whenHere) =>
        this.#modules.bring(hash, (error) => {
          whenHere(error);
          this.flush();
        }),
      stopWorker: (worker, reason, message) => this.#stop(worker, reason, message),
      abort: (task) => this.#abort(task),
      attemptEnded: (task) => this.#attemptEnded(task),
    });
    this.#modules = new ModuleStore(ports.server);
  }

  /** The session's number, or 0 before the first welcome. */
  get session(): number {
    return this.#session;
  }

  /** Adds the driver's connection; it is told its keys once there is a session. */
  connectDriver(): number {
    const driver = this.#pool.add('driver', this.#job);
    driver.state = 'ready';
    if (this.#ranges) this.#giveKeys(driver);
    return driver.id;
  }

  /** A worker that the raylet asked for gets this number. */
  onWelcome(welcome: { session: number; job: number }): void {
    this.#connected = true;
    if (this.#session === 0) {
      this.#session = welcome.session;
      this.#job = welcome.job;
      this.#ranges = new KeyRanges(welcome.session);
      for (const worker of this.#pool.all()) {
        if (worker.kind === 'driver') worker.job = welcome.job;
        this.#giveKeys(worker);
      }
    }
    this.#tellDrivers({ kind: 'connection', connected: true, message: '' });
  }

  onDisconnected(message: string): void {
    this.#connected = false;
    this.#tellDrivers({ kind: 'connection', connected: false, message });
  }

  onDurable(durable: number): void {
    this.journal.acknowledge(durable);
  }

  /** What this node runs and holds, for a server that has just started (rule M3). */
  report(): SessionFrameOf<'report'> {
    const leases = [...this.#tasks.all()]
      .filter((task) => task.leased)
      .map(({ key, attempt }) => ({ task: key, attempt }));
    const actors = [...this.#actors.all()].map(({ key, creation }) => ({
      actor: key,
      incarnation: creation.incarnation || 1,
    }));
    const copies: { object: ObjectKey; sizeBytes: number }[] = [];
    const wants: ObjectKey[] = [];
    for (const object of this.#objects.all()) {
      if (object.kept) copies.push({ object: object.key, sizeBytes: object.sizeBytes });
      else if (object.wanted && object.status === 'pending') wants.push(object.key);
    }
    return { type: 'report', lastRecord: this.journal.lastNumber, leases, actors, copies, wants, holds: [] };
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
  tableSizes(): { tasks: number; objects: number; cancelling: number } {
    return { tasks: this.#tasks.count, objects: this.#objects.count, cancelling: this.#cancelling.size };
  }

  /** The bytes of an object this node can serve to others. */
  readLocal(key: ObjectKey): Uint8Array | undefined {
    const object = this.#objects.get(key);
    if (object?.memory) return new Uint8Array(object.memory, 0, object.sizeBytes);
    return object?.status === 'inline' ? object.value : undefined;
  }

  /** Lets time pass: limits, time-outs, long runs. */
  tick(): void {
    const nowMs = this.#ports.clock.nowMs();
    for (const [task, deadlineMs] of this.#cancelling) {
      if (nowMs < deadlineMs) continue;
      this.#cancelling.delete(task);
      // An actor goes on; nobody waits for this call of it any longer.
      if (task.actor !== 0) this.#tasks.failWith(task, new TaskCancelledError('the task was cancelled'));
      else if (task.worker) this.#stop(task.worker, END_REASON.bystander, 'a cancelled task in it did not stop');
    }
    for (const worker of this.#pool.all()) {
      for (const block of worker.blocks.values()) if (nowMs >= block.expiresAtMs) block.expire();
      this.#checkRuntime(worker, nowMs);
    }
    this.#scheduler.rebalance(nowMs);
    this.#shrinkPool(nowMs);
    this.flush();
    this.journal.flush();
  }

  /** Workers that were started for blocked tasks end when they have not been needed for a while. */
  #shrinkPool(nowMs: number): void {
    const idle = this.#scheduler.queuedTasks === 0 ? this.#pool.surplus() : undefined;
    if (!idle) this.#surplusSinceMs = Infinity;
    else if (this.#surplusSinceMs === Infinity) this.#surplusSinceMs = nowMs;
    else if (nowMs - this.#surplusSinceMs >= SURPLUS_MS)
      this.#stop(idle, END_REASON.bystander, 'it is not needed any more');
  }

  /** Sends what was decided since the last flush. */
  flush(): void {
    this.#scheduler.dispatch();
    if (this.#described.length > 0) {
      for (const object of this.#described) this.#objects.forgetUnused(object);
      this.#described = [];
    }
    this.journal.flushUrgent();
    this.#ports.flushWorkers();
  }

  /** A message of a worker or the driver. */
  onWorkerMessage(workerId: number, message: WorkerRequest, attachments: readonly Attachment[]): void {
    const worker = this.#pool.get(workerId);
    if (!worker) return;
    switch (message.kind) {
      case 'submit':
        this.#submit(worker, message);
        return;
      case 'result':
        this.#tasks.result(worker, message, attachmentOf(message.attachment, attachments));
        return;
      case 'put':
        this.#put(worker, message, attachmentOf(message.attachment, attachments));
        return;
      case 'block':
        this.#block(worker, message);
        return;
      case 'unblock':
        this.#unblock(worker, message.id);
        return;
      case 'release':
        this.#release(worker, message.object, message.holder);
        return;
      case 'hold':
        this.#hold(worker, message.object, message.holder);
        return;
      default:
        this.#onWorkerNotice(worker, message);
    }
  }

  #onWorkerNotice(worker: WorkerEntry, message: WorkerRequest): void {
    switch (message.kind) {
      case 'ready':
        worker.state = 'ready';
        if (this.#ranges && worker.ranges.length === 0) this.#giveKeys(worker);
        return;
      case 'function':
        worker.functions[message.fn] = this.#functionOf(message.module, message.name, message.functionKind);
        return;
      case 'options':
        worker.options[message.options] = this.#optionsOf(message.json);
        return;
      case 'module':
        this.#addModule(message);
        return;
      case 'cancel':
        this.journal.append({ kind: 'cancel', task: message.task, recursive: message.recursive, force: message.force });
        this.#tasks.cancel(message.task, message.recursive, message.force);
        return;
      case 'killActor':
        this.journal.append(message);
        return;
      case 'jobFinished':
        this.journal.append(message);
        return;
      case 'moreKeys':
        this.#giveKeys(worker);
        return;
      case 'flush':
        this.journal.flush();
        this.#send(worker, { kind: 'flushed', id: message.id });
        return;
      default:
        this.#onWorkerSpeech(worker, message);
    }
  }

  #onWorkerSpeech(worker: WorkerEntry, message: WorkerRequest): void {
    if (message.kind === 'log') {
      const task = this.#tasks.get(message.task);
      if (task) task.logTail = (task.logTail + message.text + '\n').slice(-LOG_TAIL_CHARS);
      this.#ports.server.sendLog(message.task, message.level, message.text);
      if (worker.kind !== 'driver' && worker.job === this.#job) {
        this.#tellDrivers({
          kind: 'log',
          task: message.task,
          node: this.#options.nodeName,
          level: message.level,
          text: message.text,
        });
      }
    } else if (message.kind === 'progress') {
      this.#ports.server.sendProgress(message.task, message.fraction, message.note);
    } else if (message.kind === 'request') {
      this.#ports.server.request(message.method, message.body, (ok, body) => {
        this.#send(worker, { kind: 'response', id: message.id, ok, body });
        this.#ports.flushWorkers();
      });
    }
  }

  /** A worker ended: by itself, by a crash, or because it was stopped. */
  onWorkerExit(workerId: number, reason: number, message: string): void {
    const worker = this.#pool.get(workerId);
    if (!worker) return;
    this.#pool.remove(worker);
    for (const range of worker.ranges)
      this.#ranges?.giveBack({ from: Math.max(range.from, worker.highestKey + 1), to: range.to });
    for (const block of worker.blocks.values()) block.abandon();
    worker.blocks.clear();
    for (const key of worker.holdings) this.#release(worker, key, worker.actor);
    const why = worker.endReason ?? reason;
    const text = worker.endMessage === '' ? message : worker.endMessage;
    if (worker.kind === 'actor') this.#actorEnded(worker, why, text);
    else this.#tasks.workerEnded(worker, why, text);
  }

  /** A line or progress of this driver's job from elsewhere. */
  onJobLog(task: ObjectKey, node: string, level: number, text: string): void {
    this.#tellDrivers({ kind: 'log', task, node, level, text });
  }

  /** A command of the server. */
  onCommand(command: ServerCommand): void {
    switch (command.kind) {
      case 'lease': {
        const fn = this.#serverFunctions[command.fn];
        const options = this.#serverOptions[command.options];
        if (fn && options) this.#tasks.lease(command, fn, options);
        return;
      }
      case 'object':
        this.#describe(command);
        return;
      case 'assign':
        this.#tasks.assigned(command.task, command.here);
        return;
      case 'cancelTask':
        this.#tasks.cancel(command.task, false, command.force);
        return;
      case 'dropCopy': {
        this.#objects.drop(command.object);
        return;
      }
      case 'killActor': {
        const actor = this.#actors.get(command.actor);
        // A later life of the actor is not meant (rule M2).
        if (!actor || (actor.creation.incarnation || 1) > command.incarnation) return;
        if (actor.worker) this.#stop(actor.worker, END_REASON.killed, 'it was killed');
        else this.#tasks.actorKilled(actor, 'it was killed');
        return;
      }
      case 'stopJob':
        this.#stopJob(command.job);
        return;
      case 'function':
        this.#serverFunctions[command.fn] = this.#functionOf(command.module, command.name, command.functionKind);
        return;
      case 'options':
        this.#serverOptions[command.options] = this.#optionsOf(command.json);
        return;
      case 'peers':
        this.#scheduler.peers = command.nodes;
        return;
    }
  }

  #submit(worker: WorkerEntry, message: WorkerRequestOf<'submit'>): void {
    const fn = worker.functions[message.fn];
    const options = worker.options[message.options];
    if (!fn || !options) return;
    if (message.task > worker.highestKey) worker.highestKey = message.task;
    this.#tasks.submit({ message, worker, fn, options, job: worker.job });
  }

  #put(worker: WorkerEntry, message: WorkerRequestOf<'put'>, memory: Attachment | undefined): void {
    const { object: key, parent, sizeBytes, value, nested, k, digest } = message;
    if (key > worker.highestKey) worker.highestKey = key;
    const inRecord = memory === undefined && sizeBytes <= DURABLE_INLINE_BYTES;
    const bytes = inRecord ? value.slice() : value;
    this.journal.append(
      { kind: 'put', object: key, parent, sizeBytes, value: inRecord ? bytes : NO_BYTES, nested, k, digest },
      'soon',
    );
    const object = this.#objects.obtain(key);
    const maker = parent === 0 ? undefined : this.#tasks.get(parent);
    if (maker || parent === 0) this.#objects.use(object);
    if (maker) (maker.made ??= []).push(key);
    else if (parent === 0) worker.holdings.add(key);
    if (memory) this.#objects.setLocal(object, memory, sizeBytes, nested);
    else this.#objects.setInline(object, bytes, nested);
    if (!inRecord) object.kept = true;
    if (object.uses <= 0) this.#objects.forgetUnused(object);
  }

  #block(worker: WorkerEntry, message: WorkerRequestOf<'block'>): void {
    const caller = message.task === 0 ? undefined : this.#tasks.get(message.task);
    const task = caller?.worker === worker ? caller : undefined;
    const expiresAtMs = message.timeoutMs === 0 ? Infinity : this.#ports.clock.nowMs() + message.timeoutMs;
    const block = new Block(
      { id: message.id, worker, task, fetch: message.fetch, needed: message.needed, expiresAtMs },
      this.#objects,
      {
        ready: (_block, object, isNews) => {
          if (!isNews || object.owner !== worker) this.#sendObject(worker, object);
        },
        satisfied: (done, timedOut) => this.#satisfied(done, timedOut),
      },
    );
    worker.blocks.set(message.id, block);
    if (task) {
      this.#pauseRun(task);
      this.#scheduler.blocked(task);
      (task.blocks ??= []).push(block);
      this.#tellWaitsOver(task);
    }
    for (const key of message.objects) {
      const object = this.#objects.obtain(key);
      if (!this.#tasks.get(key)) this.#objects.awaitObject(object);
    }
    block.start(message.objects);
  }

  #unblock(worker: WorkerEntry, id: number): void {
    const block = worker.blocks.get(id);
    if (!block) return;
    block.abandon();
    this.#satisfied(block, false);
  }

  #satisfied(block: Block, timedOut: boolean): void {
    const { id, worker, task } = block;
    worker.blocks.delete(id);
    if (task) task.blocks = task.blocks?.length === 1 ? undefined : task.blocks?.filter((other) => other !== block);
    // While other calls of the task wait it has no CPU; or `Promise.all` of two `get`s would hold it through the second.
    if (!task || task.blocks || task.state !== 'blocked') {
      this.#send(worker, { kind: 'unblocked', id, timedOut });
      return;
    }
    (task.waitsOver ??= []).push({ id, timedOut });
    this.#scheduler.wantsToResume(task);
  }

  #resume(task: TaskEntry): void {
    task.runningSinceMs = this.#ports.clock.nowMs();
    this.#tellWaitsOver(task);
  }

  /** Tells the worker of waits that were over while their task waited for a CPU. */
  #tellWaitsOver(task: TaskEntry): void {
    const over = task.waitsOver;
    if (!over) return;
    task.waitsOver = undefined;
    this.#scheduler.waitsAgain(task);
    if (task.worker) for (const { id, timedOut } of over) this.#send(task.worker, { kind: 'unblocked', id, timedOut });
  }

  /** Calls of `get` that an ended attempt left behind are answered without it: the worker still has promises for them. */
  #attemptEnded(task: TaskEntry): void {
    this.#tellWaitsOver(task);
    if (task.blocks) for (const block of task.blocks) block.task = undefined;
    task.blocks = undefined;
    if (this.#cancelling.size > 0) this.#cancelling.delete(task);
  }

  #release(worker: WorkerEntry, key: ObjectKey, holder: number): void {
    // What a task holds leaves with the task; the session's own reference to the object is not the task's to release.
    if (worker.kind !== 'task') this.journal.append({ kind: 'release', object: key, holder }, 'soon');
    if (!worker.holdings.delete(key)) return;
    const object = this.#objects.get(key);
    if (!object) return;
    if (object.owner === worker) object.owner = undefined;
    this.#objects.unuse(object);
  }

  #hold(worker: WorkerEntry, key: ObjectKey, holder: number): void {
    this.journal.append({ kind: 'hold', object: key, holder }, 'soon');
    if (worker.holdings.has(key)) return;
    worker.holdings.add(key);
    this.#objects.use(this.#objects.obtain(key));
  }

  #describe(command: Extract<ServerCommand, { kind: 'object' }>): void {
    const object = this.#objects.obtain(command.object);
    object.wanted = false;
    if (object.status === 'local') {
      // It was made or brought here meanwhile.
    } else if (command.status === OBJECT_STATUS.inline)
      this.#objects.setInline(object, command.value.slice(), command.nested);
    else if (command.status === OBJECT_STATUS.error) this.#objects.setError(object, command.value.slice());
    else this.#objects.setRemote(object, command.sizeBytes, command.nested);
    this.#tasks.objectSettled(command.object);
    this.#described.push(object);
  }

  #fetch(object: LocalObject): void {
    this.#objects.use(object);
    this.#ports.server.fetch(object.key, object.sizeBytes, (memory) => {
      object.fetching = false;
      const isMeant = object.status === 'remote';
      if (memory && isMeant) {
        this.journal.append({ kind: 'located', object: object.key, present: true, sizeBytes: object.sizeBytes });
        this.#objects.setLocal(object, memory, object.sizeBytes, object.nested);
      }
      this.#objects.unuse(object);
      // Not to be had, or dropped while it was on its way.
      if (isMeant ? !memory : object.status === 'pending') this.#objects.lostTrack(object);
      this.flush();
    });
  }

  #run(task: TaskEntry, worker: WorkerEntry): void {
    this.#introduce(task, worker);
    for (const key of task.deps) {
      const object = this.#objects.get(key);
      if (object) this.#sendObject(worker, object);
    }
    this.#send(worker, {
      kind: 'run',
      task: task.key,
      attempt: task.attempt,
      actor: task.actor,
      fn: task.fn.index,
      args: task.args,
      deps: task.deps,
      nested: task.nested,
      claim: task.claim,
      job: task.job,
    });
  }

  #introduce(task: TaskEntry, worker: WorkerEntry): void {
    const { fn } = task;
    if (fn.module !== '' && !worker.knownModules.has(fn.module)) {
      worker.knownModules.add(fn.module);
      const found = this.#modules.get(fn.module);
      if (found)
        this.#send(worker, { kind: 'module', module: fn.module, code: found.code, sourceMap: found.sourceMap });
    }
    if (worker.knownFunctions.has(fn.index)) return;
    worker.knownFunctions.add(fn.index);
    this.#send(worker, { kind: 'function', fn: fn.index, module: fn.module, name: fn.name, functionKind: fn.kind });
  }

  #createActor(task: TaskEntry): void {
    const actor = this.#actors.get(task.key);
    if (!actor) return;
    const worker = this.#pool.startActorWorker(task.job, task.key);
    if (this.#ranges) this.#giveKeys(worker);
    actor.worker = worker;
    task.worker = worker;
    moveTask(task, 'running');
    this.#scheduler.runningTasks += 1;
    this.#run(task, worker);
  }

  #sendCall(call: TaskEntry, worker: WorkerEntry): void {
    call.worker = worker;
    this.#scheduler.runningTasks += 1;
    this.#run(call, worker);
  }

  #actorEnded(worker: WorkerEntry, reason: number, message: string): void {
    const actor = this.#actors.get(worker.actor);
    if (actor?.worker !== worker) return;
    actor.worker = undefined;
    if (actor.alive) {
      this.journal.append({
        kind: 'actorDown',
        actor: actor.key,
        incarnation: actor.creation.incarnation || 1,
        reason,
        message,
      });
    }
    this.#tasks.actorEnded(actor, reason, message);
  }

  #abort(task: TaskEntry): void {
    if (!task.worker) return;
    this.#send(task.worker, { kind: 'cancelTask', task: task.key });
    this.#cancelling.set(task, this.#ports.clock.nowMs() + CANCEL_GRACE_MS);
  }

  #pauseRun(task: TaskEntry): void {
    if (task.runningSinceMs > 0) task.ranMs += this.#ports.clock.nowMs() - task.runningSinceMs;
    task.runningSinceMs = 0;
  }

  /** Ends the worker of a task that ran longer than it may (rule S3: time blocked in `get` does not count). */
  #checkRuntime(worker: WorkerEntry, nowMs: number): void {
    const { current } = worker;
    if (!current || current.actor !== 0 || current.state !== 'running' || worker.endReason !== undefined) return;
    const { runtimeMs } = current.options.options;
    if (runtimeMs === 0 || current.ranMs + (nowMs - current.runningSinceMs) <= runtimeMs) return;
    worker.endCulprit = current;
    this.#stop(worker, END_REASON.runtimeLimit, `it ran longer than its limit of ${runtimeMs} ms`);
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
      if (worker.job === job && worker.kind !== 'driver') this.#stop(worker, END_REASON.killed, 'its job is over');
    }
  }

  #addModule(message: WorkerRequestOf<'module'>): void {
    if (this.#modules.add(message.module, message.code.slice(), message.sourceMap.slice())) {
      this.journal.append({ kind: 'module', module: message.module, code: message.code, sourceMap: message.sourceMap });
    }
  }

  #functionOf(module: string, name: string, kind: number): FunctionInfo {
    const key = `${kind} ${module} ${name}`;
    let fn = this.#functions.get(key);
    if (!fn) {
      fn = { index: this.#functions.size, module, name, kind, meanUs: 0, runs: 0 };
      this.#functions.set(key, fn);
      this.journal.append({ kind: 'function', fn: fn.index, module, name, functionKind: kind } satisfies NodeRecord);
    }
    return fn;
  }

  #optionsOf(json: string): OptionsInfo {
    let info = this.#optionSets.get(json);
    if (!info) {
      const options = optionsFromJson(json);
      info = {
        index: this.#optionSets.size,
        options,
        schedulingClass: schedulingClassOf(options),
        needsOnlyCpu: Object.keys(options.demand.custom).length === 0,
      };
      this.#optionSets.set(json, info);
      this.journal.append({ kind: 'options', options: info.index, json });
    }
    return info;
  }

  #giveKeys(worker: WorkerEntry): void {
    if (!this.#ranges) return;
    const range = this.#ranges.take();
    worker.ranges.push(range);
    this.#send(worker, { kind: 'keys', from: range.from, to: range.to });
  }

  #tellOwner(object: LocalObject): void {
    if (object.owner && object.owner.state !== 'ended') this.#sendObject(object.owner, object);
  }

  #sendObject(worker: WorkerEntry, object: LocalObject): void {
    const status =
      object.status === 'error'
        ? OBJECT_STATUS.error
        : object.status === 'inline'
          ? OBJECT_STATUS.inline
          : OBJECT_STATUS.stored;
    this.#ports.sendToWorker(
      worker.id,
      {
        kind: 'object',
        object: object.key,
        status,
        sizeBytes: object.sizeBytes,
        value: object.status === 'local' ? NO_BYTES : (object.value ?? NO_BYTES),
        nested: object.nested,
        attachment: 0,
      },
      object.status === 'local' ? object.memory : undefined,
    );
  }

  #tellDrivers(command: WorkerCommand): void {
    for (const worker of this.#pool.all()) if (worker.kind === 'driver') this.#send(worker, command);
  }

  #send(worker: WorkerEntry, command: WorkerCommand): void {
    if (worker.state !== 'ended') this.#ports.sendToWorker(worker.id, command);
  }

  /** True while the server can be reached. */
  get isConnected(): boolean {
    return this.#connected;
  }
}

function attachmentOf(index: number, attachments: readonly Attachment[]): Attachment | undefined {
  return index === 0 ? undefined : attachments[index - 1];
}
