/**
 * The GPU of a Node host. Node has no WebGPU; the package `webgpu` (Dawn, the implementation in Chromium) brings it. Its
 * owner installs it, because it is 130 MB of native code that most hosts have no use for. It works in worker threads:
 * the main thread looks whether there is a GPU to lend, and each worker opens a device of its own.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { factsOf, findAdapter, type GpuFacts, openDevice, type WebGpu } from '#client/host/web-gpu.ts';
import type { GpuDeviceLike } from '#client/worker/gpu-slot.ts';

const PACKAGE = 'webgpu';
/** Set to 1, a GPU made of software may be lent: slow, for tests. */
const ALLOW_SOFTWARE = 'DAYLIGHT_ALLOW_SOFTWARE_GPU';

/** What the package exports. */
export interface Dawn {
  create(flags: string[]): WebGpu;
  /** The global names of WebGPU, such as `GPUBufferUsage`. */
  readonly globals: object;
}

/**
 * What devices of this thread came from. Dawn crashes the process when the collector takes its instance or an adapter while
 * a device is in use, and nothing in a device keeps them.
 */
const kept = new Set<object>();
let instance: { readonly dawn: Dawn; readonly gpu: WebGpu } | undefined;

/**
 * What people may know of the GPU that this host can lend. Rejects with one sentence that says why it can lend none.
 * @param load for tests
 */
export async function findNodeGpu(
  load = loadDawn,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<GpuFacts> {
  const { gpu } = await openInstance(load);
  const adapter = await findAdapter(gpu);
  if (adapter === undefined)
    throw new Error(
      `the package "${PACKAGE}" finds no GPU on this machine: are its drivers (on Linux: Vulkan) installed?`,
    );
  kept.add(adapter);
  const facts = factsOf(adapter);
  if (facts.isFallback && environment[ALLOW_SOFTWARE] !== '1') {
    throw new Error(
      `this machine's only GPU, ${facts.vendor} ${facts.architecture}, is made of software: ` +
        `a test may lend it with ${ALLOW_SOFTWARE}=1`,
    );
  }
  return facts;
}

/** Devices of this thread. */
const devices = new Set<GpuDeviceLike>();

/** Opens a device in this thread, and puts WebGPU's names where job code looks for them, as in a browser. */
export async function openNodeGpu(load = loadDawn): Promise<GpuDeviceLike> {
  const { dawn, gpu } = await openInstance(load);
  const adapter = await findAdapter(gpu);
  if (adapter === undefined) throw new Error('WebGPU gives no adapter');
  kept.add(adapter);
  const device = await openDevice(adapter);
  devices.add(device);
  void device.lost.then(() => devices.delete(device));
  Object.assign(globalThis, dawn.globals);
  return device;
}

/**
 * Gives up the devices of this thread; their promises are settled when it resolves. A thread that ends while a promise of
 * Dawn is open takes the whole process with it (Dawn aborts: "Promise not resolved or rejected").
 */
export async function closeNodeGpu(): Promise<void> {
  const open = [...devices];
  for (const device of open) device.destroy();
  await Promise.all(open.map(({ lost }) => lost));
  await new Promise((resolve) => setImmediate(resolve));
}

async function openInstance(load: typeof loadDawn): Promise<NonNullable<typeof instance>> {
  if (instance === undefined) {
    const dawn = await load();
    instance ??= { dawn, gpu: dawn.create([]) };
    kept.add(instance.gpu);
  }
  return instance;
}

/** The package, installed beside Daylight or in the folder in which the host was started. */
async function loadDawn(): Promise<Dawn> {
  let file: string | undefined;
  for (const place of [import.meta.url, path.join(process.cwd(), 'index.js')]) file ??= resolveFrom(place);
  if (file === undefined)
    throw new Error(`to lend a GPU, a Node host needs the package "${PACKAGE}": npm install ${PACKAGE}`);
  try {
    return (await import(pathToFileURL(file).href)) as Dawn;
  } catch (error) {
    throw new Error(
      `the package "${PACKAGE}" does not load: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}

function resolveFrom(place: string): string | undefined {
  try {
    return createRequire(place).resolve(PACKAGE);
  } catch {
    return undefined;
  }
}
