/** Values that leave memory, come back, and outlive their session, with the raylet around them. */
import { describe, expect, it } from 'vitest';
import { digestOf, MemoryColdStore } from '../object-store/testing/memory-cold-store.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import { INLINE_BYTES } from '#shared/protocol/limits.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import { FakeNode, SESSION } from './testing/fake-node.ts';

/** For values that come at once. */
const NOBODY = (): void => undefined;

const VALUE_BYTES = INLINE_BYTES + 1;
/** Room for three values. */
const LIMIT_BYTES = Math.floor(3.5 * VALUE_BYTES);

function memoryOf(byte: number, sizeBytes = VALUE_BYTES): ArrayBuffer {
  return new Uint8Array(sizeBytes).fill(byte).buffer;
}

/** Size and content of what {@link memoryOf} made; `toEqual` takes a third of a second for one of them. */
function filled(
  memory: ArrayBuffer | SharedArrayBuffer | Uint8Array | 'soon' | 'busy' | undefined,
): [number, number] | undefined {
  if (memory === undefined || typeof memory === 'string') return undefined;
  const bytes = memory instanceof Uint8Array ? memory : new Uint8Array(memory);
  const [first = -1] = bytes;
  return [bytes.length, bytes.every((byte) => byte === first) ? first : -1];
}

function world({
  memoryLimitBytes = LIMIT_BYTES,
  persistAfterMs = Infinity,
  tellsRoom = false,
  rows = [] as number[],
} = {}) {
  const store = new MemoryColdStore({ isManual: true });
  for (const key of rows) store.put(key, new Uint8Array(memoryOf(key % 200)), [], () => undefined);
  store.settle();
  const node = new FakeNode({
    ports: { coldStore: store },
    options: { memoryLimitBytes, persistAfterMs, tellsRoom },
  });
  const settle = (): void => {
    for (let turn = 0; turn < 100 && store.waiting > 0; turn++) {
      store.settle();
      node.settle();
    }
  };
  const room = (): FakeNode['raylet']['store']['room'] => node.raylet.store.room;
  return { store, node, settle, room };
}

type World = ReturnType<typeof world>;

/** So many values of the driver, the first one used longest ago. */
function putValues({ node, settle }: World, count: number): number[] {
  const keys = Array.from({ length: count }, (_, index) => node.put(memoryOf(index + 1)));
  settle();
  return keys;
}

function isServed({ node }: World, key: number): boolean {
  return node.raylet.readLocal(key, NOBODY) instanceof Uint8Array;
}

