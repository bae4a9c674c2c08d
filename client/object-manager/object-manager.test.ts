import { describe, expect, it } from 'vitest';
import { digest128Bytes } from '#shared/ids/content-id.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { CHUNK_BYTES, CHUNKS_IN_FLIGHT } from '#shared/protocol/limits.ts';
import { CHUNK_STATUS } from '#shared/protocol/session-frames.ts';
import { PULL_PRIORITY } from './ports.ts';
import { KEY, manifestOf, patterned, rootOf, TransferWorld } from './testing/transfer-world.ts';

const MB = 1024 * 1024;
const LARGE = 6 * CHUNK_BYTES + 123;

/** `toEqual` takes seconds for a few megabytes. */
function holds(memory: Attachment | undefined, bytes: Uint8Array): boolean {
  if (memory === undefined) return false;
  const found = new Uint8Array(memory);
  return found.length === bytes.length && found.every((byte, at) => byte === bytes[at]);
}

function pulling(w: TransferWorld, sizeBytes: number, key = KEY): (Attachment | undefined)[] {
  const results: (Attachment | undefined)[] = [];
  w.manager.pull(key, sizeBytes, (memory) => results.push(memory));
  return results;
}

/** A pull of several chunks whose sources are named. */
function located(w: TransferWorld, bytes: Uint8Array, sessions: readonly number[], digest?: Uint8Array) {
  const results = pulling(w, bytes.length);
  const [locate] = w.take('locate');
  const transfer = locate?.transfer ?? 0;
  w.sources(transfer, bytes, sessions, digest);
  return { transfer, results };
}

describe('ObjectManager: values of one chunk', () => {
  it('O6 are asked of whoever has them, once for all who want them', () => {
    const w = new TransferWorld();
    const bytes = patterned(1000);
    const results = [...Array(3).keys()].map(() => pulling(w, bytes.length));
    const asked = w.pieces();
    expect(asked).toMatchObject([{ type: 'fetch', object: KEY, offset: 0 }]);
    w.piece(asked[0], bytes);
    expect(results.map((each) => each.length)).toEqual([1, 1, 1]);
    expect(holds(results[0]?.[0], bytes)).toBe(true);
    w.piece(asked[0], bytes);
    expect(results[0]).toHaveLength(1);
    expect([w.manager.pullCount, w.manager.bytesInFlight, w.asked]).toEqual([0, 0, []]);
  });

  it('T5 with another digest are no copy: whose they were is told, and another source is asked', () => {
    const w = new TransferWorld();
    const bytes = patterned(1000);
    const results = pulling(w, bytes.length);
    w.piece(w.pieces()[0], patterned(1000, 33), CHUNK_STATUS.ok, digest128Bytes(bytes));
    expect(results).toEqual([]);
    expect(w.corrupted).toEqual([{ key: KEY, source: 1, offset: 0 }]);
    const [locate] = w.take('locate');
    expect(locate).toMatchObject({ object: KEY, without: [1] });
    w.sources(locate?.transfer ?? 0, bytes, [2], digest128Bytes(bytes));
    const [again] = w.pieces();
    expect(again).toMatchObject({ type: 'fetchFrom', source: 2, offset: 0 });
    // Its own digest proves nothing where the server knows it.
    w.piece(again, patterned(1000, 33));
    expect(w.corrupted).toHaveLength(2);
    w.sources(w.take('locate')[0]?.transfer ?? 0, bytes, [3], digest128Bytes(bytes));
    w.piece(w.pieces()[0], bytes);
    expect(holds(results[0], bytes)).toBe(true);
  });

  it('asks once more when no copy is found, then gives up', () => {
    const w = new TransferWorld();
    const bytes = patterned(1000);
    const results = pulling(w, bytes.length);
    w.piece(w.pieces()[0], bytes, CHUNK_STATUS.missing);
    expect(results).toEqual([]);
    w.clock.advance(1000);
    w.piece(w.pieces()[0], bytes, CHUNK_STATUS.missing);
    expect(results).toEqual([undefined]);
  });

  it('O4 waits longer and longer for a busy holder, and asks again when nothing comes', () => {
    const w = new TransferWorld();
    const bytes = patterned(100);
    pulling(w, bytes.length);
    for (const waitMs of [50, 100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000]) {
      w.piece(w.pieces()[0], bytes, CHUNK_STATUS.busy);
      w.clock.advance(waitMs - 1);
      expect(w.asked).toEqual([]);
      w.clock.advance(1);
      expect(w.asked).toHaveLength(1);
    }
    w.pieces();
    w.clock.advance(10_000);
    expect(w.pieces()).toHaveLength(1);
  });

  it('O1 of another size than was said are another version, taken from the start', () => {
    const w = new TransferWorld();
    const bytes = patterned(CHUNK_BYTES + 5);
    const results = pulling(w, 100);
    w.piece(w.pieces()[0], bytes);
    const [locate] = w.take('locate');
    w.sources(locate?.transfer ?? 0, bytes, [1]);
    w.manifest(locate?.transfer ?? 0, bytes, 1);
    w.serve(bytes);
    expect(holds(results[0], bytes)).toBe(true);
    expect(w.manager.bytesInFlight).toBe(0);
  });

  it('T3 of a size that no memory has are told to who asked; it costs nothing', () => {
    const w = new TransferWorld();
    const told: [Attachment | undefined, boolean | undefined][] = [];
    const sizeBytes = 2 ** 45;
    w.manager.pull(KEY, 0, (memory, isTooLarge) => void told.push([memory, isTooLarge]));
    const [asked] = w.pieces();
    const nothing = { object: KEY, source: 1, digest: new Uint8Array(0), status: CHUNK_STATUS.ok } as const;
    w.manager.onFrame({
      type: 'piece',
      transfer: asked?.transfer ?? 0,
      offset: 0,
      totalBytes: sizeBytes,
      data: new Uint8Array(1),
      ...nothing,
    });
    expect(told).toEqual([[undefined, true]]);
    expect([w.manager.pullCount, w.manager.bytesInFlight]).toEqual([0, 0]);
  });
});

