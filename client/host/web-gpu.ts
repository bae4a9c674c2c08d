/**
 * WebGPU as browsers have it, and Node hosts through Dawn: which adapter there is, and how a device is opened. Both sides
 * of a node come here: the raylet to know what it can lend, a worker to open a device in its own thread.
 *
 * The types are those few of WebGPU's members that are used: its real ones are in neither Node's types nor the language's.
 */
import type { GpuDeviceLike } from '#client/worker/gpu-slot.ts';

/** `navigator.gpu`. */
export interface WebGpu {
  requestAdapter(options?: { powerPreference?: 'high-performance' }): Promise<WebGpuAdapter | null>;
}

/** A `GPUAdapter`. */
export interface WebGpuAdapter {
  readonly info: { readonly vendor: string; readonly architecture: string; readonly isFallbackAdapter?: boolean };
  /** A `GPUSupportedLimits`: numbers by name, found on its prototype. */
  readonly limits: object;
  /** A set of names, as much of one as Dawn has. */
  readonly features: Iterable<string> & { has(name: string): boolean };
  requestDevice(descriptor?: {
    requiredLimits?: Record<string, number>;
    requiredFeatures?: ComputeFeature[];
  }): Promise<WebGpuDevice>;
}

interface WebGpuDevice extends GpuDeviceLike {
  addEventListener(type: 'uncapturederror', listener: (event: { readonly error: Error }) => void): void;
}

/** What people may know of a node's GPU. Coarse on purpose: a volunteer is not to be told apart by it. */
export interface GpuFacts {
  readonly vendor: string;
  readonly architecture: string;
  /** True for a stand-in that computes on the CPU. */
  readonly isFallback: boolean;
  readonly maxBufferBytes: number;
  readonly maxInvocationsPerWorkgroup: number;
  readonly features: readonly string[];
}

/** Features that are on where the adapter has them. The others are about pictures. */
const COMPUTE_FEATURES = ['shader-f16', 'subgroups', 'timestamp-query'] as const;
type ComputeFeature = (typeof COMPUTE_FEATURES)[number];

/** The adapter that tasks get; undefined if WebGPU or an adapter is missing. */
export async function findAdapter(gpu: WebGpu | undefined): Promise<WebGpuAdapter | undefined> {
  return (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? undefined;
}

/** What is told of an adapter. */
export function factsOf({ info, limits, features }: WebGpuAdapter): GpuFacts {
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    isFallback: info.isFallbackAdapter === true,
    maxBufferBytes: limitOf(limits, 'maxBufferSize'),
    maxInvocationsPerWorkgroup: limitOf(limits, 'maxComputeInvocationsPerWorkgroup'),
    features: [...features].sort(),
  };
}

/** Opens a device that can do all that the adapter can: by default it would have the least that any GPU has. */
export async function openDevice(adapter: WebGpuAdapter): Promise<GpuDeviceLike> {
  const requiredLimits: Record<string, number> = {};
  for (const name in adapter.limits) {
    const value: unknown = Reflect.get(adapter.limits, name);
    if (typeof value === 'number') requiredLimits[name] = value;
  }
  const requiredFeatures = COMPUTE_FEATURES.filter((name) => adapter.features.has(name));
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
  // A mistake in a shader or a binding throws nowhere, and the result is zeros: without this line nobody would know why.
  device.addEventListener('uncapturederror', ({ error }) => console.error(`WebGPU: ${error.message}`));
  return device;
}

function limitOf(limits: object, name: string): number {
  const value: unknown = Reflect.get(limits, name);
  return typeof value === 'number' ? value : 0;
}
