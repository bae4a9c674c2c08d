import { afterEach, describe, expect, it, vi } from 'vitest';
import { bundleModule } from '#client/bundler/job-bundler.ts';
import type { GpuDeviceLike } from '#client/worker/gpu-slot.ts';
import { FakeRaylet, testPorts } from '#client/worker/testing/fake-raylet.ts';
import type { WorkerPorts } from '#client/worker/ports.ts';
import { startWorker } from '#client/worker/worker-runtime.ts';
import { decodeError } from '#shared/errors/error-record.ts';
import { END_REASON, FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import { decodeValue } from '#shared/serialization/value-codec.ts';

const SOURCE = `
import { remote, context } from 'daylight';
export const label = remote(() => context().gpu.label);
export const wreck = remote(() => { const { gpu } = context(); gpu.destroy(); return gpu.label; });
export class Plain { constructor() { this.first = context().gpu.label; } labels() { return [this.first, context().gpu.label]; } }
export const RemotePlain = remote(Plain);
`;
const FN = { label: 0, wreck: 1, actor: 2, method: 3 } as const;

interface FakeDevice extends GpuDeviceLike {
  readonly label: string;
}

/** Opens devices named 1, 2, 3 …; `lose` ends the newest. */
function fakeGpu(): { openGpu: () => Promise<FakeDevice>; lose: () => void } {
  let count = 0;
  let lose = (): void => undefined;
  return {
    openGpu: async () => {
      const { promise: lost, resolve } = Promise.withResolvers<unknown>();
      lose = () => resolve('lost');
      return { label: `device ${++count}`, lost, destroy: () => undefined };
    },
    lose: () => lose(),
  };
}

const console0 = { ...console };
afterEach(() => void Object.assign(console, console0));
let variant = 0;

async function start(ports: Partial<WorkerPorts>): Promise<FakeRaylet> {
  const raylet = new FakeRaylet();
  startWorker(raylet.workerEnd, testPorts(ports));
  const { hash, code } = await bundleModule({
    source: `${SOURCE}\nexport const variant = ${variant++};`,
    fileName: 'job.ts',
  });
  raylet.say({ kind: 'module', module: hash, code: new TextEncoder().encode(code), sourceMap: new Uint8Array(0) });
  const { task, actor, method } = FUNCTION_KIND;
  const say = (fn: number, name: string, functionKind: number, module = hash): void =>
    raylet.say({ kind: 'function', fn, module, name, functionKind });
  say(FN.label, 'job#label', task);
  say(FN.wreck, 'job#wreck', task);
  say(FN.actor, 'job#RemotePlain', actor);
  say(FN.method, 'labels', method, '');
  return raylet;
}

async function results(raylet: FakeRaylet, count: number): Promise<(string | object)[]> {
  await vi.waitFor(() => expect(raylet.of('result').length).toBe(count), { interval: 1 });
  return raylet
    .of('result')
    .map(({ outcome, value }) =>
      outcome === 0 ? (decodeValue(value, { copy: true }) as string | object) : decodeError(value).message,
    );
}

describe('context().gpu', () => {
  it('is the one device of the worker in tasks that asked for a GPU, and throws in others', async () => {
    const raylet = await start(fakeGpu());
    raylet.run({ task: 11, fn: FN.label, gpu: true });
    raylet.run({ task: 12, fn: FN.label });
    raylet.run({ task: 13, fn: FN.label, gpu: true });
    expect(await results(raylet, 3)).toEqual([
      'device 1',
      'this task has no GPU: ask for one with .options({ numGpus: 1 })',
      'device 1',
    ]);
  });

  it('L4 a task that destroys the device, or a machine that loses it, does not spoil the next task', async () => {
    const gpu = fakeGpu();
    const raylet = await start(gpu);
    raylet.run({ task: 11, fn: FN.wreck, gpu: true });
    raylet.run({ task: 12, fn: FN.label, gpu: true });
    expect(await results(raylet, 2)).toEqual(['device 1', 'device 2']);
    gpu.lose();
    await raylet.settle();
    raylet.run({ task: 13, fn: FN.label, gpu: true });
    expect(await results(raylet, 3)).toEqual(['device 1', 'device 2', 'device 3']);
  });

  it('A1 an actor that was created with a GPU has it in its calls, and a new one after a loss', async () => {
    const gpu = fakeGpu();
    const raylet = await start(gpu);
    raylet.run({ task: 50, fn: FN.actor, gpu: true });
    raylet.run({ task: 51, fn: FN.method, actor: 50 });
    expect((await results(raylet, 2))[1]).toEqual(['device 1', 'device 1']);
    gpu.lose();
    await raylet.settle();
    raylet.run({ task: 52, fn: FN.method, actor: 50 });
    expect((await results(raylet, 3))[2]).toEqual(['device 1', 'device 2']);
  });

  it('L4 a GPU that cannot be opened ends the worker, like a crash, and the task does not begin', async () => {
    const refuse = async (): Promise<never> => {
      throw new Error('no adapter'.padEnd(2000, '!'));
    };
    for (const openGpu of [refuse, undefined]) {
      const raylet = await start({ openGpu });
      raylet.run({ task: 11, fn: FN.label, gpu: true });
      raylet.run({ task: 12, fn: FN.label });
      await vi.waitFor(() => expect(raylet.of('exceeded')).toHaveLength(1), { interval: 1 });
      const [said] = raylet.of('exceeded');
      expect(said?.reason).toBe(END_REASON.workerCrashed);
      expect(said?.message).toMatch(/^the GPU of this node could not be opened: (no adapter!|this host has no way)/);
      await raylet.settle();
      expect(raylet.of('result')).toEqual([]);
    }
  });
});