describe('ObjectManager: values of several chunks', () => {
  it('B1 come from a named source, at most a window of pieces open, in any order of answers', () => {
    const w = new TransferWorld();
    const bytes = patterned(LARGE);
    const { transfer, results } = located(w, bytes, [5], rootOf(bytes));
    expect(w.take('describe')).toMatchObject([{ transfer, source: 5, object: KEY }]);
    w.manifest(transfer, bytes, 5);
    let open = w.pieces();
    while (open.length > 0) {
      expect(open.length).toBeLessThanOrEqual(CHUNKS_IN_FLIGHT);
      w.piece(open.pop(), bytes);
      open = [...open, ...w.pieces()];
    }
    expect(holds(results[0], bytes)).toBe(true);
    expect([w.manager.pullCount, w.manager.bytesInFlight]).toEqual([0, 0]);
    expect(w.described).toEqual([{ key: KEY, digest: rootOf(bytes) }]);
  });

  it('O4 whose pull ends without a value give back the memory that it had; a value keeps its own', () => {
    const bytes = patterned(LARGE);
    const begun = (): TransferWorld => {
      const w = new TransferWorld();
      const { transfer } = located(w, bytes, [7]);
      w.piece(w.pieces()[0], bytes);
      expect(w.takenBytes).toBe(LARGE);
      w.manifest(transfer, bytes, 7);
      return w;
    };
    const ended = begun();
    ended.manager.clear();
    expect(ended.takenBytes).toBe(0);
    const changed = begun();
    changed.piece(changed.pieces()[0], patterned(LARGE + 5));
    expect(changed.takenBytes).toBe(0);
    const w = new TransferWorld();
    const { transfer, results } = located(w, bytes, [7]);
    w.manifest(transfer, bytes, 7);
    w.serve(bytes);
    expect([results.length, w.takenBytes]).toEqual([1, LARGE]);
  });

  it('O1 bytes that come before their digests are looked at when those come', () => {
    const w = new TransferWorld();
    const bytes = patterned(LARGE);
    const { transfer, results } = located(w, bytes, [5, 6], rootOf(bytes));
    const wrong = Uint8Array.from(bytes);
    wrong[CHUNK_BYTES + 1] = 255 - (bytes[CHUNK_BYTES + 1] ?? 0);
    w.serve(wrong);
    expect(results).toEqual([]);
    w.manifest(transfer, bytes, 5);
    expect(w.corrupted).toEqual([{ key: KEY, source: 5, offset: CHUNK_BYTES }]);
    w.manifest(transfer, bytes, 6);
    expect(w.pieces().map(({ offset, ...asked }) => [asked.type, offset / CHUNK_BYTES])).toEqual([['fetchFrom', 1]]);
  });

  it('O6 go on from another source where they were when one leaves', () => {
    const w = new TransferWorld();
    const bytes = patterned(LARGE);
    const { transfer, results } = located(w, bytes, [5, 6], rootOf(bytes));
    w.manifest(transfer, bytes, 5);
    const [first, second, third] = w.pieces();
    w.piece(first, bytes);
    w.piece(second, bytes);
    w.pieces();
    w.piece(third, bytes, CHUNK_STATUS.away);
    w.take('describe');
    // What it has it does not give before it is known to be of the same version.
    expect(w.pieces()).toEqual([]);
    w.manifest(transfer, bytes, 6);
    expect(w.pieces().map(({ offset }) => offset / CHUNK_BYTES)).toEqual([2, 3, 4, 5]);
    w.manager.connected();
    w.serve(bytes);
    expect(holds(results[0], bytes)).toBe(true);
    expect(w.corrupted).toEqual([]);
  });

  it('O6 when the named sources have failed others are asked for, without those', () => {
    const w = new TransferWorld();
    const bytes = patterned(LARGE);
    const { transfer, results } = located(w, bytes, [5], rootOf(bytes));
    w.piece(w.pieces()[0], bytes, CHUNK_STATUS.missing);
    expect(w.take('locate')).toMatchObject([{ transfer, without: [5] }]);
    w.sources(transfer, bytes, []);
    w.clock.advance(50);
    expect(w.take('locate')).toMatchObject([{ without: [] }]);
    w.sources(transfer, bytes, []);
    expect(results).toEqual([undefined]);
    expect(w.take('pullOver')).toMatchObject([{ object: KEY }]);
  });

  it('T5 a manifest that is not the one the server knows is a lie', () => {
    const w = new TransferWorld();
    const bytes = patterned(LARGE);
    const { transfer } = located(w, bytes, [5, 6], rootOf(bytes));
    w.manifest(transfer, patterned(LARGE, 33), 5);
    expect(w.corrupted).toEqual([{ key: KEY, source: 5, offset: 0 }]);
    expect(w.take('describe').map(({ source }) => source)).toEqual([5, 6]);
  });

  it('O1 while nobody knows the digest, a source with another version is taken from the start', () => {
    const w = new TransferWorld();
    const [old, bytes] = [patterned(LARGE, 33), patterned(LARGE)];
    const { transfer, results } = located(w, old, [5, 6]);
    w.manifest(transfer, old, 5);
    const [first, second] = w.pieces();
    w.piece(first, old);
    w.piece(second, old, CHUNK_STATUS.missing);
    w.manifest(transfer, bytes, 6);
    w.serve(bytes);
    expect(holds(results[0], bytes)).toBe(true);
    expect(w.corrupted).toEqual([]);
  });

  it('O6 a source that does not answer is asked again, then another', () => {
    const w = new TransferWorld();
    const bytes = patterned(LARGE);
    located(w, bytes, [5, 6], rootOf(bytes));
    expect(w.pieces()).toHaveLength(CHUNKS_IN_FLIGHT);
    w.clock.advance(10_000);
    expect(w.pieces()).toMatchObject([{ source: 5 }, { source: 5 }, { source: 5 }, { source: 5 }]);
    w.clock.advance(10_000);
    expect(w.take('describe').at(-1)).toMatchObject({ source: 6 });
  });

  it('W1 of a former release have no digests, and are taken as they are', () => {
    const w = new TransferWorld();
    const bytes = patterned(LARGE);
    const results = pulling(w, bytes.length);
    const transfer = w.take('locate')[0]?.transfer ?? 0;
    w.manager.onFrame({
      type: 'sources',
      transfer,
      object: KEY,
      status: CHUNK_STATUS.ok,
      sizeBytes: bytes.length,
      digest: new Uint8Array(0),
      sources: [{ session: 3, isOld: true }],
    });
    expect(w.take('describe')).toEqual([]);
    w.serve(bytes);
    expect(holds(results[0], bytes)).toBe(true);
  });
});

