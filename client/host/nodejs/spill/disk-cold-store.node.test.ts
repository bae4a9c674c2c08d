import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { coldStoreContract, get, list, put, testBytes } from '#client/object-store/cold-store.contract.ts';
import { digestOf } from '#client/object-store/testing/memory-cold-store.ts';
import { DiskColdStore } from './disk-cold-store.ts';

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

function temporaryFolder(): string {
  const base = mkdtempSync(path.join(tmpdir(), 'daylight-test-'));
  open.push(() => rmSync(base, { recursive: true }));
  return base;
}

function openStore(limitBytes = 2 ** 26, folder = path.join(temporaryFolder(), 'spill')): DiskColdStore {
  const store = new DiskColdStore({ folder, limitBytes });
  open.push(() => store.close());
  return store;
}

describe('DiskColdStore', () => {
  coldStoreContract((limitBytes) => openStore(limitBytes));

  it('O4 takes values from shared memory as they lie there, and gives large ones back in shared memory', async () => {
    const store = openStore();
    const memory = new SharedArrayBuffer(400_000);
    const bytes = new Uint8Array(memory, 1000, 300_000);
    bytes.set(testBytes(300_000));
    expect(await put(store, 1, bytes)).toEqual(digestOf(testBytes(300_000)));
    const back = await get(store, 1);
    expect(back?.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(back?.every((byte, place) => byte === bytes[place])).toBe(true);
  });

  it('O4 starts no thread and makes no folder before there is something to write; leaves nothing behind', async () => {
    const folder = path.join(temporaryFolder(), 'spill');
    const store = openStore(2 ** 20, folder);
    expect(await get(store, 1)).toBeUndefined();
    store.delete(1);
    expect(await list(store)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    await put(store, 1, testBytes(1000));
    expect(readdirSync(folder).toSorted()).toEqual(['owner.json', 'values-1']);
    await store.close();
    expect(existsSync(folder)).toBe(false);
    expect([store.freeBytes, await put(store, 2, testBytes(10)), await get(store, 1)]).toEqual([
      0,
      undefined,
      undefined,
    ]);
  });

  it('O4 where nothing can be written a value is refused, and later ones are taken once that has changed', async () => {
    const base = temporaryFolder();
    const troubles: string[] = [];
    const folder = path.join(base, 'missing', 'spill');
    const store = new DiskColdStore({ folder, limitBytes: 2 ** 20 }, (message) => troubles.push(message));
    open.push(() => store.close());
    expect(await put(store, 1, testBytes(10))).toBeUndefined();
    expect(troubles).toEqual([expect.stringContaining('could not be written')]);
    mkdirSync(path.join(base, 'missing'));
    expect(await put(store, 1, testBytes(10))).toBeDefined();
  });
});