describe('a node with a byte limit', () => {
  it('O4 writes out what was used longest ago, and lets it go only when it is written', () => {
    const w = world();
    const keys = [1, 2, 3, 4, 5].map((byte) => w.node.put(memoryOf(byte)));
    expect(w.room().memoryBytes).toBe(5 * VALUE_BYTES);
    expect([...w.store.values.keys()]).toEqual([]);
    w.settle();
    expect(w.room().memoryBytes).toBe(3 * VALUE_BYTES);
    expect([...w.store.values.keys()]).toEqual(keys.slice(0, 2));
    expect(w.node.raylet.load().storeBytes).toBe(3 * VALUE_BYTES);
    expect(w.node.raylet.report().copies.map(({ object }) => object)).toEqual(keys);
    expect(keys.map((key) => isServed(w, key))).toEqual([false, false, true, true, true]);
  });

  it('O4 a value pushed out is read back for a get, and its reader gets the very bytes', () => {
    const w = world();
    const [first = 0] = putValues(w, 5);
    const told = w.node.told(first).length;
    w.node.block(0, [first]);
    expect(w.node.driver.of('unblocked')).toEqual([]);
    w.settle();
    expect(w.node.driver.of('unblocked')).toHaveLength(1);
    expect(w.node.told(first)).toHaveLength(told + 1);
    expect(filled(w.node.driver.memories.get(first))).toEqual([VALUE_BYTES, 1]);
    expect(w.node.fetches).toEqual([]);
    expect(w.room().memoryBytes).toBeLessThanOrEqual(LIMIT_BYTES);
  });

  it('O4 a value of a task is read back for the worker that made it, which was told of it before', () => {
    const w = world();
    const parent = w.node.submit();
    w.node.settle();
    const worker = w.node.runner(parent);
    const value = w.node.put(memoryOf(9), worker, parent);
    putValues(w, 4);
    expect(isServed(w, value)).toBe(false);
    w.settle();
    putValues(w, 4);
    w.node.block(parent, [value]);
    w.settle();
    expect(filled(worker.memories.get(value))).toEqual([VALUE_BYTES, 9]);
  });

  it('O4 a `wait` that does not want the value itself needs nothing read', () => {
    const w = world();
    const [first = 0] = putValues(w, 5);
    w.node.block(0, [first], { fetch: false });
    expect(w.node.driver.of('unblocked')).toHaveLength(1);
    expect(w.store.waiting).toBe(0);
  });

  it('O4 an input is read back before its task runs', () => {
    const w = world();
    const [first = 0, second = 0] = putValues(w, 5);
    const task = w.node.submit({ deps: [first, second] });
    w.node.settle();
    expect(w.node.runnerOf(task)).toBeUndefined();
    w.settle();
    const worker = w.node.runner(task);
    for (const [key, byte] of [
      [first, 1],
      [second, 2],
    ] as const)
      expect(filled(worker.memories.get(key))).toEqual([VALUE_BYTES, byte]);
    w.node.finish(task);
  });

  it('O4 an input that left again before its run is fetched by the worker', () => {
    const w = world();
    const blocker = w.node.submit();
    w.node.settle();
    const input = w.node.put(memoryOf(7));
    const task = w.node.submit({ deps: [input] });
    putValues(w, 5);
    expect(isServed(w, input)).toBe(false);
    w.settle();
    putValues(w, 5);
    w.node.finish(blocker);
    const worker = w.node.runner(task);
    expect(worker.of('object').findLast(({ object }) => object === input)).toMatchObject({
      status: OBJECT_STATUS.stored,
      attachment: 0,
    });
    expect(worker.memories.get(input)).toBeUndefined();
    // What the worker's runtime does about an argument that is not there.
    w.node.block(task, [input]);
    w.settle();
    expect(filled(worker.memories.get(input))).toEqual([VALUE_BYTES, 7]);
    w.node.settle();
    w.node.finish(task);
    expect(w.node.raylet.load().runningTasks).toBe(0);
  });

  it('O4 more inputs than memory holds still reach their task', () => {
    const w = world();
    const inputs = putValues(w, 8);
    const task = w.node.submit({ deps: inputs });
    w.settle();
    const worker = w.node.runner(task);
    const missing = inputs.filter((key) => !worker.memories.has(key));
    if (missing.length > 0) w.node.block(task, missing);
    w.settle();
    expect(inputs.every((key, index) => new Uint8Array(worker.memories.get(key) ?? memoryOf(0))[0] === index + 1)).toBe(
      true,
    );
    expect(w.room().memoryBytes).toBeLessThanOrEqual(LIMIT_BYTES);
  });

  it('O4 what was read back and not changed leaves again without being written again', () => {
    const w = world();
    const [first = 0] = putValues(w, 5);
    w.node.block(0, [first]);
    w.settle();
    expect(isServed(w, first)).toBe(true);
    const writes = w.node.of('digest').length;
    putValues(w, 2);
    w.node.block(0, [putValues(w, 1)[0] ?? 0]);
    putValues(w, 2);
    expect(isServed(w, first)).toBe(false);
    expect(w.node.of('digest').filter(({ object }) => object === first)).toHaveLength(1);
    expect(w.node.of('digest').length).toBeGreaterThan(writes);
  });

  it('O4 a value used while it is being written stays', () => {
    const w = world();
    const keys = [1, 2, 3, 4].map((byte) => w.node.put(memoryOf(byte)));
    w.node.block(0, [keys[0] ?? 0]);
    w.settle();
    expect(isServed(w, keys[0] ?? 0)).toBe(true);
    expect(isServed(w, keys[1] ?? 0)).toBe(false);
  });

  it('O4 values of up to 100 KB count too, and come back as what they were', () => {
    const w = world({ memoryLimitBytes: 10_000 });
    const task = w.node.submit();
    w.node.settle();
    w.node.finish(task, { value: new Uint8Array(6000).fill(3) });
    const next = w.node.submit();
    w.node.settle();
    w.node.finish(next, { value: new Uint8Array(6000).fill(4) });
    expect(w.room().memoryBytes).toBe(12_000);
    w.settle();
    expect(w.room().memoryBytes).toBe(6000);
    w.node.block(0, [task]);
    w.settle();
    expect(w.node.told(task).at(-1)).toMatchObject({
      status: OBJECT_STATUS.inline,
      value: new Uint8Array(6000).fill(3),
    });
  });

  it('O4 a dropped copy leaves cold storage as well, also while it is on its way', () => {
    const w = world();
    const [first = 0, second = 0] = putValues(w, 5);
    w.node.command({ kind: 'dropCopy', object: first });
    w.settle();
    expect(w.store.values.has(first)).toBe(false);
    // Being read.
    w.node.block(0, [second]);
    w.node.command({ kind: 'dropCopy', object: second });
    w.settle();
    expect(w.store.values.has(second)).toBe(false);
    expect(w.node.of('want').map(({ object }) => object)).toEqual([second]);
    w.node.describe(second);
    expect(w.node.driver.of('unblocked')).toHaveLength(1);
    // Being written.
    const third = [1, 2, 3].map((byte) => w.node.put(memoryOf(byte)));
    const leaving = w.node.raylet.report().copies.map(({ object }) => object);
    for (const object of leaving) w.node.command({ kind: 'dropCopy', object });
    w.settle();
    expect(third.every((key) => !w.store.values.has(key))).toBe(true);
    expect(w.room().memoryBytes).toBe(0);
    expect(w.store.values.size).toBe(0);
  });

  it('O4 a row that is gone is a lost copy: the server is told and asked', () => {
    const w = world();
    const [first = 0] = putValues(w, 5);
    w.store.values.clear();
    w.node.block(0, [first]);
    w.settle();
    expect(w.node.of('located')).toMatchObject([{ object: first, present: false }]);
    expect(w.node.of('want')).toMatchObject([{ object: first }]);
    expect(w.node.raylet.report().copies.map(({ object }) => object)).not.toContain(first);
    w.node.describe(first, OBJECT_STATUS.stored, VALUE_BYTES);
    w.node.fetches.shift()?.done(memoryOf(1));
    w.settle();
    expect(w.node.driver.of('unblocked')).toHaveLength(1);
  });

  it('O4 full or broken cold storage loses nothing, and is tried again', () => {
    const w = world();
    w.store.isBroken = true;
    const keys = putValues(w, 6);
    expect(keys.every((key) => isServed(w, key))).toBe(true);
    expect(w.room().memoryBytes).toBe(6 * VALUE_BYTES);
    w.store.isBroken = false;
    w.node.tick(4000);
    expect(w.store.waiting).toBe(0);
    w.node.tick(2000);
    w.settle();
    expect(w.room().memoryBytes).toBe(3 * VALUE_BYTES);
    w.store.limitBytes = w.store.usedBytes + 1.5 * VALUE_BYTES;
    const more = putValues(w, 3);
    expect(w.room().memoryBytes).toBe(5 * VALUE_BYTES);
    expect(more.every((key) => isServed(w, key))).toBe(true);
  });

  it('O4 serves a copy in cold storage to another node after a word of patience', () => {
    const w = world();
    const [first = 0] = putValues(w, 5);
    expect(w.node.raylet.readLocal(first, NOBODY)).toBe('soon');
    expect(w.node.raylet.readLocal(first, NOBODY)).toBe('soon');
    expect(w.store.waiting).toBe(1);
    w.settle();
    expect(filled(w.node.raylet.readLocal(first, NOBODY))).toEqual([VALUE_BYTES, 1]);
  });

  it('O4 serves a copy that has to leave memory again as soon as it is there', () => {
    const w = world({ memoryLimitBytes: VALUE_BYTES - 1 });
    const [key = 0] = putValues(w, 1);
    const served: unknown[] = [];
    const serve = (): void => void served.push(filled(w.node.raylet.readLocal(key, serve)));
    expect(w.node.raylet.readLocal(key, serve)).toBe('soon');
    w.settle();
    expect(served).toEqual([[VALUE_BYTES, 1]]);
    expect(w.room().memoryBytes).toBe(0);
    w.store.values.clear();
    expect(w.node.raylet.readLocal(key, serve)).toBe('soon');
    w.settle();
    expect(served).toEqual([[VALUE_BYTES, 1], undefined]);
  });

  it('B1 asks further nodes to come again when many wait for values in cold storage', () => {
    const w = world();
    const [first = 0] = putValues(w, 5);
    const answers = Array.from({ length: 1100 }, () => w.node.raylet.readLocal(first, NOBODY));
    expect(answers.filter((answer) => answer === 'soon')).toHaveLength(1024);
    expect(answers.at(-1)).toBe('busy');
  });

  it('O5 a value sent to two workers is still there for both, and for others', () => {
    const w = world();
    const object = w.node.put(memoryOf(5));
    const worker = w.node.submit();
    w.node.settle();
    w.node.block(0, [object]);
    w.node.block(worker, [object]);
    w.settle();
    for (const reader of [w.node.driver, w.node.runner(worker)])
      expect(reader.memories.get(object)?.byteLength).toBe(VALUE_BYTES);
    expect(filled(w.node.raylet.readLocal(object, NOBODY))).toEqual([VALUE_BYTES, 5]);
  });

  it('O4 without cold storage nothing leaves', () => {
    const node = new FakeNode({ options: { memoryLimitBytes: 1000 } });
    const keys = [1, 2, 3].map((byte) => node.put(memoryOf(byte)));
    node.tick(10_000);
    expect(keys.every((key) => node.raylet.readLocal(key, NOBODY) instanceof Uint8Array)).toBe(true);
    expect(node.of('digest')).toEqual([]);
    expect(node.of('succeeded')).toEqual([]);
  });

  it('O4 answers of cold storage to a session that is over change nothing', () => {
    const w = world();
    const [first = 0] = putValues(w, 5);
    w.node.block(0, [first]);
    w.node.put(memoryOf(1));
    const records = w.node.raylet.journal.total;
    w.node.raylet.store.close();
    w.store.settle();
    expect(w.node.raylet.journal.total).toBe(records);
    expect(w.node.driver.of('unblocked')).toEqual([]);
  });
});

