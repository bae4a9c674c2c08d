/**
 * A raylet with everything around it made of plain lists: workers that run what a test says, a server that hears every
 * record and answers when asked to, a clock that stands still.
 */
import type { PullDone } from '../../object-manager/ports.ts';
import { Raylet } from '../raylet.ts';
import { decodeSessionFrame } from '../session-frame-codec.ts';
import type { RayletOptions, RayletPorts, WorkerKind } from '../ports.ts';
import { objectKey, type ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { FUNCTION_KIND, type NodeRecord, type NodeRecordOf, OUTCOME } from '#shared/protocol/node-records.ts';
import { OBJECT_STATUS, type ServerCommand, type ServerCommandOf } from '#shared/protocol/server-commands.ts';
import type { WorkerCommand, WorkerCommandOf, WorkerRequest } from '#shared/protocol/worker-messages.ts';
import { DEFAULT_OPTIONS, optionsToJson, type ResolvedOptions } from '#shared/task/task-options.ts';
import { ManualClock } from './manual-clock.ts';

const NO_BYTES = new Uint8Array(0);
export const SESSION = 7;
export const JOB = 3;

type Run = WorkerCommandOf<'run'>;

/** A worker, or the driver: what it was told, and a thread that runs one task at a time unless it blocks. */
export class FakeWorker {
  readonly id: number;
  readonly kind: WorkerKind | 'driver';
  readonly commands: WorkerCommand[] = [];
  /** What came beside its `object` commands. */
  readonly memories = new Map<ObjectKey, Attachment>();
  /** Runs it has not begun. */
  readonly runs: Run[] = [];
  /** Tasks it has begun, with their open `get`s. */
  readonly live = new Map<ObjectKey, Set<number>>();
  readonly #claims = new Set<number>();
  stopped = false;
  nextKey: ObjectKey = objectKey(SESSION, 1);

  constructor(id: number, kind: WorkerKind | 'driver') {
    this.id = id;
    this.kind = kind;
  }

  receive(command: WorkerCommand, memory?: Attachment): void {
    this.commands.push(command);
    if (command.kind === 'object' && memory) this.memories.set(command.object, memory);
    if (command.kind === 'keys') {
      this.nextKey = command.from;
    } else if (command.kind === 'run') {
      this.#claims.delete(command.claim);
      this.runs.push(command);
    } else if (command.kind === 'cancelTask') {
      const place = this.runs.findIndex(({ task }) => task === command.task);
      if (place >= 0) this.runs.splice(place, 1);
    } else if (command.kind === 'unblocked') {
      for (const blocks of this.live.values()) blocks.delete(command.id);
    }
  }

  /** As the claim board: true for whoever comes first. */
  claim(place: number): boolean {
    if (place > 0 && this.#claims.has(place)) return false;
    if (place > 0) this.#claims.add(place);
    return true;
  }

  get isActive(): boolean {
    for (const blocks of this.live.values()) if (blocks.size === 0) return true;
    return false;
  }

  /** Begins the next run if the thread is free. */
  begin(): Run | undefined {
    while (!this.stopped && !this.isActive) {
      const run = this.runs.shift();
      if (!run) return undefined;
      if (!this.claim(run.claim)) continue;
      this.live.set(run.task, new Set());
      return run;
    }
    return undefined;
  }

  of<K extends WorkerCommand['kind']>(kind: K): WorkerCommandOf<K>[] {
    return this.commands.filter((command): command is WorkerCommandOf<K> => command.kind === kind);
  }
}

/** What a call in a test may say; the rest has defaults. */
export interface FakeCall {
  readonly from?: FakeWorker;
  readonly parent?: ObjectKey;
  readonly actor?: ObjectKey;
  readonly fn?: number;
  readonly options?: number;
  readonly deps?: ObjectKey[];
}

/** Functions that every worker has introduced, by number. */
export const FN = { task: 0, actor: 1, method: 2, other: 3 } as const;

/** A node of a test. */
export class FakeNode {
  readonly clock = new ManualClock();
  readonly workers = new Map<number, FakeWorker>();
  readonly records: NodeRecord[] = [];
  readonly frames: Uint8Array[] = [];
  readonly fetches: { key: ObjectKey; done: PullDone }[] = [];
  readonly requests: { method: string; answer: (ok: boolean, body: Uint8Array) => void }[] = [];
  readonly raylet: Raylet;
  readonly driver: FakeWorker;
  /** A line or progress of a task leaves for the server. */
  onLog: (task: ObjectKey) => void = () => undefined;
  readonly #optionSets: ResolvedOptions[] = [];

  constructor({
    cpus = 1,
    queueAhead = false,
    resources = new Map<string, number>(),
    recording = true,
    ports = {} as Partial<RayletPorts>,
    options = {} as Partial<RayletOptions>,
    session = SESSION,
  } = {}) {
    this.raylet = new Raylet(
      {
        clock: this.clock,
        server: {
          sendFrame: (bytes) => {
            this.frames.push(bytes);
            const frame = recording ? decodeSessionFrame(bytes) : undefined;
            if (frame?.type === 'records') this.records.push(...frame.batch);
          },
          request: (method, _body, answer) => void this.requests.push({ method, answer }),
          fetch: (key, _size, _priority, done) => void this.fetches.push({ key, done }),
          hasten: () => undefined,
          sendLog: (task) => this.onLog(task),
          sendProgress: (task) => this.onLog(task),
        },
        spawnWorker: (kind, id) => void this.workers.set(id, new FakeWorker(id, kind)),
        stopWorker: (id) => {
          this.worker(id).stopped = true;
        },
        sendToWorker: (id, command, memory) => this.workers.get(id)?.receive(command, memory),
        flushWorkers: () => undefined,
        ...(queueAhead ? { revoke: (id: number, claim: number) => this.workers.get(id)?.claim(claim) ?? false } : {}),
        ...ports,
      },
      { cpuMilli: cpus * 1000, resources, nodeName: 'fake', ...options },
    );
    const id = this.raylet.connectDriver();
    this.driver = new FakeWorker(id, 'driver');
    this.workers.set(id, this.driver);
    this.raylet.onWelcome({ session, job: JOB });
    this.#introduce(this.driver);
  }

  worker(id: number): FakeWorker {
    const worker = this.workers.get(id);
    if (!worker) throw new Error(`there is no worker ${id}`);
    return worker;
  }

  /** Task and actor workers that have not ended. */
  hosts(): FakeWorker[] {
    return [...this.workers.values()].filter(({ kind }) => kind !== 'driver');
  }

  say(from: FakeWorker, message: WorkerRequest, memory?: Attachment): void {
    this.raylet.onWorkerMessage(from.id, message, memory ? [memory] : []);
    this.raylet.flush();
  }

  command(command: ServerCommand): void {
    this.raylet.onCommand(command);
    this.raylet.flush();
  }

  /** Lets every new worker come up, and every free thread begin what it has. */
  settle(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const worker of this.hosts()) {
        if (!worker.stopped && !this.#ready.has(worker.id)) {
          this.#ready.add(worker.id);
          this.#introduce(worker);
          this.say(worker, { kind: 'ready', threadId: 1 });
          busy = true;
        }
        if (worker.begin()) busy = true;
      }
    }
  }

  readonly #ready = new Set<number>();

  #introduce(worker: FakeWorker): void {
    const kinds = [FUNCTION_KIND.task, FUNCTION_KIND.actor, FUNCTION_KIND.method, FUNCTION_KIND.task];
    kinds.forEach((functionKind, fn) =>
      this.say(worker, { kind: 'function', fn, module: '', name: `f${fn}`, functionKind }),
    );
    this.#tell(worker, DEFAULT_OPTIONS, 0);
    this.#optionSets.forEach((options, index) => this.#tell(worker, options, index + 1));
  }

  #tell(worker: FakeWorker, options: ResolvedOptions, index: number): void {
    this.say(worker, { kind: 'options', options: index, json: optionsToJson(options) });
  }

  /** A new set of options that every worker can name by the number returned. */
  options(options: Partial<ResolvedOptions>): number {
    const count = this.#optionSets.push({ ...DEFAULT_OPTIONS, ...options });
    for (const worker of this.workers.values()) this.#tell(worker, { ...DEFAULT_OPTIONS, ...options }, count);
    return count;
  }

  /** A name out of the range that a worker was given last. */
  newKey(from: FakeWorker): ObjectKey {
    return from.nextKey++;
  }

  submit({
    from = this.driver,
    parent = 0,
    actor = 0,
    fn = actor === 0 ? FN.task : FN.method,
    options = 0,
    deps = [],
  }: FakeCall = {}): ObjectKey {
    const task = this.newKey(from);
    this.say(from, { kind: 'submit', task, parent, actor, fn, options, args: NO_BYTES, deps, nested: [], k: 0 });
    return task;
  }

  put(memory?: Attachment, from = this.driver, parent = 0): ObjectKey {
    const object = this.newKey(from);
    const value = memory ? NO_BYTES : Uint8Array.of(1);
    this.say(
      from,
      {
        kind: 'put',
        object,
        parent,
        sizeBytes: memory?.byteLength ?? 1,
        value,
        nested: [],
        k: 0,
        digest: NO_BYTES,
        attachment: memory ? 1 : 0,
      },
      memory,
    );
    return object;
  }

  /** The worker that has begun a task. */
  runnerOf(task: ObjectKey): FakeWorker | undefined {
    return this.hosts().find(({ live }) => live.has(task));
  }

  runner(task: ObjectKey): FakeWorker {
    const worker = this.runnerOf(task);
    if (!worker) throw new Error(`nobody runs task ${task}`);
    return worker;
  }

  /** The task's worker hands in a result. */
  finish(
    task: ObjectKey,
    {
      outcome = OUTCOME.value as number,
      value = Uint8Array.of(5),
      durationUs = 10,
      memory = undefined as Attachment | undefined,
      nested = [] as ObjectKey[],
    } = {},
  ): void {
    const worker = this.runner(task);
    worker.live.delete(task);
    const sizeBytes = memory?.byteLength ?? value.length;
    this.say(
      worker,
      {
        kind: 'result',
        task,
        outcome,
        durationUs,
        sizeBytes,
        value: memory ? NO_BYTES : value,
        nested,
        attachment: memory ? 1 : 0,
      },
      memory,
    );
    this.settle();
  }

  /** Everything that was said is durable. */
  durable(): void {
    this.raylet.onDurable(this.raylet.journal.lastNumber);
    this.raylet.flush();
    this.settle();
  }

  #nextBlock = 1;

  /** A task (or the driver) waits; returns the number of the call. */
  block(task: ObjectKey, objects: ObjectKey[], { needed = objects.length, timeoutMs = 0, fetch = true } = {}): number {
    const worker = task === 0 ? this.driver : this.runner(task);
    const id = this.#nextBlock++;
    worker.live.get(task)?.add(id);
    this.say(worker, { kind: 'block', id, task, objects, needed, timeoutMs, fetch });
    this.settle();
    return id;
  }

  /** A worker's end, by itself. */
  crash(worker: FakeWorker, reason = 0, message = 'it crashed'): void {
    this.workers.delete(worker.id);
    this.raylet.onWorkerExit(worker.id, reason, message);
    this.raylet.flush();
    this.settle();
  }

  /** Lets the workers end that the raylet stopped. */
  endStopped(): void {
    for (const worker of this.hosts()) if (worker.stopped) this.crash(worker, 0, 'terminated');
  }

  tick(byMs = 0): void {
    this.clock.advance(byMs);
    this.raylet.tick();
    this.endStopped();
    this.settle();
  }

  lease(lease: Partial<ServerCommandOf<'lease'>> & { task: ObjectKey }): void {
    this.raylet.onCommand({ kind: 'function', fn: 0, module: '', name: 'f0', functionKind: FUNCTION_KIND.task });
    this.raylet.onCommand({ kind: 'function', fn: 1, module: '', name: 'f1', functionKind: FUNCTION_KIND.actor });
    this.raylet.onCommand({ kind: 'function', fn: 2, module: '', name: 'f2', functionKind: FUNCTION_KIND.method });
    this.raylet.onCommand({ kind: 'options', options: 0, json: optionsToJson(DEFAULT_OPTIONS) });
    this.command({
      kind: 'lease',
      attempt: 1,
      job: JOB,
      actor: 0,
      caller: 0,
      incarnation: 0,
      fn: 0,
      options: 0,
      args: NO_BYTES,
      deps: [],
      nested: [],
      ...lease,
    });
    this.settle();
  }

  /** Options that the server introduces, beside those of all leases; gives their number. */
  serverOptions(json: string): number {
    this.command({ kind: 'options', options: 1, json });
    return 1;
  }

  describe(object: ObjectKey, status: number = OBJECT_STATUS.inline, sizeBytes = 1): void {
    this.command({
      kind: 'object',
      object,
      status,
      sizeBytes,
      value: status === OBJECT_STATUS.stored ? NO_BYTES : Uint8Array.of(9),
      nested: [],
    });
    this.settle();
  }

  of<K extends NodeRecord['kind']>(kind: K): NodeRecordOf<K>[] {
    this.raylet.journal.flush();
    return this.records.filter((record): record is NodeRecordOf<K> => record.kind === kind);
  }

  /** News of an object that a worker, or by default the driver, was told. */
  told(object: ObjectKey, worker = this.driver): WorkerCommandOf<'object'>[] {
    return worker.of('object').filter((command) => command.object === object);
  }
}
