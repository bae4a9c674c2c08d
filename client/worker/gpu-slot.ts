/**
 * The GPU of one worker: a device is opened for the first task that asks, and kept for the tasks after it, because opening
 * one takes longer than many tasks do. Job code can lose it (a shader that never ends, `destroy()`), and so can the
 * machine (a driver that starts anew, sleep). A lost device is never handed to another task: the next one gets a new one.
 */

/** What the runtime itself needs of a WebGPU `GPUDevice`. */
export interface GpuDeviceLike {
  /** Resolves when the device is of no use any more, whatever the reason. */
  readonly lost: Promise<unknown>;
  destroy(): void;
}

/** Opens a device of the GPU that this node lends. */
export type OpenGpu = () => Promise<GpuDeviceLike>;

/** See above. */
export class GpuSlot {
  readonly #open: OpenGpu | undefined;
  #device: GpuDeviceLike | undefined;
  #opening: Promise<GpuDeviceLike> | undefined;

  /** @param open absent on hosts that lend no GPU */
  constructor(open: OpenGpu | undefined) {
    this.#open = open;
  }

  /** The device, if one is open that was not lost. */
  get device(): GpuDeviceLike | undefined {
    return this.#device;
  }

  /** The device, opened if need be. Rejects if that fails; the next call tries again. */
  async prepare(): Promise<GpuDeviceLike> {
    if (this.#device !== undefined) return this.#device;
    // Tasks that share the GPU may come here at the same time.
    this.#opening ??= this.#openAnew().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #openAnew(): Promise<GpuDeviceLike> {
    if (this.#open === undefined) throw new Error('this host has no way to open one');
    const device = await this.#open();
    const forget = (): void => {
      if (this.#device === device) this.#device = undefined;
    };
    // `lost` tells of a `destroy()` only some time after it, and the next task may begin before.
    const destroy = device.destroy.bind(device);
    device.destroy = () => {
      forget();
      destroy();
    };
    device.lost.then(forget, forget);
    this.#device = device;
    return device;
  }
}
