/**
 * The raylet of a Node host or driver: the common shell with worker threads, shared memory, a socket of Node's and a watch
 * over the process's memory. All of it runs on the raylet's own thread, so a busy driver or task never silences the node.
 */
import { hash } from 'node:crypto';
import { pushCommand } from '#client/host/command-link.ts';
import { RayletShell } from '#client/host/raylet-shell.ts';
import { BatchLink, receiveBatches } from '#client/transport/batch-link.ts';
import { messagePortTransport } from '#client/transport/message-port-transport.ts';
import { connectSocketIo } from '#client/transport/socket-io-transport.ts';
import { DIGEST_BYTES } from '#shared/protocol/node-records.ts';
import { workerCommands, workerRequests } from '#shared/protocol/worker-messages.ts';
import { platformText, workerHeapBytesFor } from './machine.ts';
import { watchMemory } from './memory-watchdog.ts';
import type { FromRaylet, NodeStats, RayletThreadOptions } from './raylet-messages.ts';
import { SharedStoreBudget } from './shared-store-budget.ts';
import { DiskColdStore } from './spill/disk-cold-store.ts';
import { systemClock, systemRandom } from './system-ports.ts';
import { WorkerThreads } from './worker-threads.ts';

const MILLI = 1000;
/** Part of the memory for values that may be full before the first of them leave: programs find room without waiting. */
const SPILL_FROM = 0.8;
/** A trouble with the disk is told no more often. */
const TROUBLE_MS = 60_000;

/** A node in one thread. */
export class NodeShell {
  readonly #options: RayletThreadOptions;
  readonly #tell: (message: FromRaylet) => void;
  readonly #threads: WorkerThreads;
  readonly #shell: RayletShell;
  readonly #stopWatching: () => void;
  readonly #coldStore: DiskColdStore | undefined;
  #troubledAtMs = -Infinity;

  constructor(options: RayletThreadOptions, tell: (message: FromRaylet) => void) {
    this.#options = options;
    this.#tell = tell;
    const { memoryLimitBytes, cpuMilli, nodeName, storeBudget, spill, gpu = false } = options;
    if (spill) this.#coldStore = new DiskColdStore(spill, (message) => this.#troubled(message));
    const { totalBytes } = new SharedStoreBudget(storeBudget);
    const heapBytes = workerHeapBytesFor(memoryLimitBytes, totalBytes, cpuMilli / MILLI);
    this.#threads = new WorkerThreads(
      { nodeName, storeBudget, heapBytes, gpu },
      {
        onMessages: (id, messages, attachments) => this.#shell.onMessages(id, messages, attachments),
        onExit: (id, reason, message) => this.#shell.onWorkerExit(id, reason, message),
        onOutput: (text) => void process.stderr.write(text),
      },
    );
    this.#stopWatching = watchMemory(this.#threads, memoryLimitBytes);
    this.#shell = this.#createShell();
    if (options.driverPort) this.#connectDriver(options.driverPort);
  }

  /** Connects to the server and lets time pass. */
  start(): void {
    this.#shell.start();
  }

  /** Leaves the cluster once the last records are durable, or after two seconds, and ends all workers. */
  async stop(reason: string): Promise<void> {
    this.#stopWatching();
    await this.#shell.stop(reason);
    await this.#coldStore?.close();
  }

  stats(): NodeStats {
    return { ...this.#shell.stats(), rssBytes: process.memoryUsage.rss() };
  }

  #createShell(): RayletShell {
    const { url, firstConnectionMs, role, nodeId, nodeName, token, cpuMilli, resources, labels, jobName } =
      this.#options;
    const { facts, isOwnServer = false } = this.#options;
    const budget = new SharedStoreBudget(this.#options.storeBudget);
    return new RayletShell(
      { role, nodeId, nodeName, token, cpuMilli, resources, labels, jobName, platform: platformText() },
      {
        clock: systemClock,
        random: systemRandom,
        wallClockMs: () => Date.now(),
        every: (intervalMs, callback) => {
          const timer = setInterval(callback, intervalMs);
          return () => clearInterval(timer);
        },
        connect: () => connectSocketIo(url, { isOwnServer }),
        firstConnectionMs,
        workers: this.#threads,
        memory: {
          allocate: (sizeBytes) => {
            budget.take(sizeBytes);
            return new SharedArrayBuffer(sizeBytes);
          },
          release: (sizeBytes) => budget.release(sizeBytes),
        },
        digest: (bytes, done) => done(hash('sha256', bytes, 'buffer').subarray(0, DIGEST_BYTES)),
        memoryUsedBytes: () => process.memoryUsage.rss(),
        rayletPorts: { room: budget, ...(this.#coldStore ? { coldStore: this.#coldStore } : {}) },
        rayletOptions: { memoryLimitBytes: Math.floor(budget.totalBytes * SPILL_FROM) },
      },
      {
        onWelcome: ({ session, job, resumed }) => {
          if (!resumed) this.#introduceJob();
          if (facts !== undefined) this.#shell.session.send({ type: 'facts', json: facts });
          this.#tell({ type: 'welcome', session, job });
        },
        onDisconnected: (message) => this.#tell({ type: 'disconnected', message }),
        onSessionDead: (message) => this.#sessionDead(message),
        onFatal: (error) => this.#tell({ type: 'fatal', errorName: error.name, message: error.message }),
        onProgress: (fraction, note) => this.#tell({ type: 'progress', fraction, note }),
      },
    );
  }

  #connectDriver(port: NonNullable<RayletThreadOptions['driverPort']>): void {
    const transport = messagePortTransport(port, () => port.close());
    const link = new BatchLink(transport, workerCommands);
    const id = this.#shell.connectDriver({
      send: (command, memory) => pushCommand(link, command, memory),
      flush: () => link.flush(),
    });
    receiveBatches(transport, workerRequests, (messages, attachments) =>
      this.#shell.onMessages(id, messages, attachments),
    );
  }

  /** The first record of a driver that was told who runs its job. */
  #introduceJob(): void {
    const { submitter = '', purpose = '' } = this.#options;
    if (submitter !== '' || purpose !== '') this.#shell.raylet.journal.append({ kind: 'jobInfo', submitter, purpose });
  }

  #troubled(message: string): void {
    const nowMs = systemClock.nowMs();
    if (nowMs - this.#troubledAtMs < TROUBLE_MS) return;
    this.#troubledAtMs = nowMs;
    this.#tell({ type: 'warning', message });
  }

  #sessionDead(message: string): void {
    if (this.#options.driverPort)
      this.#tell({ type: 'fatal', errorName: 'NodeDiedError', message: `the server gave this driver up: ${message}` });
    else
      this.#tell({
        type: 'warning',
        message: `the server gave this node up (${message}): it joins again as a new one`,
      });
  }
}
