/**
 * A driver: this thread calls, a raylet on a thread of its own keeps the connection to the cluster, and lends CPUs of
 * this machine if told so.
 */
import { MessageChannel } from 'node:worker_threads';
import { messagePortTransport } from '#client/transport/message-port-transport.ts';
import { type Driver, startDriver } from '#client/worker/worker-runtime.ts';
import { defaultMemoryLimitBytes, defaultNodeName, labelList, newNodeId, resourceList } from './machine.ts';
import { type RayletHandle, startRaylet } from './raylet-handle.ts';
import { nodeRealmPorts } from './realm-ports.ts';
import { type StoreOptions, storeSettings } from './store-options.ts';

const FIRST_CONNECTION_MS = 10_000;
/** How often a process that has nothing else to do looks whether its calls were answered. */
const WAITING_LOOK_MS = 20;

/** A line that a task of the job printed. */
export interface JobLine {
  /** Key of the task; 0 for `main` itself. */
  readonly task: number;
  /** Name of the node; empty for this process. */
  readonly node: string;
  readonly level: number;
  readonly text: string;
}

/** What a driver connects with. */
export interface DriverOptions extends StoreOptions {
  readonly url: string;
  readonly token: string;
  /** CPUs this process lends. */
  readonly numCpus: number;
  readonly resources?: Readonly<Record<string, number>>;
  /** Labels, by key. Default: those that the machine has by itself. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly jobName: string;
  /** Who runs the job and what for, in words for people who lend their machines. */
  readonly submitter?: string;
  readonly purpose?: string;
  onLog?: (line: JobLine) => void;
  /** Progress that `main` reports of itself. */
  onProgress?: (fraction: number, note: string) => void;
  onWarning?: (message: string) => void;
  /** The cluster gave this driver up, or refuses it. Open calls do not end by themselves then. */
  onFatal?: (error: Error) => void;
}

/** A connected driver. */
export interface DriverConnection {
  readonly driver: Driver;
  readonly raylet: RayletHandle;
  /** Ends the job and the connection. Safe to repeat. */
  close(): Promise<void>;
}

/** Connects. Rejects with `AuthenticationError`, `ProtocolError` or `ConnectionLostError`. */
export async function connectDriver(options: DriverOptions): Promise<DriverConnection> {
  const { url, token, numCpus, resources = {}, labels = {}, jobName, submitter = '', purpose = '' } = options;
  const { onLog, onProgress, onWarning, onFatal } = options;
  const memoryLimitBytes = defaultMemoryLimitBytes();
  const store = storeSettings(options, memoryLimitBytes);
  const nodeName = defaultNodeName();
  const { port1, port2 } = new MessageChannel();
  let isAway = false;
  const raylet = await startRaylet(
    {
      url,
      token,
      role: 'driver',
      nodeId: newNodeId(),
      nodeName,
      cpuMilli: Math.round(numCpus * 1000),
      resources: resourceList(resources),
      labels: labelList(labels),
      jobName,
      submitter,
      purpose,
      memoryLimitBytes,
      ...store,
      firstConnectionMs: FIRST_CONNECTION_MS,
      driverPort: port2,
    },
    {
      onDisconnected(message) {
        isAway = true;
        onWarning?.(`the server is out of reach, trying again: ${message}`);
      },
      onWelcome() {
        if (isAway) onWarning?.('the server is back');
        isAway = false;
      },
      onWarning: (message) => onWarning?.(message),
      onFatal: (error) => onFatal?.(error),
      onProgress: (fraction, note) => onProgress?.(fraction, note),
    },
    [port2],
  );
  const driver = await startDriver(
    messagePortTransport(port1, () => port1.close()),
    {
      ...nodeRealmPorts({
        node: nodeName,
        storeBudget: store.storeBudget,
        randomSeed: Math.floor(Math.random() * 2 ** 32),
        job: String(raylet.job),
      }),
      ...(onLog ? { onLog: (line: JobLine) => onLog(line) } : {}),
    },
  );
  port1.unref();
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closed ??= (async () => {
      process.off('beforeExit', beforeExit);
      driver.close();
      await raylet.stop('the driver left');
    })());
  // The threads do not keep the process alive; calls that wait for an answer do.
  const beforeExit = (): void => {
    if (!driver.isWaiting()) {
      void close();
      return;
    }
    const look = setInterval(() => {
      if (!driver.isWaiting()) clearInterval(look);
    }, WAITING_LOOK_MS);
  };
  process.on('beforeExit', beforeExit);
  return { driver, raylet, close };
}
