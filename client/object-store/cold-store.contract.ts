/**
 * What every cold store promises, as tests: the one of plain memory that other tests rely on, and those that last.
 */
import { expect, it } from 'vitest';
import type { Attachment } from '#shared/ports/transport.ts';
import type { ColdRow, ColdStore } from './cold-store.ts';
import { digestOf } from './testing/memory-cold-store.ts';

/** Bytes that no compression makes small, different for each seed. */
export function testBytes(sizeBytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  let state = seed * 2_654_435_761;
  for (let place = 0; place < sizeBytes; place++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[place] = state >>> 24;
  }
  return bytes;
}

/** Resolves with what `put` says. */
export function put(
  store: ColdStore,
  key: number,
  bytes: Uint8Array,
  nested: readonly number[] = [],
): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => store.put(key, bytes, nested, resolve));
}

/** Resolves with what `get` says. */
export async function get(store: ColdStore, key: number): Promise<Uint8Array | undefined> {
  const bytes = await new Promise<Attachment | undefined>((resolve) => store.get(key, resolve));
  return bytes && new Uint8Array(bytes);
}

/** Resolves with all rows, by key. */
export async function list(store: ColdStore): Promise<ColdRow[]> {
  const rows = await new Promise<readonly ColdRow[]>((resolve) => store.list(resolve));
  return rows.toSorted((a, b) => a.key - b.key);
}

/** @param open makes an empty store that takes so many bytes */
export function coldStoreContract(open: (limitBytes: number) => ColdStore): void {
  const room = 64 * 1024 * 1024;

  it('O4 gives back what was put, and knows its size, digest and references', async () => {
    const store = open(room);
    const bytes = testBytes(100_000);
    expect(await put(store, 7, bytes, [3, 4])).toEqual(digestOf(bytes));
    expect(await get(store, 7)).toEqual(bytes);
    expect(await list(store)).toEqual([{ key: 7, sizeBytes: 100_000, digest: digestOf(bytes), nested: [3, 4] }]);
    expect(store.usedBytes).toBe(100_000);
    expect(bytes.length).toBe(100_000); // it is still the caller's
  });

  it('O4 gives back large values and empty ones', async () => {
    const store = open(room);
    const [large, empty] = [testBytes(3_000_000), new Uint8Array(0)];
    expect(await put(store, 1, large)).toEqual(digestOf(large));
    expect(await put(store, 2, empty)).toEqual(digestOf(empty));
    const back = await get(store, 1);
    expect(back?.length).toBe(large.length);
    expect(back?.every((byte, place) => byte === large[place])).toBe(true);
    expect(await get(store, 2)).toEqual(empty);
  });

  it('O4 stores a view without the buffer around it', async () => {
    const store = open(room);
    const bytes = testBytes(5000);
    await put(store, 1, bytes.subarray(1000, 3000));
    expect(await get(store, 1)).toEqual(bytes.slice(1000, 3000));
  });

  it('O4 has nothing under other keys, and nothing after it was deleted', async () => {
    const store = open(room);
    await put(store, 1, testBytes(10));
    expect(await get(store, 2)).toBeUndefined();
    store.delete(2);
    store.delete(1);
    expect(await get(store, 1)).toBeUndefined();
    expect(await list(store)).toEqual([]);
    expect(store.usedBytes).toBe(0);
  });

  it('O4 answers about one key in the order of the questions', async () => {
    const store = open(room);
    const [first, second] = [testBytes(2000, 1), testBytes(3000, 2)];
    const putFirst = put(store, 1, first);
    const got = get(store, 1);
    expect(await putFirst).toEqual(digestOf(first));
    expect(await got).toEqual(first);
    const putSecond = put(store, 1, second);
    const after = get(store, 1);
    expect(await putSecond).toEqual(digestOf(second));
    expect(await after).toEqual(second);
    expect(store.usedBytes).toBe(3000);
    const last = get(store, 1);
    store.delete(1);
    const gone = get(store, 1);
    expect(await last).toEqual(second);
    expect(await gone).toBeUndefined();
  });

  it('O4 what is deleted while it is written does not come back', async () => {
    const store = open(room);
    const written = put(store, 1, testBytes(50_000));
    store.delete(1);
    expect(await written).toBeUndefined();
    expect(await get(store, 1)).toBeUndefined();
    await put(store, 2, testBytes(10));
    expect((await list(store)).map(({ key }) => key)).toEqual([2]);
  });

  it('O4 never answers before the question was asked to its end', async () => {
    const store = open(1000);
    let returned = false;
    const answers: boolean[] = [];
    store.put(1, testBytes(10), [], () => void answers.push(returned));
    store.put(2, testBytes(5000), [], () => void answers.push(returned));
    store.get(1, () => void answers.push(returned));
    store.get(3, () => void answers.push(returned));
    store.list(() => void answers.push(returned));
    returned = true;
    await list(store);
    await put(store, 4, testBytes(10));
    expect(answers).toEqual([true, true, true, true, true]);
  });

  it('O4 refuses what does not fit, and takes more when something has left', async () => {
    const store = open(10_000);
    await put(store, 1, testBytes(6000));
    expect(store.freeBytes).toBe(4000);
    expect(await put(store, 2, testBytes(6000))).toBeUndefined();
    expect(await get(store, 2)).toBeUndefined();
    expect(await get(store, 1)).toHaveLength(6000);
    store.delete(1);
    await list(store);
    expect(await get(store, 1)).toBeUndefined();
    await put(store, 3, testBytes(10)); // behind the deletion
    expect(await put(store, 2, testBytes(6000))).toBeDefined();
  });

  it('O4 counts what is being written as taken', async () => {
    const store = open(10_000);
    const first = put(store, 1, testBytes(6000));
    const second = put(store, 2, testBytes(6000));
    expect(await second).toBeUndefined();
    expect(await first).toBeDefined();
    expect(store.freeBytes).toBe(4000);
  });

  it('O4 takes many values at once', async () => {
    const store = open(room);
    const sizes = Array.from({ length: 300 }, (_, key) => 1 + ((key * 7919) % 20_000));
    await Promise.all(sizes.map((sizeBytes, key) => put(store, key + 1, testBytes(sizeBytes, key))));
    const all = await Promise.all(sizes.map((_, key) => get(store, key + 1)));
    expect(all.every((bytes, key) => bytes?.length === sizes[key] && bytes?.[0] === testBytes(1, key)[0])).toBe(true);
    expect((await list(store)).length).toBe(300);
    expect(store.usedBytes).toBe(sizes.reduce((sum, size) => sum + size));
  });

  it('O4 forgets everything when it is cleared', async () => {
    const store = open(room);
    await Promise.all([put(store, 1, testBytes(10)), put(store, 2, testBytes(10))]);
    const late = put(store, 3, testBytes(10));
    await new Promise<void>((resolve) => store.clear(resolve));
    await late;
    expect(await list(store)).toEqual([]);
    expect(await get(store, 1)).toBeUndefined();
    expect(store.usedBytes).toBe(0);
    expect(await put(store, 1, testBytes(10))).toBeDefined();
  });
}
