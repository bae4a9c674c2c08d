/** The simulator's browser storage promises what every cold store does, and loses what life takes. */
import { describe, expect, it } from 'vitest';
import { coldStoreContract, get, list, put, testBytes } from '#client/object-store/cold-store.contract.ts';
import { TabDisk, type TabLife } from './tab-disk.ts';

/** A life that answers in turn. */
const life = (): TabLife => ({ nowMs: () => 0, arriveAt: (_atMs, callback) => queueMicrotask(callback) });
const silent = (): void => undefined;

describe('the storage of a simulated browser', () => {
  coldStoreContract((limitBytes) => new TabDisk(limitBytes).open(life(), silent));

  it('M4 a later life finds what was written, and not what was under way', async () => {
    const disk = new TabDisk(10_000);
    const former = disk.open({ nowMs: () => 0, arriveAt: (_atMs, callback) => void waiting.push(callback) }, silent);
    const waiting: (() => void)[] = [];
    const written = put(former, 1, testBytes(100));
    waiting.shift()?.();
    await written;
    void put(former, 2, testBytes(100));
    const found: string[] = [];
    const later = disk.open(life(), () => void found.push('again'));
    expect((await list(later)).map(({ key }) => key)).toEqual([1]);
    expect(found).toEqual(['again']);
    expect(later.freeBytes).toBe(9_900);
  });

  it('O4 it refuses when it is full, is emptied, and forgets the last of it without power', async () => {
    const disk = new TabDisk(10_000);
    const store = disk.open(life(), silent);
    await put(store, 1, testBytes(100));
    const copy = disk.copy();
    disk.isFull = true;
    expect(await put(store, 2, testBytes(100))).toBeUndefined();
    expect(disk.empty()).toBe(true);
    expect(disk.empty()).toBe(false);
    expect(await get(store, 1)).toBeUndefined();
    copy.losePower(10_000);
    expect(copy.usedBytes).toBe(100);
    copy.losePower(100);
    expect(copy.usedBytes).toBe(0);
  });
});
