// A job that gets hold of its worker's link to the node and says itself what only the runtime may say.

import { get, remote } from 'daylight';

import { type WorkerRequest, workerRequests } from '../../shared/protocol/worker-messages.ts';
import { ByteWriter } from '../../shared/wire/byte-writer.ts';

interface Port {
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
}

const scope = globalThis as unknown as { MessageEvent: { prototype: object } };
const NO_BYTES = new Uint8Array(0);
const MEGABYTE = 2 ** 20;

/** The runtime reads a message; whose it is tells the prototype that it reads it with. */
function stealPort(): Promise<Port> {
  const { promise, resolve } = Promise.withResolvers<Port>();
  const data = Object.getOwnPropertyDescriptor(scope.MessageEvent.prototype, 'data');
  Object.defineProperty(scope.MessageEvent.prototype, 'data', {
    get(this: { target: Port }) {
      resolve(this.target);
      return data?.get?.call(this) as unknown;
    },
  });
  // A message has to come in: the answer to this.
  void nothing.options({ numCpus: 0 }).remote();
  return promise;
}

function frame(messages: readonly WorkerRequest[]): Uint8Array {
  const writer = new ByteWriter();
  workerRequests.write(writer, messages);
  return writer.finish();
}

function many<T>(count: number, make: (number: number) => T): T[] {
  return Array.from({ length: count }, (_, number) => make(number));
}

function put(object: number, sizeBytes: number, attachment: number): WorkerRequest {
  return { kind: 'put', object, parent: 0, sizeBytes, value: NO_BYTES, nested: [], k: 0, digest: NO_BYTES, attachment };
}

const WORDS: Record<string, () => [messages: WorkerRequest[], ...buffers: ArrayBuffer[]]> = {
  'all names': () => [many(5_000, () => ({ kind: 'moreKeys', left: 0 }))],
  nonsense: () => [[{ kind: 'options', options: 900, json: '{' }]],
  memory: () => [many(2, () => ({ kind: 'memory', heapBytes: 2 ** 53 - 1, bufferBytes: 2 ** 53 - 1 }))],
  questions: () => [[{ kind: 'request', id: 9_000, method: 'cluster', body: NO_BYTES }]],
  functions: () => [
    many(25_000, (fn) => ({ kind: 'function', fn: 100 + fn, module: '', name: `f${fn}`, functionKind: 0 })),
  ],
  waits: () => [
    many(2, () => ({ kind: 'block', id: 9_000, task: 0, objects: [1], needed: 9, timeoutMs: 0, fetch: true })),
  ],
  size: () => [[put(1, 2 ** 52, 0)]],
  'one buffer, many values': () => [many(100, (object) => put(object, MEGABYTE, 1)), new ArrayBuffer(MEGABYTE)],
  'the end': () => [[{ kind: 'jobFinished', outcome: 0, value: NO_BYTES }]],
  crowds: () => [many(65_536, (id) => ({ kind: 'unblock', id }))],
};

/** Says it again and again. */
export const say = remote(async (what: string) => {
  const port = await stealPort();
  const [messages, ...buffers] = WORDS[what]?.() ?? [[]];
  const bytes = frame(messages);
  for (;;) {
    port.postMessage([bytes, ...buffers]);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
});

export const nothing = remote(() => undefined);

/** What became of the task that said each thing. */
export default async function main() {
  const options = { numCpus: 0.1, maxRetries: 0 };
  const ends: Record<string, string> = {};
  for (const what of Object.keys(WORDS)) {
    try {
      await get(say.options(options).remote(what));
    } catch (error) {
      ends[what] = String(error);
    }
  }
  return ends;
}
