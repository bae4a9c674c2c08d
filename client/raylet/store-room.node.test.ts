/** Room that is counted in memory the workers share, with the raylet around it. */
import { describe, expect, it } from 'vitest';
import { MemoryColdStore } from '../object-store/testing/memory-cold-store.ts';
import { INLINE_BYTES } from '#shared/protocol/limits.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import type { StoreRoom } from './ports.ts';
import { FakeNode, type FakeWorker } from './testing/fake-node.ts';

const VALUE_BYTES = INLINE_BYTES + 1;
const FULL_AFTER_MS = 2_000;

/** Room for `count` values; keeps count of what was said of it. */
class TestRoom implements StoreRoom {
  freeBytes: number;
  fullCount = 0;

  constructor(count: number) {
    this.freeBytes = count * VALUE_BYTES;
  }

  take(sizeBytes: number): void {
    this.freeBytes -= sizeBytes;
  }

  release(sizeBytes: number): void {
    this.freeBytes += sizeBytes;
  }

  full(): void {
    this.fullCount += 1;
  }
}

/** A node with room for five values of which four may stay, and cold storage that answers when it is told. */
function world({ hasDisk = true } = {}) {
  const room = new TestRoom(5);
  const store = new MemoryColdStore({ isManual: true });
  const node = new FakeNode({
    ports: { room, ...(hasDisk ? { coldStore: store } : {}) },
    options: { memoryLimitBytes: 4 * VALUE_BYTES },
  });
  /** As a worker does it: takes the room, then says so. */
  const put = (byte: number, worker = node.driver): number => {
    room.take(VALUE_BYTES);
    node.raylet.store.arrived(VALUE_BYTES);
    const memory = new SharedArrayBuffer(VALUE_BYTES);
    new Uint8Array(memory).fill(byte);
    return node.put(memory as unknown as ArrayBuffer, worker);
  };
  const settle = (): void => {
    for (let turn = 0; turn < 100 && store.waiting > 0; turn++) {
      store.settle();
      node.settle();
    }
  };
  const waits = (sizeBytes: number, worker: FakeWorker = node.driver): void =>
    node.say(worker, { kind: 'needsRoom', sizeBytes });
  return { room, store, node, put, settle, waits };
}

function letGo(worker: FakeWorker): number[] {
  return worker.of('letGo').map(({ object }) => object);
}

describe('a node with shared room', () => {
  it('O4 gives room back as values leave memory, and tells whoever has them to let go', () => {
    const { room, node, put, settle } = world();
    const keys = [1, 2, 3, 4, 5].map((byte) => put(byte));
    expect([room.freeBytes, letGo(node.driver)]).toEqual([0, []]);
    settle();
    expect([room.freeBytes, letGo(node.driver)]).toEqual([VALUE_BYTES, keys.slice(0, 1)]);
  });

  it('O4 tells every worker that was given the value, and none that has ended', () => {
    const { node, put, settle } = world();
    const input = put(1);
    const tasks = [node.submit({ deps: [input] }), node.submit({ deps: [input] })];
    node.settle();
    const reader = node.runner(tasks[0] ?? 0);
    node.finish(tasks[0] ?? 0);
    expect(node.told(input, reader)).toHaveLength(2);
    node.crash(reader);
    const next = node.runner(tasks[1] ?? 0);
    node.finish(tasks[1] ?? 0);
    for (const byte of [2, 3, 4, 5]) put(byte);
    settle();
    expect([letGo(next), letGo(node.driver), letGo(reader)]).toEqual([[input], [input], []]);
  });

  it('O4 takes room for what is read back, so that something else leaves', () => {
    const { room, node, put, settle } = world();
    const keys = [1, 2, 3, 4, 5, 6].map((byte) => put(byte));
    settle();
    expect(room.freeBytes).toBe(VALUE_BYTES);
    node.block(0, [keys[0] ?? 0]);
    settle();
    expect(node.told(keys[0] ?? 0)).toHaveLength(1);
    expect([room.freeBytes, letGo(node.driver)]).toEqual([VALUE_BYTES, keys.slice(0, 3)]);
  });

  it('O4 makes room for a thread that waits, also below the limit', () => {
    const { room, store, put, settle, waits } = world();
    for (const byte of [1, 2, 3]) put(byte);
    settle();
    expect(store.values.size).toBe(0);
    waits(4 * VALUE_BYTES);
    settle();
    expect([room.freeBytes, store.values.size]).toEqual([4 * VALUE_BYTES, 2]);
    waits(0);
    put(4);
    settle();
    expect(store.values.size).toBe(2);
  });

  it('O4 says that the store is full only after a while in which nothing could leave', () => {
    const { room, node, store, put, settle, waits } = world();
    store.limitBytes = 0;
    const keys = [1, 2, 3, 4, 5].map((byte) => put(byte));
    waits(VALUE_BYTES);
    expect(node.raylet.isQuiet).toBe(false);
    node.tick(FULL_AFTER_MS - 1);
    expect(room.fullCount).toBe(0);
    node.tick(1);
    expect([room.fullCount, node.raylet.isQuiet]).toEqual([1, true]);
    waits(0);
    waits(VALUE_BYTES);
    node.tick(FULL_AFTER_MS - 1);
    node.say(node.driver, { kind: 'release', object: keys[0] ?? 0, holder: 0 });
    node.command({ kind: 'dropCopy', object: keys[0] ?? 0 });
    expect(room.freeBytes).toBe(VALUE_BYTES);
    waits(0);
    node.tick(FULL_AFTER_MS);
    settle();
    expect(room.fullCount).toBe(1);
  });

  it('O4 waits for a slow disk as long as it takes', () => {
    const { room, node, store, put, settle, waits } = world();
    for (const byte of [1, 2, 3, 4, 5]) put(byte);
    waits(2 * VALUE_BYTES);
    for (let turn = 0; turn < 5; turn++) node.tick(FULL_AFTER_MS);
    expect([room.fullCount, store.waiting > 0]).toEqual([0, true]);
    settle();
    expect(room.freeBytes).toBe(2 * VALUE_BYTES);
  });

  it('O4 without a disk there is no room but what is let go of, and a thread that has ended waits for none', () => {
    const { room, node, put, waits } = world({ hasDisk: false });
    for (const byte of [1, 2, 3, 4, 5]) put(byte);
    const task = node.submit();
    node.settle();
    const worker = node.runner(task);
    waits(VALUE_BYTES, worker);
    node.crash(worker);
    node.tick(FULL_AFTER_MS);
    expect(room.fullCount).toBe(0);
    waits(VALUE_BYTES);
    node.tick(FULL_AFTER_MS);
    expect(room.fullCount).toBe(1);
  });

  it('O4 gives everything back when the session is over', () => {
    const { room, node, put, settle } = world();
    const keys = [1, 2, 3].map((byte) => put(byte));
    node.block(0, [keys[0] ?? 0]);
    settle();
    node.raylet.store.close();
    expect(room.freeBytes).toBe(5 * VALUE_BYTES);
    expect(node.told(keys[0] ?? 0)[0]?.status).toBe(OBJECT_STATUS.stored);
  });
});
