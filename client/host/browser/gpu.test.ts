import { afterEach, describe, expect, it, vi } from 'vitest';
import type { WebGpu } from '../web-gpu.ts';
import { findGpu, openGpu } from './gpu.ts';

/** Limits as browsers have them: getters of the prototype. */
class Limits {
  get maxBufferSize(): number {
    return 2 ** 30;
  }
  get maxComputeInvocationsPerWorkgroup(): number {
    return 512;
  }
}
for (const name of ['maxBufferSize', 'maxComputeInvocationsPerWorkgroup']) {
  const getter = Object.getOwnPropertyDescriptor(Limits.prototype, name) ?? {};
  Object.defineProperty(Limits.prototype, name, { ...getter, enumerable: true });
}

/** A browser with an adapter; records what a device was asked for. */
class FakeGpu implements WebGpu {
  readonly descriptors: unknown[] = [];
  readonly #isFallback: boolean | undefined;
  readonly device = Object.assign(new EventTarget(), { lost: new Promise(() => undefined), destroy: () => undefined });

  constructor(isFallback?: boolean) {
    this.#isFallback = isFallback;
  }

  async requestAdapter(): ReturnType<WebGpu['requestAdapter']> {
    const isFallback = this.#isFallback;
    return {
      info: {
        vendor: 'acme',
        architecture: 'roadrunner',
        ...(isFallback === undefined ? {} : { isFallbackAdapter: isFallback }),
      },
      limits: new Limits(),
      features: new Set(['timestamp-query', 'texture-compression-bc', 'shader-f16']),
      requestDevice: async (descriptor: unknown) => {
        this.descriptors.push(descriptor);
        return this.device as unknown as Awaited<ReturnType<Adapter['requestDevice']>>;
      },
    };
  }
}

type Adapter = NonNullable<Awaited<ReturnType<WebGpu['requestAdapter']>>>;

afterEach(() => vi.restoreAllMocks());

describe('the GPU of a browser', () => {
  it('is offered if it is a real one, and told of by vendor, limits and features', async () => {
    const gpu = { vendor: 'acme', architecture: 'roadrunner', isFallback: false, isOffered: true };
    const facts = {
      vendor: 'acme',
      architecture: 'roadrunner',
      isFallback: false,
      maxBufferBytes: 2 ** 30,
      maxInvocationsPerWorkgroup: 512,
      features: ['shader-f16', 'texture-compression-bc', 'timestamp-query'],
    };
    expect(await findGpu(false, new FakeGpu(false))).toEqual({ gpu, facts });
    // Browsers of some years ago do not say.
    expect(await findGpu(false, new FakeGpu())).toEqual({ gpu, facts });
  });

  it('is offered as a software stand-in only if that is allowed', async () => {
    expect((await findGpu(false, new FakeGpu(true)))?.gpu).toMatchObject({ isFallback: true, isOffered: false });
    expect((await findGpu(true, new FakeGpu(true)))?.gpu).toMatchObject({ isFallback: true, isOffered: true });
  });

  it('is none without WebGPU, without an adapter, and with a driver that fails', async () => {
    const none: WebGpu = { requestAdapter: async () => null };
    const broken: WebGpu = { requestAdapter: () => Promise.reject(new Error('GPU process crashed')) };
    vi.stubGlobal('navigator', {});
    expect(await findGpu(true)).toBeUndefined();
    await expect(openGpu()).rejects.toThrow('this browser has no WebGPU here');
    vi.unstubAllGlobals();
    expect(await findGpu(true, none)).toBeUndefined();
    await expect(openGpu(none)).rejects.toThrow('WebGPU gives no adapter');
    expect(await findGpu(true, broken)).toBeUndefined();
    await expect(openGpu(broken)).rejects.toThrow('GPU process crashed');
  });

  it('is taken from the navigator unless it is given', async () => {
    vi.stubGlobal('navigator', { gpu: new FakeGpu(false) });
    expect((await findGpu(false))?.facts.vendor).toBe('acme');
    vi.unstubAllGlobals();
  });

  it("opens with the adapter's own limits and its features for computing", async () => {
    const gpu = new FakeGpu(false);
    expect(await openGpu(gpu)).toBe(gpu.device);
    expect(gpu.descriptors).toEqual([
      {
        requiredLimits: { maxBufferSize: 2 ** 30, maxComputeInvocationsPerWorkgroup: 512 },
        requiredFeatures: ['shader-f16', 'timestamp-query'],
      },
    ]);
  });

  it('L6 an error in a shader, which throws nowhere, is printed', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const gpu = new FakeGpu(false);
    await openGpu(gpu);
    gpu.device.dispatchEvent(Object.assign(new Event('uncapturederror'), { error: new Error('unexpected token') }));
    expect(print).toHaveBeenCalledWith('WebGPU: unexpected token');
  });
});
