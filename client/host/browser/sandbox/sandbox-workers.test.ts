import { describe, expect, it } from 'vitest';
import { webPortTransport } from '#client/transport/web-port-transport.ts';
import { BatchLink } from '#client/transport/batch-link.ts';
import { ManualClock } from '#client/raylet/testing/manual-clock.ts';
import { type WorkerRequest, workerRequests } from '#shared/protocol/worker-messages.ts';
import type { ToFrame } from './sandbox-messages.ts';
import { SandboxWorkers } from './sandbox-workers.ts';

const NO_BYTES = new Uint8Array(0);
const JOB = 3;

/** A tab's workers with a page that makes no frames: what a worker would say comes from the test. */
function fresh({ onMessages = (): void => {}, excess = (): string | undefined => undefined } = {}) {
  const controls: MessagePort[] = [];
  const exits: { id: number; message: string }[] = [];
  const workers = new SandboxWorkers(
    {
      nodeName: 'tab',
      sandboxUrl: 'http://*.localhost/sandbox',
      bufferLimitBytes: 1,
      clock: new ManualClock(),
      page: { createFrame: (_id, _url, control) => void controls.push(control), removeFrame: () => undefined },
      excess,
    },
    {
      onMessages,
      onExit: (id, _reason, message) => void exits.push({ id, message }),
      onCommand: () => undefined,
      onUnusable: () => undefined,
    },
  );
  workers.spawn('task', 1, JOB);
  const [control] = controls;
  if (!control) throw new Error('no frame was made');
  /** The worker's end of its channel. */
  const port = new Promise<MessagePort>((resolve) => {
    control.addEventListener('message', ({ data, ports }: MessageEvent<ToFrame>) => {
      const [own] = ports;
      if (data.type === 'spawn' && own) resolve(own);
    });
    control.start();
  });
  const say = async (messages: WorkerRequest[], buffers: ArrayBuffer[] = []): Promise<void> => {
    const link = new BatchLink(webPortTransport(await port, { handsOver: true }), workerRequests);
    for (const buffer of buffers) link.attach(buffer);
    for (const message of messages) link.push(message);
    link.flush();
  };
  const ended = async (): Promise<string> => {
    const channel = new MessageChannel();
    // Behind what was posted before: ports of one thread deliver in turns.
    while (exits.length === 0)
      await new Promise<void>((resolve) => {
        channel.port1.addEventListener('message', () => resolve(), { once: true });
        channel.port1.start();
        channel.port2.postMessage(0);
      });
    workers.close();
    channel.port1.close();
    control.close();
    return exits[0]?.message ?? '';
  };
  return { workers, say, ended };
}

function put(object: number, attachment: number, sizeBytes: number): WorkerRequest {
  return { kind: 'put', object, parent: 1, sizeBytes, value: NO_BYTES, nested: [], k: 0, digest: NO_BYTES, attachment };
}

describe('workers of a sandbox', () => {
  it('T1 what the node cannot do ends the worker that said it, not the node', async () => {
    const { say, ended } = fresh({
      onMessages() {
        throw new SyntaxError('no JSON');
      },
    });
    await say([{ kind: 'options', options: 1, json: '{' }]);
    expect(await ended()).toMatch(/cannot do.*no JSON/);
  });

  it('T1 one buffer is one value', async () => {
    const { say, ended } = fresh();
    await say([put(1, 1, 8), put(2, 1, 8)], [new ArrayBuffer(8)]);
    expect(await ended()).toMatch(/one buffer for two values/);
  });

  it('B1 who brings something for a node that is full is ended; who brings nothing is not', async () => {
    const heard: number[] = [];
    const { say, ended } = fresh({ onMessages: () => void heard.push(1), excess: () => 'the store was full' });
    await say([{ kind: 'memory', heapBytes: 1, bufferBytes: 1 }]);
    await say([put(1, 1, 8)], [new ArrayBuffer(8)]);
    expect(await ended()).toMatch(/store was full/);
    expect(heard).toHaveLength(1);
  });

  it('B1 numbers, names and calls without end', async () => {
    const { say, ended } = fresh();
    await say(Array.from({ length: 10 }, () => ({ kind: 'unblock', id: 1 })));
    await say([{ kind: 'function', fn: 2 ** 31, module: '', name: 'f', functionKind: 0 }]);
    expect(await ended()).toMatch(/functions/);
  });
});
