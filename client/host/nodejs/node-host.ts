/**
 * A Node host: this process lends its CPUs to a cluster (`daylight join`).
 */
import { GPU_RESOURCE, MILLI } from '#shared/task/resources.ts';
import {
  availableCpus,
  defaultMemoryLimitBytes,
  defaultNodeName,
  labelList,
  newNodeId,
  resourceList,
} from './machine.ts';
import { findNodeGpu } from './gpu.ts';
import { type RayletHandle, startRaylet } from './raylet-handle.ts';
import type { NodeStats } from './raylet-messages.ts';
import { type StoreOptions, storeSettings } from './store-options.ts';

const FIRST_CONNECTION_MS = 10_000;

/** What a host says to people. */
export interface HostLogger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** What a host joins with. */
export interface NodeHostOptions extends StoreOptions {
  /** Of the server: `http://host:port`. */
  readonly url: string;
  /** The server runs in this very process: its certificate, made for the name that others use, is not checked. */
  readonly isOwnServer?: boolean;
  /** The join token or the operator's. */
  readonly token: string;
  /** Default: the machine's name and the process id. */
  readonly name?: string;
  /** CPUs lent: workers that run at once. Default: all this process may use. */
  readonly cpus?: number;
  /** Custom resources lent, by name. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Labels by which tasks can ask for it; beside those that it has by itself. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Lends this machine's GPU. Needs the package `webgpu`. Default: false. */
  readonly gpu?: boolean;
  /** Resident memory beyond which a worker is ended. Default: 80 % of the machine's. */
  readonly memoryLimitBytes?: number;
  readonly logger?: HostLogger;
  /** The node cannot go on: its token was changed, or the server speaks another version. */
  readonly onFatal?: (error: Error) => void;
}

/** A host that has joined. */
export interface NodeHost {
  readonly name: string;
  /** Figures of now. */
  stats(): Promise<NodeStats>;
  /** Leaves the cluster and ends all workers. Safe to repeat. */
  stop(): Promise<void>;
}

/**
 * Joins a cluster and stays: a lost server is looked for until it is back. Rejects with `AuthenticationError`,
 * `ProtocolError`, or `ConnectionLostError` when the server does not answer within ten seconds.
 */
export async function startNodeHost(options: NodeHostOptions): Promise<NodeHost> {
  const {
    url,
    token,
    name = defaultNodeName(),
    cpus = availableCpus(),
    resources = {},
    labels = {},
    logger,
    onFatal,
  } = options;
  const { isOwnServer = false, memoryLimitBytes = defaultMemoryLimitBytes(), gpu = false } = options;
  const gpuFacts = gpu ? await findNodeGpu() : undefined;
  const lentGpu = gpuFacts === undefined ? '' : ` and a GPU (${gpuFacts.vendor} ${gpuFacts.architecture})`;
  let connected = false;
  const raylet: RayletHandle = await startRaylet(
    {
      url,
      isOwnServer,
      token,
      role: 'host',
      nodeId: newNodeId(),
      nodeName: name,
      cpuMilli: Math.round(cpus * 1000),
      resources: [...resourceList(resources), ...(gpu ? [{ name: GPU_RESOURCE, milli: MILLI }] : [])],
      labels: labelList(labels),
      gpu,
      ...(gpuFacts === undefined ? {} : { facts: JSON.stringify({ gpu: gpuFacts }) }),
      jobName: '',
      memoryLimitBytes,
      ...storeSettings(options, memoryLimitBytes),
      firstConnectionMs: FIRST_CONNECTION_MS,
    },
    {
      onWelcome(session) {
        logger?.info(
          connected
            ? `joined again as node ${session}`
            : `joined ${url} as node ${session} (${name}) with ${cpus} CPUs${lentGpu}`,
        );
        connected = true;
      },
      onDisconnected: (message) => logger?.warn(`the server is out of reach, trying again: ${message}`),
      onWarning: (message) => logger?.warn(message),
      onFatal: (error) => onFatal?.(error),
    },
  );
  raylet.setKeepsAlive(true);
  const stop = async (): Promise<void> => {
    await raylet.stop('the host was stopped');
    // The end of a process waits for its threads, this one for ever.
    if (raylet.isStuck) process.kill(process.pid, 'SIGKILL');
  };
  return { name, stats: () => raylet.stats(), stop };
}
