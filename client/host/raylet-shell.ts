/**
 * The trusted side of a node, whatever hosts it: joins the raylet (pure) to its session with the server, its workers, its
 * driver and the clock. A Node host and a browser tab differ in what they give it through ports, and in nothing else.
 */
import { ObjectManager } from '#client/object-manager/object-manager.ts';
import type { PullDone, PullPriority } from '#client/object-manager/ports.ts';
import type { PacedTransport } from '#client/raylet/frame-queue.ts';
import type { RayletOptions, RayletPorts, WorkerKind } from '#client/raylet/ports.ts';
import { Raylet } from '#client/raylet/raylet.ts';
import { ServerSession, type SessionIdentity, type Welcome } from '#client/raylet/server-session.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { WorkerCommand, WorkerRequest } from '#shared/protocol/worker-messages.ts';

/** How often limits and time-outs are looked at … */
const TICK_MS = 20;
/** … and how often while there is nothing to look at: a machine that is lent shall not be woken for it. */
const QUIET_TICK_MS = 500;
const LOAD_MS = 500;
/** How long a node that leaves waits for its last records to be durable. */
const DRAIN_LIMIT_MS = 2_000;
const DRAIN_LOOK_MS = 10;

/** The workers of a host: each runs job code and has a link. */
export interface ShellWorkers {
  spawn(kind: WorkerKind, id: number, job: number): void;
  /** Ends a worker at once, even in an endless loop; its end is told to {@link RayletShell.onWorkerExit}. */
  stop(id: number): void;
  send(id: number, command: WorkerCommand, memory?: Attachment): void;
  flush(): void;
  /** See `RayletPorts.revoke`. */
  readonly revoke?: (id: number, claim: number) => boolean;
  /** Ends all; nothing more is heard of them. */
  stopAll(): Promise<void>;
}

/** Memory for values that come from other nodes. */
export interface ShellMemory {
  allocate(sizeBytes: number): Attachment;
  /** So many bytes that were allocated hold no value after all. */
  release(sizeBytes: number): void;
}

/** What a shell needs of its host. */
export interface ShellPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds since 1970. */
  readonly wallClockMs: () => number;
  /** Calls back again and again; returns how to stop it. */
  every(intervalMs: number, callback: () => void): () => void;
  /** Opens a connection to the server. */
  readonly connect: () => PacedTransport;
  /** How long the very first connection may take before it is fatal; default: for ever. */
  readonly firstConnectionMs?: number;
  readonly workers: ShellWorkers;
  readonly memory: ShellMemory;
  /** The first 128 bits of SHA-256; calls back at once or later. */
  digest(bytes: Uint8Array, done: (digest: Uint8Array) => void): void;
  /** Resident memory of the process, as far as the host knows. */
  memoryUsedBytes(): number;
  /** Further ports and options of the raylet that only some hosts have. */
  readonly rayletPorts?: Partial<RayletPorts>;
  readonly rayletOptions?: Partial<RayletOptions>;
}

/** What a shell tells its host. */
export interface ShellEvents {
  /** A session is open: the first one, a resumed one, or a new one. */
  onWelcome(welcome: Welcome): void;
  onDisconnected(message: string): void;
  onRetry?(message: string, delayMs: number): void;
  /** The server gave the session up; the node comes back as a new one. */
  onSessionDead(message: string): void;
  /** The cluster does not know this node's owner. */
  onStranger?(): void;
  /** The node cannot go on. */
  onFatal(error: Error, code?: SessionFrameOf<'refused'>['code']): void;
  /** A value has come from another node. */
  onBrought?(key: number, bytes: Uint8Array): void;
  /** The driver's `main` reports progress. */
  onProgress?(fraction: number, note: string): void;
}

/** A driver in the same process, beside the workers. */
interface DriverLink {
  readonly id: number;
  send(command: WorkerCommand, memory?: Attachment): void;
  flush(): void;
}

/** Figures of a running node. */
export interface ShellStats {
  readonly session: number;
  readonly connected: boolean;
  readonly workers: number;
  readonly runningTasks: number;
  readonly queuedTasks: number;
  readonly storeBytes: number;
  /** Records written to the journal since the session began. */
  readonly journalRecords: number;
  /** Object bytes received from and sent to other nodes. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** A node in one thread. */
export class RayletShell {
  readonly session: ServerSession;
  readonly #identity: SessionIdentity;
  readonly #ports: ShellPorts;
  readonly #events: ShellEvents;
  readonly #transfer: ObjectManager;
  readonly #stopTimers: (() => void)[] = [];
  /** The newest connection. */
  #transport: PacedTransport | undefined;
  #raylet: Raylet;
  #driver: DriverLink | undefined;
  #cpuMilli: number;
  #resources: ReadonlyMap<string, number>;
  /** Closed from a lost connection until the records the server lacks come first again. */
  #gateOpen = false;
  #lastLoad = '';
  #ticksQuietly = false;
  #cancelTick = (): void => {};

