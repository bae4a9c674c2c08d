import { describe, expect, it } from 'vitest';
import { OBJECT_STATE, ObjectCache, type ObjectEntry } from './object-cache.ts';

function stored(cache: ObjectCache, key: number): ObjectEntry {
  const entry = cache.obtain(key);
  return Object.assign(entry, { state: OBJECT_STATE.stored, memory: new ArrayBuffer(8), sizeBytes: 8, uses: 1 });
}

describe('what a program keeps of its objects', () => {
  it('O4 a value that the node let go of is to be asked for again; that there is one stays known', () => {
    const cache = new ObjectCache();
    const entry = stored(cache, 1);
    const inline = Object.assign(cache.obtain(2), { state: OBJECT_STATE.inline, value: Uint8Array.of(1), uses: 1 });
    for (const key of [1, 2, 3]) cache.letGo(key);
    expect([entry.isReady, entry.isHere, entry.memory]).toEqual([true, false, undefined]);
    expect([inline.isReady, inline.isHere, inline.value]).toEqual([true, false, undefined]);
    expect(cache.find(3)).toBeUndefined();
  });

  it('O4 it stays for those who are about to read it', () => {
    const cache = new ObjectCache();
    const entry = stored(cache, 1);
    cache.beginRead([1, 5]);
    cache.beginRead([1]);
    cache.letGo(1);
    cache.endRead([1]);
    expect(entry.isHere).toBe(true);
    cache.endRead([1, 5]);
    expect(entry.isHere).toBe(false);
    Object.assign(entry, { memory: new ArrayBuffer(8) });
    cache.beginRead([1]);
    cache.endRead([1]);
    expect(entry.isHere).toBe(true);
  });

  it('O4 an error is no value, and what is not there yet stays awaited', () => {
    const cache = new ObjectCache();
    const failed = Object.assign(cache.obtain(1), { state: OBJECT_STATE.error, value: Uint8Array.of(1), uses: 1 });
    const pending = cache.addSubmission(2, 0);
    for (const key of [1, 2]) cache.letGo(key);
    expect([failed.isError, failed.value?.length, pending.isReady]).toEqual([true, 1, false]);
  });
});
