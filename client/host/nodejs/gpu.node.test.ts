import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebGpu } from '#client/host/web-gpu.ts';
import type { Dawn } from './gpu.ts';
import { resourceList } from './machine.ts';

// The package itself is not installed here: a module of its shape stands for it, behind the real lookup's result.
let findNodeGpu: typeof import('./gpu.ts').findNodeGpu;
let openNodeGpu: typeof import('./gpu.ts').openNodeGpu;

beforeEach(async () => {
  // The instance of a thread is kept for as long as the thread lives: every test is a new thread.
  vi.resetModules();
  ({ findNodeGpu, openNodeGpu } = await import('./gpu.ts'));
});

type Adapter = NonNullable<Awaited<ReturnType<WebGpu['requestAdapter']>>>;

function fakeDawn(adapter: 'real' | 'software' | 'none'): { dawn: Dawn; created: () => number } {
  let created = 0;
  const requestDevice = async (): Promise<Awaited<ReturnType<Adapter['requestDevice']>>> => ({
    lost: new Promise(() => undefined),
    destroy: () => undefined,
    addEventListener: () => undefined,
  });
  const found: Adapter = {
    info: { vendor: 'acme', architecture: 'roadrunner', isFallbackAdapter: adapter === 'software' },
    limits: { maxBufferSize: 1024, maxComputeInvocationsPerWorkgroup: 64 },
    features: new Set<string>(),
    requestDevice,
  };
  const gpu: WebGpu = { requestAdapter: async () => (adapter === 'none' ? null : found) };
  const create = (): WebGpu => {
    created += 1;
    return gpu;
  };
  return { dawn: { create, globals: { GPUBufferUsage: { STORAGE: 128 } } }, created: () => created };
}

describe('the GPU of a Node host', () => {
  it('is lent with what people may know of it', async () => {
    const { dawn } = fakeDawn('real');
    expect(await findNodeGpu(async () => dawn, {})).toEqual({
      vendor: 'acme',
      architecture: 'roadrunner',
      isFallback: false,
      maxBufferBytes: 1024,
      maxInvocationsPerWorkgroup: 64,
      features: [],
    });
  });

  it('is refused as a software stand-in, unless a test allows it', async () => {
    const load = async (): Promise<Dawn> => fakeDawn('software').dawn;
    await expect(findNodeGpu(load, {})).rejects.toThrow(
      "this machine's only GPU, acme roadrunner, is made of software: a test may lend it with DAYLIGHT_ALLOW_SOFTWARE_GPU=1",
    );
    expect(await findNodeGpu(load, { DAYLIGHT_ALLOW_SOFTWARE_GPU: '1' })).toMatchObject({ isFallback: true });
  });

  it('without the package, or without drivers, the error says in one sentence what to do', async () => {
    await expect(findNodeGpu()).rejects.toThrow(
      'to lend a GPU, a Node host needs the package "webgpu": npm install webgpu',
    );
    await expect(findNodeGpu(async () => fakeDawn('none').dawn, {})).rejects.toThrow('finds no GPU on this machine');
  });

  it('a worker opens devices from one instance and gets the names that browsers have', async () => {
    const { dawn, created } = fakeDawn('real');
    const load = async (): Promise<Dawn> => dawn;
    expect(Reflect.get(globalThis, 'GPUBufferUsage')).toBeUndefined();
    expect(await openNodeGpu(load)).not.toBe(await openNodeGpu(load));
    expect(created()).toBe(1);
    expect(Reflect.get(globalThis, 'GPUBufferUsage')).toEqual({ STORAGE: 128 });
    Reflect.deleteProperty(globalThis, 'GPUBufferUsage');
  });

  it('is not a number that a host may make up', () => {
    expect(() => resourceList({ gpu: 1 })).toThrow('"gpu" is no custom resource: a host lends its GPU with --gpu');
    expect(resourceList({ robot: 2 })).toEqual([{ name: 'robot', milli: 2000 }]);
  });
});