describe('ObjectManager: room', () => {
  it('B1 keeps at most 256 MB in flight, but pulls any single object', () => {
    const w = new TransferWorld();
    pulling(w, 200 * MB, 1);
    pulling(w, 100 * MB, 2);
    const [locate, ...others] = w.take('locate');
    expect([locate?.object, others]).toEqual([1, []]);
    const nobody = { object: 1, status: CHUNK_STATUS.missing, sizeBytes: 0, digest: new Uint8Array(0), sources: [] };
    const transfer = locate?.transfer ?? 0;
    w.manager.onFrame({ type: 'sources', transfer, ...nobody });
    w.clock.advance(50);
    w.manager.onFrame({ type: 'sources', transfer, ...nobody });
    expect(w.take('locate').map(({ object }) => object)).toEqual([1, 2]);
    const alone = new TransferWorld();
    pulling(alone, 300 * MB);
    expect(alone.take('locate')).toHaveLength(1);
  });

  it('O6 what a program asks for comes before what a task will need, also when it was asked for later', () => {
    const w = new TransferWorld();
    const { get, wait, input } = PULL_PRIORITY;
    const done = (): void => undefined;
    w.manager.pull(1, 250 * MB, done, input);
    for (const [key, priority] of [
      [2, input],
      [3, wait],
      [4, get],
      [5, input],
    ] as const)
      w.manager.pull(key, 200 * MB, done, priority);
    w.manager.pull(5, 200 * MB, done, get);
    const order: number[] = [];
    const nobody = { status: CHUNK_STATUS.missing, sizeBytes: 0, digest: new Uint8Array(0), sources: [] };
    for (let [locate] = w.take('locate'); locate; [locate] = w.take('locate')) {
      const { transfer, object } = locate;
      if (!order.includes(object)) order.push(object);
      w.manager.onFrame({ type: 'sources', transfer, object, ...nobody });
      w.clock.advance(50);
    }
    expect(order).toEqual([1, 4, 5, 3, 2]);
  });

  it('O4 waits half a minute for memory, also when many pieces come that there is none for', () => {
    const w = new TransferWorld();
    w.hasRoom = false;
    const bytes = patterned(LARGE);
    const { transfer, results } = located(w, bytes, [1]);
    w.manifest(transfer, bytes, 1);
    for (let waitedMs = 0; waitedMs < 25_000; waitedMs += 50) {
      for (const asked of w.pieces()) w.piece(asked, bytes);
      w.clock.advance(50);
    }
    expect(results).toEqual([]);
    w.hasRoom = true;
    w.clock.advance(2_000);
    w.serve(bytes);
    expect(holds(results[0], bytes)).toBe(true);
  });
});