describe('room', () => {
  it('O4 workers are told when they come up and when it changed by much', () => {
    const w = world({ tellsRoom: true, memoryLimitBytes: 20 * VALUE_BYTES });
    w.store.limitBytes = 5 * VALUE_BYTES;
    const task = w.node.submit();
    w.node.settle();
    const worker = w.node.runner(task);
    const told = (): number[] => worker.of('room').map(({ freeBytes }) => freeBytes);
    expect(told()).toEqual([25 * VALUE_BYTES]);
    expect(worker.commands.findIndex(({ kind }) => kind === 'room')).toBeLessThan(
      worker.commands.findIndex(({ kind }) => kind === 'run'),
    );
    w.node.put(memoryOf(1));
    w.node.put(memoryOf(2));
    expect(told()).toHaveLength(1);
    w.node.put(memoryOf(3));
    expect(told()).toEqual([25 * VALUE_BYTES, 22 * VALUE_BYTES]);
    expect(w.node.driver.of('room')).toEqual([]);
  });

  it('O4 is none when memory is full and cold storage takes nothing, and comes back', () => {
    const w = world({ tellsRoom: true });
    w.store.isBroken = true;
    const task = w.node.submit();
    w.node.settle();
    const worker = w.node.runner(task);
    const keys = putValues(w, 4);
    expect(worker.of('room').at(-1)?.freeBytes).toBe(0);
    for (const object of keys) w.node.command({ kind: 'dropCopy', object });
    expect(worker.of('room').at(-1)?.freeBytes).toBe(LIMIT_BYTES);
  });

  it('O4 memory holds at most about twice its limit, however much cold storage has', () => {
    const w = world({ tellsRoom: true });
    expect(w.room().freeBytes).toBe(2 * LIMIT_BYTES);
    w.node.put(memoryOf(1));
    expect(w.room().freeBytes).toBe(2 * LIMIT_BYTES - VALUE_BYTES);
    putValues(w, 4);
    expect(w.room().freeBytes).toBe(2 * LIMIT_BYTES - 3 * VALUE_BYTES);
  });

  it('O4 what is in cold storage as well takes no room in memory', () => {
    const w = world({ memoryLimitBytes: 10 * VALUE_BYTES, persistAfterMs: 1000 });
    w.store.limitBytes = 3 * VALUE_BYTES;
    putValues(w, 2);
    expect(w.room().freeBytes).toBe(11 * VALUE_BYTES);
    w.node.tick(1000);
    w.settle();
    expect(w.room().freeBytes).toBe(11 * VALUE_BYTES);
  });
});

