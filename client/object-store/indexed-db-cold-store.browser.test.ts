import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '#shared/ports/clock.ts';
import { coldStoreContract, get, list, put, testBytes } from './cold-store.contract.ts';
import { eraseColdStore, IndexedDbColdStore } from './indexed-db-cold-store.ts';
import { digestOf } from './testing/memory-cold-store.ts';

const ROOM = 64 * 1024 * 1024;
const browserClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
const open = new Set<{ name: string; store: IndexedDbColdStore }>();
let names = 0;

function openStore(name: string, limitBytes = ROOM, quotaBytes = Infinity, clock = browserClock) {
  const troubles: string[] = [];
  const store = new IndexedDbColdStore(name, limitBytes, {
    clock,
    digest: async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).slice(0, 16),
    quotaLeftBytes: async () => quotaBytes,
    onTrouble: (message) => void troubles.push(message),
  });
  open.add({ name, store });
  return Object.assign(store, { troubles });
}

interface Buckets {
  open(name: string, options: { quota: number }): Promise<{ readonly indexedDB: IDBFactory }>;
  delete(name: string): Promise<void>;
}

/** With an IndexedDB that the browser itself lets grow to this size and no further. */
async function withQuota(quotaBytes: number, act: () => Promise<void>): Promise<void> {
  const { storageBuckets: buckets } = navigator as unknown as { readonly storageBuckets: Buckets };
  const bucket = await buckets.open('cold-store-test', { quota: quotaBytes });
  const own = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB') ?? {};
  Object.defineProperty(globalThis, 'indexedDB', { value: bucket.indexedDB, configurable: true });
  try {
    await act();
  } finally {
    Object.defineProperty(globalThis, 'indexedDB', own);
    await buckets.delete('cold-store-test');
  }
}

/** A connection that knows nothing of stores and gives way to nobody. */
function openRaw(name: string, version: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(new Error('the test cannot open a database')));
  });
}

function newName(): string {
  names += 1;
  return `cold-store-test-${names}`;
}

afterEach(async () => {
  for (const { store } of open) store.close();
  for (const { name } of open) await eraseColdStore(name);
  open.clear();
});

describe('IndexedDbColdStore', () => {
  coldStoreContract((limitBytes) => openStore(newName(), limitBytes));

  it('M4 a store opened later has what the one before it wrote', async () => {
    const name = newName();
    const bytes = testBytes(3_000_000);
    const first = openStore(name);
    await put(first, 2 ** 40 + 5, bytes, [9]);
    await put(first, 2, testBytes(10));
    first.close();
    const second = openStore(name);
    expect(await list(second)).toEqual([
      { key: 2, sizeBytes: 10, digest: digestOf(testBytes(10)), nested: [] },
      { key: 2 ** 40 + 5, sizeBytes: 3_000_000, digest: digestOf(bytes), nested: [9] },
    ]);
    expect(second.usedBytes).toBe(3_000_010);
    const read = await get(second, 2 ** 40 + 5);
    expect(digestOf(read ?? new Uint8Array())).toEqual(digestOf(bytes));
  });

  it('O4 leaves room for others within what the browser allows', async () => {
    const store = openStore(newName(), ROOM, 10_000);
    await list(store);
    expect(store.freeBytes).toBe(8000);
    expect(await put(store, 1, testBytes(9000))).toBeUndefined();
    expect(await put(store, 1, testBytes(7000))).toBeDefined();
    expect(store.freeBytes).toBe(1000);
    store.setLimit(7500);
    expect(store.freeBytes).toBe(500);
  });

  it('O4 a browser that is out of room makes the store full until something leaves it', async () => {
    await withQuota(3_000_000, async () => {
      const store = openStore(newName());
      await put(store, 1, testBytes(200_000));
      const late = put(store, 2, testBytes(8_000_000));
      const other = put(store, 3, testBytes(1000));
      expect(await late).toBeUndefined();
      await other; // it may have shared the transaction of the large one
      expect(store.troubles[0]).toMatch(/^values could not be stored: /);
      expect(store.freeBytes).toBe(0);
      expect(await put(store, 4, testBytes(10))).toBeUndefined();
      expect(await get(store, 1)).toHaveLength(200_000);
      store.delete(1);
      expect(store.freeBytes).toBe(200_000);
      expect(await put(store, 5, testBytes(1000))).toBeDefined();
      expect(await get(store, 1)).toBeUndefined();
      store.close();
    });
  });

  it('O4 a database that is erased elsewhere takes nothing more, loses nothing silently and stands in nobody’s way', async () => {
    const name = newName();
    const store = openStore(name);
    await put(store, 1, testBytes(10));
    await eraseColdStore(name);
    expect(store.freeBytes).toBe(0);
    expect(store.troubles).toEqual(['the database is being erased']);
    expect(await get(store, 1)).toBeUndefined();
    expect(await put(store, 2, testBytes(10))).toBeUndefined();
    expect(await list(store)).toEqual([]);
    store.delete(1);
    await new Promise<void>((resolve) => store.clear(resolve));
  });

  it('O4 a database that cannot be opened answers everything with no', async () => {
    const name = newName();
    // One of a later version is there already.
    (await openRaw(name, 99)).close();
    const store = openStore(name);
    const early = put(store, 1, testBytes(10));
    expect(await list(store)).toEqual([]);
    expect(await early).toBeUndefined();
    expect(store.freeBytes).toBe(0);
    expect(await get(store, 1)).toBeUndefined();
    expect(store.troubles[0]).toMatch(/^the database cannot be opened: /);
  });

  it('O4 a database that stays blocked is given up after a while', async () => {
    const name = newName();
    const stubborn = await openRaw(name, 1);
    const erased = eraseColdStore(name); // waits for the stubborn one, and whoever opens waits for this
    let giveUp = (): void => undefined;
    const store = openStore(name, ROOM, Infinity, {
      nowMs: () => 0,
      after(delayMs, callback) {
        expect(delayMs).toBe(10_000);
        giveUp = callback;
        return () => undefined;
      },
    });
    const early = put(store, 1, testBytes(10));
    giveUp();
    expect(await early).toBeUndefined();
    expect(store.freeBytes).toBe(0);
    expect(await get(store, 1)).toBeUndefined();
    expect(store.troubles).toEqual(['the database cannot be opened: it is blocked']);
    stubborn.close();
    await erased;
  });

  it('O4 what is put before the database is open is there afterwards', async () => {
    const store = openStore(newName());
    const [early, read] = [put(store, 1, testBytes(10)), get(store, 1)];
    expect(await read).toEqual(testBytes(10));
    expect(await early).toBeDefined();
    expect(await get(store, 1)).toEqual(testBytes(10));
  });
});
