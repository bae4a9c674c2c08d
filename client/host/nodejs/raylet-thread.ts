/**
 * Entry of the raylet's thread on a Node host.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { NodeShell } from './node-shell.ts';
import type { FromRaylet, RayletThreadOptions, ToRaylet } from './raylet-messages.ts';

if (!parentPort) throw new Error('raylet-thread.ts is the entry of a thread, not a program');
const parent = parentPort;
const options: RayletThreadOptions = workerData;
const tell = (message: FromRaylet): void => parent.postMessage(message);

const shell = new NodeShell(options, tell);
parent.on('message', (message: ToRaylet) => {
  if (message.type === 'stats') tell({ type: 'stats', id: message.id, stats: shell.stats() });
  else void shell.stop(message.reason).then(() => tell({ type: 'stopped' }));
});
shell.start();
