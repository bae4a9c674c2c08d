/**
 * The raylet: the trusted side of a node as one state machine (DESIGN §1, §4).
 *
 * Messages of workers, commands of the server and the passing of time go in; messages, journal records and requests to
 * start or stop workers go out, through ports. It holds no promise and sets no timer. The shell calls `flush` after
 * each thing it put in; what was decided meanwhile leaves then, in whole frames.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
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
import { LocalTasks } from './local-tasks.ts';
import { ModuleStore } from './module-store.ts';
import type { RayletOptions, RayletPorts } from './ports.ts';
import { type WorkerEntry, WorkerPool } from './worker-pool.ts';

const NO_BYTES = new Uint8Array(0);
/** A cancelled task that does not look at its signal loses its worker after this long (rule L7). */
const CANCEL_GRACE_MS = 1_000;
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
  readonly #blocks = new Map<string, Block>();
  readonly #cancelling = new Map<TaskEntry, number>();
  readonly #described: LocalObject[] = [];
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
    });
    this.#scheduler = new LocalScheduler(new NodeResources(options.cpuMilli, options.resources), this.#pool, {
      run: (task, worker, claim) => this.#run(task, worker, claim),
      retire: (worker) => this.#stop(worker, END_REASON.bystander, 'another job needs its place'),
      revoke: (worker, claim) => ports.revoke?.(worker.id, claim) ?? false,
      createActor: (task) => this.#createActor(task),
      resume: (task) => this.#resume(task),
      isHeldBack: () => this.journal.isFull,
      canQueueAhead: ports.revoke !== undefined,
    });
    this.#actors = new ActorHost((call, worker) => this.#sendCall(call, worker));
    this.#tasks = new LocalTasks(this.#objects, this.#scheduler, this.#actors, {
      journal: (record) => this.journal.append(record),
      tellOwner: (object) => this.#tellOwner(object),
      hasModule: (fn, whenHere) => this.#modules.has(fn.module, whenHere),
      stopWorker: (worker, reason, message) => this.#stop(worker, reason, message),
      abort: (task) => this.#abort(task),
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
    const leases = [...this.#tasks.all()].filter((task) => task.leased).map(({ key, attempt }) => ({ task: key, attempt }));
    const actors = [...this.#actors.all()].map(({ key, creation }) => ({ actor: key, incarnation: creation.incarnation || 1 }));
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

  /** The bytes of an object this node can serve to others. */
  readLocal(key: ObjectKey): Uint8Array | undefined {
    const object = this.#objects.get(key);
    if (object?.memory) return new Uint8Array(object.memory, 0, object.sizeBytes);
    return object?.status === 'inline' ? object.value : undefined;
  }

  /** Lets time pass: limits, time-outs, long runs. */
  tick(): void {
    const nowMs = this.#ports.clock.nowMs();
    for (const block of this.#blocks.values()) if (nowMs >= block.expiresAtMs) block.expire();
    for (const [task, deadlineMs] of this.#cancelling) {
      if (nowMs < deadlineMs) continue;
      this.#cancelling.delete(task);
      if (task.worker && task.state !== 'done') this.#stop(task.worker, END_REASON.bystander, 'a cancelled task in it did not stop');
    }
    for (const worker of this.#pool.all()) this.#checkRuntime(worker, nowMs);
    this.#scheduler.rebalance(nowMs);
    this.flush();
  }

  /** Sends what was decided since the last flush. */
  flush(): void {
    this.#scheduler.dispatch();
    for (const object of this.#described.splice(0)) this.#objects.forgetUnused(object);
    this.journal.flush();
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
        this.#tellDrivers({ kind: 'log', task: message.task, node: this.#options.nodeName, level: message.level, text: message.text });
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
    for (const range of worker.ranges) this.#ranges?.giveBack({ from: Math.max(range.from, worker.highestKey + 1), to: range.to });
    for (const [id, block] of this.#blocks) {
      if (block.worker !== worker) continue;
      block.abandon();
      this.#blocks.delete(id);
    }
    for (const key of worker.holdings) this.#release(worker, key, 0);
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
        const object = this.#objects.get(command.object);
        if (object) object.kept = false;
        this.#objects.drop(command.object);
        return;
      }
      case 'killActor': {
        const worker = this.#actors.get(command.actor)?.worker;
        if (worker) this.#stop(worker, END_REASON.killed, 'it was killed');
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
    this.journal.append({ kind: 'put', object: key, parent, sizeBytes, value: inRecord ? bytes : NO_BYTES, nested, k, digest });
    const object = this.#objects.obtain(key);
    this.#objects.use(object);
    const maker = parent === 0 ? undefined : this.#tasks.get(parent);
    if (maker) (maker.made ??= []).push(key);
    else worker.holdings.add(key);
    if (memory) this.#objects.setLocal(object, memory, sizeBytes, nested);
    else this.#objects.setInline(object, bytes, nested);
    if (!inRecord) object.kept = true;
  }

  #block(worker: WorkerEntry, message: WorkerRequestOf<'block'>): void {
    const task = message.task === 0 ? undefined : this.#tasks.get(message.task);
    const expiresAtMs = message.timeoutMs === 0 ? Infinity : this.#ports.clock.nowMs() + message.timeoutMs;
    const block = new Block({ id: message.id, worker, task, fetch: message.fetch, needed: message.needed, expiresAtMs }, this.#objects, {
      ready: (_block, object) => this.#sendObject(worker, object),
      satisfied: (done, timedOut) => this.#satisfied(done, timedOut),
    });
    this.#blocks.set(blockName(worker, message.id), block);
    if (task) {
      this.#pauseRun(task);
      this.#scheduler.blocked(task);
    }
    for (const key of message.objects) {
      const object = this.#objects.obtain(key);
      if (!this.#tasks.get(key)) this.#objects.awaitObject(object);
    }
    block.start(message.objects);
  }

  #unblock(worker: WorkerEntry, id: number): void {
    const block = this.#blocks.get(blockName(worker, id));
    if (!block) return;
    block.abandon();
    this.#satisfied(block, false);
  }

  #satisfied(block: Block, timedOut: boolean): void {
    block.done = true;
    this.#blocks.delete(blockName(block.worker, block.id));
    const { task } = block;
    if (!task || task.state !== 'blocked') {
      this.#send(block.worker, { kind: 'unblocked', id: block.id, timedOut });
      return;
    }
    this.#waitsOver.set(task, [...(this.#waitsOver.get(task) ?? []), { id: block.id, timedOut }]);
    this.#scheduler.wantsToResume(task);
  }

  /** Waits that are over while their task waits for a CPU. */
  readonly #waitsOver = new Map<TaskEntry, { id: number; timedOut: boolean }[]>();

  #resume(task: TaskEntry): void {
    task.runningSinceMs = this.#ports.clock.nowMs();
    const over = this.#waitsOver.get(task) ?? [];
    this.#waitsOver.delete(task);
    if (!task.worker) return;
    for (const { id, timedOut } of over) this.#send(task.worker, { kind: 'unblocked', id, timedOut });
  }

  #release(worker: WorkerEntry, key: ObjectKey, holder: number): void {
    this.journal.append({ kind: 'release', object: key, holder });
    if (!worker.holdings.delete(key)) return;
    const object = this.#objects.get(key);
    if (!object) return;
    if (object.owner === worker) object.owner = undefined;
    this.#objects.unuse(object);
  }

  #hold(worker: WorkerEntry, key: ObjectKey, holder: number): void {
    this.journal.append({ kind: 'hold', object: key, holder });
    if (worker.holdings.has(key)) return;
    worker.holdings.add(key);
    this.#objects.use(this.#objects.obtain(key));
  }

  #describe(command: Extract<ServerCommand, { kind: 'object' }>): void {
    const object = this.#objects.obtain(command.object);
    object.wanted = false;
    if (command.status === OBJECT_STATUS.inline) this.#objects.setInline(object, command.value.slice(), command.nested);
    else if (command.status === OBJECT_STATUS.error) this.#objects.setError(object, command.value.slice());
    else this.#objects.setRemote(object, command.sizeBytes, command.nested);
    this.#tasks.objectSettled(command.object);
    this.#tellOwner(object);
    this.#described.push(object);
  }

  #fetch(object: LocalObject): void {
    object.status = 'pending';
    object.wanted = true;
    this.#objects.use(object);
    this.#ports.server.fetch(object.key, object.sizeBytes, (memory) => {
      this.#objects.unuse(object);
      if (memory) {
        this.journal.append({ kind: 'located', object: object.key, present: true, sizeBytes: object.sizeBytes });
        this.#objects.setLocal(object, memory, object.sizeBytes, object.nested);
      } else {
        this.#objects.lostTrack(object);
      }
      this.flush();
    });
  }

  #run(task: TaskEntry, worker: WorkerEntry, claim: number): void {
    this.#introduce(task, worker);
    for (const key of task.deps) {
      const object = this.#objects.get(key);
      if (object) this.#sendObject(worker, object);
    }
    task.runningSinceMs = this.#ports.clock.nowMs();
    this.#send(worker, {
      kind: 'run',
      task: task.key,
      attempt: task.attempt,
      actor: task.actor,
      fn: task.fn.index,
      args: task.args,
      deps: [...task.deps],
      nested: [...task.nested],
      claim,
      job: task.job,
    });
  }

  #introduce(task: TaskEntry, worker: WorkerEntry): void {
    const { fn } = task;
    if (fn.module !== '' && !worker.knownModules.has(fn.module)) {
      worker.knownModules.add(fn.module);
      const found = this.#modules.get(fn.module);
      if (found) this.#send(worker, { kind: 'module', module: fn.module, code: found.code, sourceMap: found.sourceMap });
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
    task.state = 'running';
    this.#scheduler.runningTasks += 1;
    this.#run(task, worker, 0);
  }

  #sendCall(call: TaskEntry, worker: WorkerEntry): void {
    call.worker = worker;
    this.#scheduler.runningTasks += 1;
    this.#run(call, worker, 0);
  }

  #actorEnded(worker: WorkerEntry, reason: number, message: string): void {
    const actor = this.#actors.get(worker.actor);
    if (!actor) return;
    const calls = this.#actors.remove(actor);
    const { creation } = actor;
    this.journal.append({ kind: 'actorDown', actor: actor.key, incarnation: creation.incarnation || 1, reason, message });
    this.#tasks.actorEnded(creation, calls, reason, message);
  }

  #abort(task: TaskEntry): void {
    if (!task.worker) return;
    this.#send(task.worker, { kind: 'cancelTask', task: task.key });
    if (task.actor === 0) this.#cancelling.set(task, this.#ports.clock.nowMs() + CANCEL_GRACE_MS);
  }

  #pauseRun(task: TaskEntry): void {
    if (task.runningSinceMs > 0) task.ranMs += this.#ports.clock.nowMs() - task.runningSinceMs;
    task.runningSinceMs = 0;
  }

  /** Ends the worker of a task that ran longer than it may (rule S3: time blocked in `get` does not count). */
  #checkRuntime(worker: WorkerEntry, nowMs: number): void {
    const { current } = worker;
    if (!current || current.actor !== 0 || current.state !== 'running') return;
    const { runtimeMs } = current.options.options;
    if (runtimeMs === 0 || current.ranMs + (nowMs - current.runningSinceMs) <= runtimeMs) return;
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
      info = { index: this.#optionSets.size, options, schedulingClass: schedulingClassOf(options) };
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
    const status = object.status === 'error' ? OBJECT_STATUS.error : object.status === 'inline' ? OBJECT_STATUS.inline : OBJECT_STATUS.stored;
    this.#ports.sendToWorker(
      worker.id,
      {
        kind: 'object',
        object: object.key,
        status,
        sizeBytes: object.sizeBytes,
        value: object.status === 'local' ? NO_BYTES : (object.value ?? NO_BYTES),
        nested: [...object.nested],
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

function blockName(worker: WorkerEntry, id: number): string {
  return `${worker.id}:${id}`;
}
