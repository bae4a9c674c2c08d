/**
 * The GPU of a browser: what the raylet's worker lends of it, and how a sandbox's worker opens it.
 */
import type { GpuDeviceLike } from '#client/worker/gpu-slot.ts';
import { factsOf, findAdapter, type GpuFacts, openDevice, type WebGpu } from '../web-gpu.ts';
import type { TabGpu } from './tab-status.ts';

/**
 * Looks for an adapter; undefined if there is none. A software stand-in is told of, but offered only if that is allowed.
 * @param gpu default: this realm's `navigator.gpu`
 */
export async function findGpu(
  allowSoftware: boolean,
  gpu = gpuOfRealm(),
): Promise<{ gpu: TabGpu; facts: GpuFacts } | undefined> {
  // A driver that is broken rejects; to a node that is the same as no GPU.
  const adapter = await findAdapter(gpu).catch(() => undefined);
  if (adapter === undefined) return undefined;
  const facts = factsOf(adapter);
  const { vendor, architecture, isFallback } = facts;
  return { gpu: { vendor, architecture, isFallback, isOffered: allowSoftware || !isFallback }, facts };
}

/**
 * Opens a device in this realm. Rejects with an error that says what is missing.
 * @param gpu default: this realm's `navigator.gpu`
 */
export async function openGpu(gpu = gpuOfRealm()): Promise<GpuDeviceLike> {
  const adapter = await findAdapter(gpu);
  if (adapter === undefined) throw new Error(gpu ? 'WebGPU gives no adapter' : 'this browser has no WebGPU here');
  return openDevice(adapter);
}

/** The types of a browser are not needed for this one property, which many browsers lack. */
function gpuOfRealm(): WebGpu | undefined {
  return (globalThis.navigator as { readonly gpu?: WebGpu } | undefined)?.gpu;
}