describe('a later life of the node', () => {
  it('M4 values that live long are written although there is room, and the server hears their digests', () => {
    const w = world({ persistAfterMs: 1000 });
    w.settle();
    const long = w.node.put(memoryOf(1));
    const short = w.node.put(memoryOf(2));
    w.node.tick(900);
    w.node.command({ kind: 'dropCopy', object: short });
    expect(w.store.waiting).toBe(0);
    w.node.tick(100);
    w.settle();
    expect([...w.store.values.keys()]).toEqual([long]);
    expect(isServed(w, long)).toBe(true);
    expect(w.node.of('digest')).toEqual([
      { kind: 'digest', object: long, sizeBytes: VALUE_BYTES, digest: digestOf(new Uint8Array(memoryOf(1))) },
    ]);
    putValues(w, 4);
    expect(isServed(w, long)).toBe(false);
    w.settle();
  });

  const OLD = objectKey(SESSION - 1, 40);
  const OTHER = objectKey(SESSION - 1, 41);

  it('M4 announces what it finds by digest, then that this was all', () => {
    const w = world({ rows: [OLD, OTHER] });
    w.settle();
    const news = w.node.of('found');
    expect(news.map(({ object, sizeBytes }) => [object, sizeBytes])).toEqual([
      [OLD, VALUE_BYTES],
      [OTHER, VALUE_BYTES],
    ]);
    expect(news[0]?.digest).toEqual(digestOf(new Uint8Array(memoryOf(OLD % 200))));
    expect(w.node.records.findIndex(({ kind }) => kind === 'succeeded')).toBeGreaterThan(
      w.node.records.findLastIndex(({ kind }) => kind === 'found'),
    );
    expect(w.node.of('succeeded')).toHaveLength(1);
  });

  it('M4 says so too if it finds nothing', () => {
    const w = world();
    w.settle();
    expect(w.node.of('found')).toEqual([]);
    expect(w.node.of('succeeded')).toHaveLength(1);
  });

  it('M4 believes a copy only after the server has answered, and serves and uses it then', () => {
    const w = world({ rows: [OLD, OTHER] });
    w.settle();
    expect(w.node.raylet.readLocal(OLD, NOBODY)).toBe('busy');
    expect(w.store.waiting).toBe(0);
    expect(w.node.raylet.report().copies).toEqual([]);
    w.node.command({ kind: 'dropCopy', object: OTHER });
    w.node.raylet.journal.flush();
    w.node.raylet.onDurable(w.node.raylet.journal.lastNumber);
    w.settle();
    expect([...w.store.values.keys()]).toEqual([OLD]);
    expect(w.node.raylet.readLocal(OTHER, NOBODY)).toBeUndefined();
    expect(w.node.raylet.report().copies).toEqual([{ object: OLD, sizeBytes: VALUE_BYTES }]);
    const task = w.node.submit({ deps: [OLD] });
    w.settle();
    expect(filled(w.node.runner(task).memories.get(OLD))).toEqual([VALUE_BYTES, OLD % 200]);
    expect(w.node.fetches).toEqual([]);
    expect(w.node.of('want')).toEqual([]);
    w.node.finish(task);
  });

  it('M4 whoever waits for an object that turns out to be here gets it', () => {
    const w = world({ rows: [OLD] });
    w.node.block(0, [OLD]);
    w.settle();
    w.node.describe(OLD, OBJECT_STATUS.stored, VALUE_BYTES);
    expect(w.node.fetches).toHaveLength(1);
    w.node.raylet.journal.flush();
    w.node.raylet.onDurable(w.node.raylet.journal.lastNumber);
    w.settle();
    expect(w.node.driver.of('unblocked')).toHaveLength(1);
    w.node.fetches.shift()?.done(undefined);
    w.settle();
    expect(isServed(w, OLD)).toBe(true);
    expect(w.node.raylet.load().storeBytes).toBe(VALUE_BYTES);
  });

  it('M4 a key of this very session is from another cluster: its row is removed, not announced', () => {
    const alien = objectKey(SESSION, 2 ** 31);
    const w = world({ rows: [alien, OLD] });
    w.settle();
    expect(w.node.of('found').map(({ object }) => object)).toEqual([OLD]);
    expect([...w.store.values.keys()]).toEqual([OLD]);
  });

  it('M4 a value made here meanwhile under an announced name is not taken for the old one', () => {
    const w = world({ rows: [OLD], memoryLimitBytes: 1000 });
    w.settle();
    w.node.lease({ task: OLD });
    w.node.finish(OLD, { memory: memoryOf(77) });
    w.store.step();
    w.node.command({ kind: 'dropCopy', object: OLD });
    w.settle();
    expect(w.node.raylet.report().copies).toEqual([{ object: OLD, sizeBytes: VALUE_BYTES }]);
    expect(w.store.values.get(OLD)?.bytes[0]).toBe(77);
  });

  it('M4 a value made here meanwhile keeps its place in cold storage when the old copy is accepted', () => {
    const w = world({ rows: [OLD], memoryLimitBytes: 1000 });
    w.settle();
    w.node.lease({ task: OLD });
    w.node.finish(OLD, { memory: memoryOf(77) });
    w.settle();
    w.node.raylet.onDurable(w.node.raylet.journal.lastNumber);
    w.settle();
    expect(w.store.values.get(OLD)?.bytes[0]).toBe(77);
    w.node.block(0, [OLD]);
    w.settle();
    expect(filled(w.node.driver.memories.get(OLD))).toEqual([VALUE_BYTES, 77]);
  });

  it('M3 a server that started anew hears again of what it has not answered, and of the copies it has', () => {
    const w = world({ rows: [OLD, OTHER] });
    w.settle();
    const [spilled = 0] = putValues(w, 5);
    const report = w.node.raylet.report();
    expect(report.copies.map(({ object }) => object)).toContain(spilled);
    expect(w.node.of('found').map(({ object }) => object)).toEqual([OLD, OTHER, OLD, OTHER]);
    expect(report.lastRecord).toBe(w.node.raylet.journal.lastNumber);
    w.node.raylet.onDurable(report.lastRecord);
    expect(w.node.raylet.report().copies.map(({ object }) => object)).toEqual(expect.arrayContaining([OLD, OTHER]));
  });
});
