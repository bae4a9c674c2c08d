/** The raylet with the database of a real browser behind it. */
import { afterEach, describe, expect, it } from 'vitest';
import { testBytes } from '../object-store/cold-store.contract.ts';
import { eraseColdStore, IndexedDbColdStore } from '../object-store/indexed-db-cold-store.ts';
import { digestOf } from '../object-store/testing/memory-cold-store.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { FakeNode, SESSION } from './testing/fake-node.ts';
import { ManualClock } from './testing/manual-clock.ts';

/** For values that come at once. */
const NOBODY = (): void => undefined;

const NAME = 'cold-storage-test';
const VALUE_BYTES = 1_000_000;
const stores: IndexedDbColdStore[] = [];

function openNode(session = SESSION): FakeNode {
  const store = new IndexedDbColdStore(NAME, 1e9, {
    clock: new ManualClock(),
    digest: async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).slice(0, 16),
    quotaLeftBytes: async () => Infinity,
  });
  stores.push(store);
  return new FakeNode({
    ports: { coldStore: store },
    options: { memoryLimitBytes: 3.5 * VALUE_BYTES, persistAfterMs: 1000 },
    session,
  });
}

/** Lets the database answer, as often as it takes. */
async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { interval: 1, timeout: 10_000 }).toBe(true);
}

function putValues(node: FakeNode, count: number): ObjectKey[] {
  return Array.from({ length: count }, (_, seed) => node.put(testBytes(VALUE_BYTES, seed).buffer));
}

afterEach(async () => {
  for (const store of stores.splice(0)) store.close();
  await eraseColdStore(NAME);
});

describe('a node in a browser', () => {
  it('O4 reads an object that was pushed out of memory back from IndexedDB', async () => {
    const node = openNode();
    const keys = putValues(node, 6);
    expect(node.raylet.store.room.memoryBytes).toBe(6 * VALUE_BYTES);
    await until(() => node.raylet.store.room.memoryBytes === 3 * VALUE_BYTES);
    const [first = 0, second = 0] = keys;
    expect(node.raylet.readLocal(second, NOBODY)).toBe('soon');
    const task = node.submit({ deps: [first] });
    node.settle();
    await until(() => {
      node.settle();
      return node.runnerOf(task) !== undefined;
    });
    const input = node.runner(task).memories.get(first);
    expect(input?.byteLength).toBe(VALUE_BYTES);
    expect(digestOf(new Uint8Array(input ?? new ArrayBuffer(0)))).toEqual(digestOf(testBytes(VALUE_BYTES, 0)));
    await until(() => node.raylet.readLocal(second, NOBODY) instanceof Uint8Array);
    expect(node.of('located')).toEqual([]);
    expect(node.fetches).toEqual([]);
  });

  it('M4 started again with the same database announces what it still holds by digest, and serves it', async () => {
    const before = openNode();
    const keys = putValues(before, 3);
    before.tick(1000);
    await until(() => before.of('digest').length === 3);
    for (const store of stores.splice(0)) store.close();

    const after = openNode(SESSION + 1);
    await until(() => after.of('succeeded').length === 1);
    const digests = keys.map((_, seed) => digestOf(testBytes(VALUE_BYTES, seed)));
    expect(before.of('digest').map(({ digest }) => digest)).toEqual(digests);
    expect(after.of('found')).toEqual(
      keys.map((object, seed) => ({ kind: 'found', object, sizeBytes: VALUE_BYTES, digest: digests[seed] })),
    );
    const [unwanted = 0, ...wanted] = keys;
    after.command({ kind: 'dropCopy', object: unwanted });
    after.raylet.onDurable(after.raylet.journal.lastNumber);
    expect(after.raylet.readLocal(unwanted, NOBODY)).toBeUndefined();
    for (const key of wanted) await until(() => after.raylet.readLocal(key, NOBODY) instanceof Uint8Array);
    const task = after.submit({ deps: wanted });
    after.settle();
    for (const [index, key] of wanted.entries()) {
      const bytes = new Uint8Array(after.runner(task).memories.get(key) ?? new ArrayBuffer(0));
      expect(digestOf(bytes)).toEqual(digests[index + 1]);
    }
    expect(after.fetches).toEqual([]);
  });
});
