/**
 * The trusted side of a Node host: joins the raylet (pure) to its session with the server, its worker threads, its
 * driver and the clock. All of it runs on the raylet's own thread, so a busy driver or task never silences the node.
 */
import { ObjectTransfer } from '#client/raylet/object-transfer.ts';
import { Raylet } from '#client/raylet/raylet.ts';
import { ServerSession, type Welcome } from '#client/raylet/server-session.ts';
import { BatchLink, receiveBatches } from '#client/transport/batch-link.ts';
import { messagePortTransport } from '#client/transport/message-port-transport.ts';
import { connectSocketIo, type SocketIoTransport } from '#client/transport/socket-io-transport.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { workerCommands, type WorkerRequest, workerRequests } from '#shared/protocol/worker-messages.ts';
import { platformText, workerHeapBytesFor } from './machine.ts';
import { watchMemory } from './memory-watchdog.ts';
import type { FromRaylet, NodeStats, RayletThreadOptions } from './raylet-messages.ts';
import { SharedStoreBudget } from './shared-store-budget.ts';
import { systemClock, systemRandom } from './system-ports.ts';
import { type CommandLink, pushCommand, WorkerThreads } from './worker-threads.ts';

/** How often limits and time-outs are looked at. */
const TICK_MS = 20;
const LOAD_MS = 500;
/** How long a node that leaves waits for its last records to be durable. */
const DRAIN_LIMIT_MS = 2_000;
const DRAIN_LOOK_MS = 10;
const MILLI = 1000;

/** A node in one thread. */
export class NodeShell {
  readonly #options: RayletThreadOptions;
  readonly #tell: (message: FromRaylet) => void;
  readonly #budget: SharedStoreBudget;
  readonly #threads: WorkerThreads;
  readonly #transfer: ObjectTransfer;
  readonly #session: ServerSession;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #stopWatching: () => void;
  /** The newest connection. */
  #transport: SocketIoTransport | undefined;
  #raylet: Raylet;
  #driver: { readonly id: number; readonly link: CommandLink } | undefined;
  /** Closed from a lost connection until the records the server lacks come first again. */
  #gateOpen = false;
  /** Reserved bytes the raylet has been given and may have dropped since. */
  #accountedBytes = 0;
  #lastLoad = '';

