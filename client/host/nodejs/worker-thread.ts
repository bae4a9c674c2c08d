/**
 * Entry of a worker's thread on a Node host: job code runs here.
 */
import { format } from 'node:util';
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { messagePortTransport } from '#client/transport/message-port-transport.ts';
import { startWorker } from '#client/worker/worker-runtime.ts';
import { nodeRealmPorts } from './realm-ports.ts';
import { LEAVING, type WorkerThreadOptions } from './worker-thread-options.ts';

if (!parentPort) throw new Error('worker-thread.ts is the entry of a thread, not a program');
const parent = parentPort;
const options: WorkerThreadOptions = workerData;
/** Loaded by the first task that asks for a GPU, so that workers without such a task do without it. */
let gpu: Promise<typeof import('./gpu.ts')> | undefined;
let isEnding = false;

function end(): void {
  if (isEnding) return;
  isEnding = true;
  if (gpu === undefined) process.exit(0);
  parent.postMessage(LEAVING);
  // What job code makes of the loss of its device is no result of it.
  parent.close();
  void gpu.then(({ closeNodeGpu }) => closeNodeGpu()).finally(() => process.exit(0));
}

const worker = startWorker(messagePortTransport(parent, end), {
  ...nodeRealmPorts({ node: options.nodeName, storeBudget: options.storeBudget, randomSeed: options.randomSeed }),
  threadId,
  claims: new Int32Array(options.claims),
  defer: (callback) => void setImmediate(callback),
  formatLog: (args) => format(...args),
  exit: end,
  openGpu: options.gpu ? async () => (await (gpu ??= import('./gpu.ts'))).openNodeGpu() : undefined,
});
// Left alone, a promise that a task forgot to await would end the worker under all its other tasks.
process.on('unhandledRejection', (error) => worker.reportUncaught(error));
process.on('uncaughtException', (error) => worker.reportUncaught(error));