  constructor(identity: SessionIdentity, ports: ShellPorts, events: ShellEvents) {
    this.#identity = identity;
    this.#ports = ports;
    this.#events = events;
    this.#cpuMilli = identity.cpuMilli;
    this.#resources = new Map(identity.resources.map(({ name, milli }) => [name, milli]));
    this.session = this.#createSession();
    this.#transfer = this.#createTransfer();
    this.#raylet = this.#createRaylet();
  }

  /** The raylet of the present session. */
  get raylet(): Raylet {
    return this.#raylet;
  }

  /** Connects to the server and lets time pass. */
  start(): void {
    this.#stopTimers.push(
      this.#ports.every(LOAD_MS, () => this.#sendLoad()),
      () => this.#cancelTick(),
    );
    this.#tickLater();
    this.session.start();
  }

  /** Adds a driver; returns the number by which its messages are told from those of workers. */
  connectDriver(link: Omit<DriverLink, 'id'>): number {
    const id = this.#raylet.connectDriver();
    this.#driver = { ...link, id };
    return id;
  }

  /** Leaves the cluster once the last records are durable, or after two seconds, and ends all workers. */
  async stop(reason: string): Promise<void> {
    const { clock, workers } = this.#ports;
    const limitMs = clock.nowMs() + DRAIN_LIMIT_MS;
    this.flush();
    while (this.session.connected && this.#raylet.journal.backlog > 0 && clock.nowMs() < limitMs) await this.#pause();
    for (const stop of this.#stopTimers.splice(0)) stop();
    this.session.leave(reason);
    await workers.stopAll();
    // The thread ends with this: what the good-bye is still waiting in must be written out before.
    while ((this.#transport?.unsentBytes?.() ?? 0) > 0 && clock.nowMs() < limitMs) await this.#pause();
  }

  stats(): ShellStats {
    const { workers, runningTasks, queuedTasks, storeBytes } = this.#raylet.load();
    return {
      session: this.session.session,
      connected: this.session.connected,
      workers,
      runningTasks,
      queuedTasks,
      storeBytes,
      journalRecords: this.#raylet.journal.total,
      receivedBytes: this.#transfer.receivedBytes,
      sentBytes: this.#transfer.sentBytes,
    };
  }

  /** How much the tables of this node hold: all 0 when nothing is to be done, but for what actors and drivers keep. */
  tableSizes(): ReturnType<Raylet['tableSizes']> & { pulls: number; questions: number } {
    return {
      ...this.#raylet.tableSizes(),
      pulls: this.#transfer.pullCount,
      questions: this.session.openQuestions,
    };
  }

  /** How full its queues are (rule B1). */
  *levels(): Iterable<QueueLevel> {
    yield* this.#raylet.levels();
    yield* this.session.levels();
    yield* this.#transfer.levels();
  }

  /** Offers more or less from now on; see `Raylet.setCapacity`. */
  setCapacity(cpuMilli: number, resources: ReadonlyMap<string, number>): void {
    this.#cpuMilli = cpuMilli;
    this.#resources = resources;
    this.#raylet.setCapacity(cpuMilli, resources);
    this.session.setCapacity(
      cpuMilli,
      [...resources].map(([name, milli]) => ({ name, milli })),
    );
  }

  /** Messages of a worker or the driver. */
  onMessages(id: number, messages: readonly WorkerRequest[], attachments: readonly Attachment[]): void {
    for (const attachment of attachments) this.#raylet.store.arrived(attachment.byteLength);
    for (const message of messages) {
      this.#raylet.onWorkerMessage(id, message, attachments);
      if (message.kind === 'progress' && id === this.#driver?.id)
        this.#events.onProgress?.(message.fraction, message.note);
    }
    this.flush();
  }

  onWorkerExit(id: number, reason: number, message: string): void {
    this.#raylet.onWorkerExit(id, reason, message);
    this.flush();
  }

  /** Sends what was decided. */
  flush(): void {
    this.#raylet.flush();
    if (!this.#ticksQuietly || this.#raylet.isQuiet) return;
    this.#cancelTick();
    this.#tickLater();
  }

  // --- the parts ---------------------------------------------------------------------------------------------------

  #createSession(): ServerSession {
    const { clock, random, connect, firstConnectionMs, wallClockMs } = this.#ports;
    const events = this.#events;
    return new ServerSession(
      this.#identity,
      {
        clock,
        random,
        wallClockMs,
        connect: () => (this.#transport = connect()),
        ...(firstConnectionMs === undefined ? {} : { firstConnectionMs }),
      },
      {
        onWelcome: (welcome) => this.#welcome(welcome),
        onCommands: (commands) => {
          for (const command of commands) {
            if (command.kind === 'stranger') events.onStranger?.();
            this.#raylet.onCommand(command);
          }
          this.flush();
        },
        onDurable: (durable) => {
          this.#raylet.onDurable(durable);
          // Work that waited for a full journal goes on.
          this.flush();
        },
        onFrame: (frame) => {
          if (frame.type !== 'jobLog') this.#transfer.onFrame(frame);
          else this.#raylet.onJobLog(frame.task, frame.node, frame.level, frame.text);
          this.flush();
        },
        onDisconnected: (message) => {
          this.#gateOpen = false;
          this.#raylet.onDisconnected(message);
          this.flush();
          events.onDisconnected(message);
        },
        onRetry: (message, delayMs) => events.onRetry?.(message, delayMs),
        onSessionDead: (message) => this.#startAnew(message),
        onFatal: (error, code) => events.onFatal(error, code),
      },
    );
  }

  #createTransfer(): ObjectManager {
    const record = (written: NodeRecord): void => {
      this.#raylet.journal.append(written);
      this.flush();
    };
    return new ObjectManager({
      clock: this.#ports.clock,
      ask: (frame) => this.session.send(frame),
      answer: (frame) => this.session.sendBytes(frame),
      answerStatus: (frame) => this.session.send(frame),
      allocate: (sizeBytes) => this.#ports.memory.allocate(sizeBytes),
      release: (sizeBytes) => this.#ports.memory.release(sizeBytes),
      readLocal: (key, whenHere) => this.#raylet.readLocal(key, whenHere),
      digest: (bytes, done) => this.#ports.digest(bytes, done),
      described: (object, sizeBytes, digest) => record({ kind: 'manifest', object, sizeBytes, digest }),
      corrupted: (object, source, offset) => record({ kind: 'corrupt', object, source, offset }),
    });
  }

  #createRaylet(): Raylet {
    const { clock, workers, rayletPorts, rayletOptions } = this.#ports;
    const server = {
      sendFrame: (frame: Uint8Array) => {
        if (this.#gateOpen) this.session.sendFrame(frame);
      },
      request: (method: string, body: Uint8Array, onAnswer: (ok: boolean, answer: Uint8Array) => void) =>
        this.session.request(method, body, onAnswer),
      fetch: (key: number, sizeBytes: number, priority: PullPriority, done: PullDone) =>
        this.#transfer.pull(
          key,
          sizeBytes,
          (memory, isTooLarge) => {
            if (memory) {
              this.#raylet.store.arrived(memory.byteLength);
              this.#events.onBrought?.(key, new Uint8Array(memory));
            }
            done(memory, isTooLarge);
          },
          priority,
        ),
      hasten: (key: number, priority: PullPriority) => this.#transfer.hasten(key, priority),
      sendLog: (task: number, level: number, text: string) => this.session.sendLog({ type: 'log', task, level, text }),
      sendProgress: (task: number, fraction: number, note: string) =>
        this.session.sendLog({ type: 'progress', task, fraction, note }),
    };
    const { revoke } = workers;
    return new Raylet(
      {
        clock,
        server,
        spawnWorker: (kind, id, job) => workers.spawn(kind, id, job),
        stopWorker: (id) => workers.stop(id),
        sendToWorker: (id, command, memory) => {
          if (id === this.#driver?.id) this.#driver.send(command, memory);
          else workers.send(id, command, memory);
        },
        flushWorkers: () => {
          this.#driver?.flush();
          workers.flush();
        },
        ...(revoke === undefined ? {} : { revoke }),
        ...rayletPorts,
      },
      { cpuMilli: this.#cpuMilli, nodeName: this.#identity.nodeName, resources: this.#resources, ...rayletOptions },
    );
  }

  // --- what happens ------------------------------------------------------------------------------------------------

  #welcome(welcome: Welcome): void {
    const { journal } = this.#raylet;
    if (welcome.receivedRecords > journal.lastNumber) {
      // Further records under these numbers would be taken for known ones, and be lost.
      this.session.abandon('another process, perhaps a copy of this one, has gone on with this session');
      return;
    }
    this.#raylet.onWelcome(welcome);
    // What is gathered becomes a frame behind those that were sent before; sent now, it would come before them.
    journal.flush();
    this.#gateOpen = true;
    if (welcome.wantsReport) this.session.send(this.#raylet.report());
    journal.resend(welcome.receivedRecords);
    this.#transfer.connected();
    this.#lastLoad = '';
    this.#events.onWelcome(welcome);
    this.flush();
  }

  /** The server gave the session up: everything local is void, and the next welcome is that of a new node. */
  #startAnew(message: string): void {
    if (this.#driver) {
      this.#events.onSessionDead(message);
      return;
    }
    this.#transfer.clear();
    void this.#ports.workers.stopAll();
    this.#raylet.store.close();
    this.#raylet = this.#createRaylet();
    this.#events.onSessionDead(message);
  }

  #tickLater(): void {
    this.#ticksQuietly = this.#raylet.isQuiet;
    this.#cancelTick = this.#ports.clock.after(this.#ticksQuietly ? QUIET_TICK_MS : TICK_MS, () => {
      this.#raylet.tick();
      this.#tickLater();
    });
  }

  #sendLoad(): void {
    const load = { ...this.#raylet.load(), rssBytes: this.#ports.memoryUsedBytes() };
    const shown = JSON.stringify({
      ...load,
      rssBytes: Math.round(load.rssBytes / 2 ** 26),
      queuedUs: Math.round(load.queuedUs / 1000),
    });
    if (shown === this.#lastLoad) return;
    this.#lastLoad = shown;
    this.session.send(load);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => void this.#ports.clock.after(DRAIN_LOOK_MS, resolve));
  }
}