  constructor(options: RayletThreadOptions, tell: (message: FromRaylet) => void) {
    this.#options = options;
    this.#tell = tell;
    this.#budget = new SharedStoreBudget(options.storeBudget);
    const { memoryLimitBytes, cpuMilli, nodeName, storeBudget } = options;
    this.#threads = new WorkerThreads(
      { nodeName, storeBudget, heapBytes: workerHeapBytesFor(memoryLimitBytes, cpuMilli / MILLI) },
      {
        onMessages: (id, messages, attachments) => this.#onMessages(id, messages, attachments),
        onExit: (id, reason, message) => {
          this.#raylet.onWorkerExit(id, reason, message);
          this.#flush();
        },
        onOutput: (text) => void process.stderr.write(text),
      },
    );
    this.#stopWatching = watchMemory(this.#threads, memoryLimitBytes);
    this.#session = this.#createSession();
    this.#transfer = this.#createTransfer();
    this.#raylet = this.#createRaylet();
    if (options.driverPort) this.#connectDriver(options.driverPort);
  }

  /** Connects to the server and lets time pass. */
  start(): void {
    this.#timers.push(
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => this.#sendLoad(), LOAD_MS),
    );
    this.#session.start();
  }

  /** Leaves the cluster once the last records are durable, or after two seconds, and ends all workers. */
  async stop(reason: string): Promise<void> {
    const startedMs = performance.now();
    this.#flush();
    while (
      this.#session.connected &&
      this.#raylet.journal.backlog > 0 &&
      performance.now() - startedMs < DRAIN_LIMIT_MS
    ) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    }
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopWatching();
    this.#session.leave(reason);
    await this.#threads.stopAll();
    // The thread ends with this: what the good-bye is still waiting in must be written out before.
    while ((this.#transport?.unsentBytes() ?? 0) > 0 && performance.now() - startedMs < DRAIN_LIMIT_MS) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    }
  }

  stats(): NodeStats {
    const { workers, runningTasks, queuedTasks, storeBytes } = this.#raylet.load();
    return {
      session: this.#session.session,
      connected: this.#session.connected,
      workers,
      runningTasks,
      queuedTasks,
      storeBytes,
      rssBytes: process.memoryUsage.rss(),
      journalRecords: this.#raylet.journal.total,
      receivedBytes: this.#transfer.receivedBytes,
      sentBytes: this.#transfer.sentBytes,
    };
  }

  // --- the parts ---------------------------------------------------------------------------------------------------

  #createSession(): ServerSession {
    const { url, firstConnectionMs, role, nodeId, nodeName, token, cpuMilli, resources, jobName } = this.#options;
    return new ServerSession(
      { role, nodeId, nodeName, token, cpuMilli, resources, jobName, platform: platformText() },
      {
        clock: systemClock,
        random: systemRandom,
        connect: () => (this.#transport = connectSocketIo(url)),
        firstConnectionMs,
      },
      {
        onWelcome: (welcome) => this.#welcome(welcome),
        onCommands: (commands) => {
          for (const command of commands) this.#raylet.onCommand(command);
          this.#flush();
        },
        onDurable: (durable) => {
          this.#raylet.onDurable(durable);
          // Work that waited for a full journal goes on.
          this.#flush();
        },
        onFrame: (frame) => {
          if (frame.type === 'fetch') this.#transfer.onFetch(frame);
          else if (frame.type === 'chunk') this.#transfer.onChunk(frame);
          else this.#raylet.onJobLog(frame.task, frame.node, frame.level, frame.text);
          this.#flush();
        },
        onDisconnected: (message) => {
          this.#gateOpen = false;
          this.#raylet.onDisconnected(message);
          this.#flush();
          this.#tell({ type: 'disconnected', message });
        },
        onSessionDead: (message) => this.#startAnew(message),
        onFatal: (error) => this.#tell({ type: 'fatal', errorName: error.name, message: error.message }),
      },
    );
  }

  #createTransfer(): ObjectTransfer {
    return new ObjectTransfer({
      clock: systemClock,
      sendFetch: (frame) => this.#session.send(frame),
      sendChunk: (frame) => this.#session.sendChunk(frame),
      sendStatus: (frame) => this.#session.send(frame),
      allocate: (sizeBytes) => {
        this.#budget.reserve(sizeBytes);
        return new SharedArrayBuffer(sizeBytes);
      },
      readLocal: (key) => {
        const bytes = this.#raylet.readLocal(key);
        return bytes && { bytes };
      },
    });
  }

  #createRaylet(): Raylet {
    const { cpuMilli, resources, nodeName } = this.#options;
    const server = {
      sendFrame: (frame: Uint8Array) => {
        if (this.#gateOpen) this.#session.sendFrame(frame);
      },
      request: (method: string, body: Uint8Array, onAnswer: (ok: boolean, answer: Uint8Array) => void) =>
        this.#session.request(method, body, onAnswer),
      fetch: (key: number, sizeBytes: number, done: (memory: Attachment | undefined) => void) =>
        this.#transfer.pull(key, sizeBytes, (memory) => {
          if (memory) this.#accountedBytes += memory.byteLength;
          done(memory);
        }),
      sendLog: (task: number, level: number, text: string) => this.#session.sendLog({ type: 'log', task, level, text }),
      sendProgress: (task: number, fraction: number, note: string) =>
        this.#session.sendLog({ type: 'progress', task, fraction, note }),
    };
    return new Raylet(
      {
        clock: systemClock,
        server,
        spawnWorker: (kind, id) => this.#threads.spawn(kind, id),
        stopWorker: (id) => this.#threads.stop(id),
        sendToWorker: (id, command, memory) => {
          if (id === this.#driver?.id) pushCommand(this.#driver.link, command, memory);
          else this.#threads.send(id, command, memory);
        },
        flushWorkers: () => {
          this.#driver?.link.flush();
          this.#threads.flush();
        },
        revoke: (id, claim) => this.#threads.revoke(id, claim),
      },
      { cpuMilli, nodeName, resources: new Map(resources.map(({ name, milli }) => [name, milli])) },
    );
  }

  #connectDriver(port: NonNullable<RayletThreadOptions['driverPort']>): void {
    const transport = messagePortTransport(port, () => port.close());
    this.#driver = { id: this.#raylet.connectDriver(), link: new BatchLink(transport, workerCommands) };
    const { id } = this.#driver;
    receiveBatches(transport, workerRequests, (messages, attachments) => this.#onMessages(id, messages, attachments));
  }

  // --- what happens ------------------------------------------------------------------------------------------------

  #onMessages(id: number, messages: readonly WorkerRequest[], attachments: readonly Attachment[]): void {
    for (const attachment of attachments) this.#accountedBytes += attachment.byteLength;
    for (const message of messages) {
      this.#raylet.onWorkerMessage(id, message, attachments);
      if (message.kind === 'progress' && id === this.#driver?.id)
        this.#tell({ type: 'progress', fraction: message.fraction, note: message.note });
    }
    this.#flush();
  }

  #welcome(welcome: Welcome): void {
    const { journal } = this.#raylet;
    this.#raylet.onWelcome(welcome);
    // What is gathered becomes a frame behind those that were sent before; sent now, it would come before them.
    journal.flush();
    this.#gateOpen = true;
    if (welcome.wantsReport) this.#session.send(this.#raylet.report());
    journal.resend(welcome.receivedRecords);
    this.#transfer.connected();
    this.#lastLoad = '';
    this.#flush();
    this.#tell({ type: 'welcome', session: welcome.session, job: welcome.job });
  }

  /** The server gave the session up: everything local is void, and the next welcome is that of a new node. */
  #startAnew(message: string): void {
    if (this.#driver) {
      this.#tell({ type: 'fatal', errorName: 'NodeDiedError', message: `the server gave this driver up: ${message}` });
      return;
    }
    this.#transfer.clear();
    void this.#threads.stopAll();
    this.#raylet = this.#createRaylet();
    this.#releaseDropped();
    this.#tell({ type: 'warning', message: `the server gave this node up (${message}): it joins again as a new one` });
  }

  #flush(): void {
    this.#raylet.flush();
    this.#releaseDropped();
  }

  /** Gives the room of dropped values back to the workers. */
  #releaseDropped(): void {
    const { storeBytes } = this.#raylet.load();
    if (storeBytes >= this.#accountedBytes) return;
    this.#budget.release(this.#accountedBytes - storeBytes);
    this.#accountedBytes = storeBytes;
  }

  #tick(): void {
    this.#raylet.tick();
    this.#releaseDropped();
  }

  #sendLoad(): void {
    const load = { ...this.#raylet.load(), rssBytes: process.memoryUsage.rss() };
    const shown = JSON.stringify({
      ...load,
      rssBytes: Math.round(load.rssBytes / 2 ** 26),
      queuedUs: Math.round(load.queuedUs / 1000),
    });
    if (shown === this.#lastLoad) return;
    this.#lastLoad = shown;
    this.#session.send(load);
  }
}
