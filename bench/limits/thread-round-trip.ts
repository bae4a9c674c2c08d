// A message from this thread over a second to a third and back: the way of a task that runs in the driver's process,
// without anything done on the way.
import { MessageChannel, Worker } from 'node:worker_threads';
import { countRoundTrips } from './round-trips.ts';

/** Answers on the port it was given; the one in the middle passes messages on in both directions. */
const ECHO = `const { workerData } = require('node:worker_threads');
workerData.port.on('message', (message) => workerData.port.postMessage(message));`;
const MIDDLE = `const { workerData } = require('node:worker_threads');
const { near, far } = workerData;
near.on('message', (message) => far.postMessage(message));
far.on('message', (message) => near.postMessage(message));`;
/** About what the engine's message for one small call takes. */
const MESSAGE_BYTES = 100;

/** Round trips per second over three threads. */
export async function measureThreadRoundTrips(): Promise<number> {
  const near = new MessageChannel();
  const far = new MessageChannel();
  const middle = new Worker(MIDDLE, {
    eval: true,
    workerData: { near: near.port2, far: far.port1 },
    transferList: [near.port2, far.port1],
  });
  const echo = new Worker(ECHO, { eval: true, workerData: { port: far.port2 }, transferList: [far.port2] });
  const message = new Uint8Array(MESSAGE_BYTES);
  let answered: () => void = () => undefined;
  near.port1.on('message', () => answered());
  try {
    return await countRoundTrips(
      () =>
        new Promise<void>((resolve) => {
          answered = resolve;
          near.port1.postMessage(message);
        }),
    );
  } finally {
    near.port1.close();
    await Promise.all([middle.terminate(), echo.terminate()]);
  }
}