describe('ObjectManager: for others', () => {
  it('O4 says busy while a value is on its way into memory', () => {
    const w = new TransferWorld();
    w.local.set(KEY, 'busy');
    w.manager.onFrame({ type: 'fetch', transfer: 1, object: KEY, offset: 0, length: CHUNK_BYTES });
    w.manager.onFrame({ type: 'describe', transfer: 2, source: 0, object: KEY });
    expect(w.answers).toMatchObject([
      { type: 'piece', transfer: 1, object: KEY, status: CHUNK_STATUS.busy },
      { type: 'manifest', transfer: 2, object: KEY, status: CHUNK_STATUS.busy },
    ]);
  });

  it('O1 gives pieces of what lies here, with the digest of what is one chunk; says what does not lie here, or a full link', () => {
    const w = new TransferWorld();
    const [large, small] = [patterned(CHUNK_BYTES + 10), patterned(100)];
    w.local.set(KEY, large);
    w.local.set(6, small);
    w.manager.onFrame({ type: 'fetch', transfer: 1, object: KEY, offset: CHUNK_BYTES, length: CHUNK_BYTES });
    w.manager.onFrame({ type: 'fetch', transfer: 2, object: 5, offset: 0, length: 10 });
    w.manager.onFrame({ type: 'fetch', transfer: 3, object: 6, offset: 0, length: CHUNK_BYTES });
    w.manager.onFrame({ type: 'describe', transfer: 4, source: 0, object: KEY });
    w.linkTakes = false;
    w.manager.onFrame({ type: 'fetch', transfer: 5, object: KEY, offset: 0, length: CHUNK_BYTES });
    const nothing = new Uint8Array(0);
    expect(w.answers).toEqual([
      expect.objectContaining({ transfer: 1, status: 0, data: large.subarray(CHUNK_BYTES), digest: nothing }),
      expect.objectContaining({ transfer: 2, status: CHUNK_STATUS.missing }),
      expect.objectContaining({ transfer: 3, status: 0, data: small, digest: digest128Bytes(small) }),
      expect.objectContaining({ type: 'manifest', transfer: 4, sizeBytes: large.length, digests: manifestOf(large) }),
      expect.objectContaining({ transfer: 5, status: CHUNK_STATUS.busy }),
    ]);
    // Told once, however often it is asked for.
    w.linkTakes = true;
    w.manager.onFrame({ type: 'describe', transfer: 6, source: 0, object: KEY });
    expect(w.described.map(({ key }) => key)).toEqual([6, KEY]);
  });

  it('O6 passes on what is still coming, each chunk when it is known to be right', () => {
    const w = new TransferWorld();
    const bytes = patterned(LARGE);
    const { transfer } = located(w, bytes, [5], rootOf(bytes));
    w.manager.onFrame({ type: 'describe', transfer: 100, source: 9, object: KEY });
    w.manager.onFrame({
      type: 'fetchFrom',
      source: 9,
      transfer: 101,
      object: KEY,
      offset: CHUNK_BYTES,
      length: CHUNK_BYTES,
    });
    const [first, second] = w.pieces();
    w.piece(second, bytes);
    expect(w.answers).toEqual([]);
    w.manifest(transfer, bytes, 5);
    expect(w.answers).toMatchObject([
      { type: 'manifest', transfer: 100, status: CHUNK_STATUS.ok },
      { type: 'piece', transfer: 101, status: CHUNK_STATUS.ok, totalBytes: LARGE },
    ]);
    // What comes to nothing is said as well.
    w.manager.onFrame({ type: 'fetchFrom', source: 9, transfer: 102, object: KEY, offset: 0, length: CHUNK_BYTES });
    // Who was thought to have it says that it has not: it may be asking for it itself.
    w.manager.onFrame({ type: 'fetch', transfer: 103, object: KEY, offset: 0, length: CHUNK_BYTES });
    expect(w.answers.pop()).toMatchObject({ transfer: 103, status: CHUNK_STATUS.missing });
    w.piece(first, bytes, CHUNK_STATUS.missing);
    w.sources(transfer, bytes, []);
    w.clock.advance(50);
    w.sources(transfer, bytes, []);
    expect(w.answers.at(-1)).toMatchObject({ transfer: 102, status: CHUNK_STATUS.missing });
  });
});
