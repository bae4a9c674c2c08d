import { describe, expect, it } from 'vitest';
import { type GpuDeviceLike, GpuSlot } from './gpu-slot.ts';

/** A device that tells of its end only when the test wants. */
class FakeDevice implements GpuDeviceLike {
  readonly #end = Promise.withResolvers<unknown>();
  readonly lost = this.#end.promise;
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
  }

  async loseNow(): Promise<void> {
    this.#end.resolve({ reason: 'unknown' });
    await this.lost;
  }
}

function slotOf(...outcomes: (FakeDevice | Error)[]): GpuSlot {
  return new GpuSlot(async () => {
    const outcome = outcomes.shift();
    if (outcome instanceof FakeDevice) return outcome;
    throw outcome ?? new Error('opened once too often');
  });
}

describe('the GPU of a worker', () => {
  it('is opened for the first task that asks and kept, also for tasks that ask at the same time', async () => {
    const device = new FakeDevice();
    const slot = slotOf(device);
    expect(slot.device).toBeUndefined();
    expect(await Promise.all([slot.prepare(), slot.prepare()])).toEqual([device, device]);
    expect(await slot.prepare()).toBe(device);
    expect(slot.device).toBe(device);
  });

  it('L4 a lost device is never given to another task', async () => {
    const devices = [new FakeDevice(), new FakeDevice()] as const;
    const slot = slotOf(...devices);
    await slot.prepare();
    await devices[0].loseNow();
    expect(slot.device).toBeUndefined();
    expect(await slot.prepare()).toBe(devices[1]);
    // What is said of the old one later does not touch the new one.
    devices[0].destroy();
    expect(slot.device).toBe(devices[1]);
  });

  it('L4 a device that job code destroys is gone at once, before it says so itself', async () => {
    const devices = [new FakeDevice(), new FakeDevice()] as const;
    const slot = slotOf(...devices);
    await slot.prepare();
    devices[0].destroy();
    expect(devices[0].destroyed).toBe(true);
    expect(slot.device).toBeUndefined();
    expect(await slot.prepare()).toBe(devices[1]);
  });

  it('says why it could not be opened, and tries again the next time', async () => {
    const device = new FakeDevice();
    const slot = slotOf(new Error('no adapter'), device);
    await expect(slot.prepare()).rejects.toThrow('no adapter');
    expect(await slot.prepare()).toBe(device);
    await expect(new GpuSlot(undefined).prepare()).rejects.toThrow('no way to open one');
  });
});
