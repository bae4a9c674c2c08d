/**
 * Entry of a worker's thread on a Node host: job code runs here.
 */
import { format } from 'node:util';
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { messagePortTransport } from '#client/transport/message-port-transport.ts';
import { startWorker } from '#client/worker/worker-runtime.ts';
import { nodeRealmPorts } from './realm-ports.ts';
import type { WorkerThreadOptions } from './worker-thread-options.ts';

if (!parentPort) throw new Error('worker-thread.ts is the entry of a thread, not a program');
const options: WorkerThreadOptions = workerData;
const end = (): void => process.exit(0);

const worker = startWorker(messagePortTransport(parentPort, end), {
  ...nodeRealmPorts({ node: options.nodeName, storeBudget: options.storeBudget, randomSeed: options.randomSeed }),
  threadId,
  claims: new Int32Array(options.claims),
  defer: (callback) => void setImmediate(callback),
  formatLog: (args) => format(...args),
  exit: end,
});
// Left alone, a promise that a task forgot to await would end the worker under all its other tasks.
process.on('unhandledRejection', (error) => worker.reportUncaught(error));
process.on('uncaughtException', (error) => worker.reportUncaught(error));
