import { describe, expect, it } from 'vitest';
import type { Attachment } from '#shared/ports/transport.ts';
import { CHUNK_BYTES, CHUNKS_IN_FLIGHT } from '#shared/protocol/limits.ts';
import { CHUNK_STATUS, type SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { ObjectTransfer } from './object-transfer.ts';
import { ManualClock } from './testing/manual-clock.ts';

const MB = 1024 * 1024;
const KEY = 77;

function world(local = new Map<number, Uint8Array | 'busy'>()) {
  const clock = new ManualClock();
  const fetches: SessionFrameOf<'fetch'>[] = [];
  const chunks: SessionFrameOf<'chunk'>[] = [];
  let linkTakes = true;
  const transfer = new ObjectTransfer({
    clock,
    sendFetch: (frame) => void fetches.push(frame),
    sendChunk: (frame) => linkTakes && chunks.push(frame) > 0,
    sendStatus: (frame) => void chunks.push(frame),
    allocate: (sizeBytes) => new ArrayBuffer(sizeBytes),
    readLocal: (key) => local.get(key),
  });
  const answer = (
    fetch: SessionFrameOf<'fetch'> | undefined,
    bytes: Uint8Array,
    status: number = CHUNK_STATUS.ok,
  ): void => {
    if (!fetch) throw new Error('nothing was asked');
    const { transfer: number, object, offset, length } = fetch;
    const ok = status === CHUNK_STATUS.ok;
    transfer.onChunk({
      type: 'chunk',
      transfer: number,
      object,
      status,
      offset,
      totalBytes: ok ? bytes.length : 0,
      data: ok ? bytes.subarray(offset, offset + length) : new Uint8Array(),
    });
  };
  return { clock, fetches, chunks, transfer, answer, blockLink: () => (linkTakes = false) };
}

function randomBytes(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => (index * 31 + (index >> 8)) & 255);
}

function contents(memory: Attachment | undefined): Uint8Array {
  return memory ? new Uint8Array(memory) : new Uint8Array();
}

/** `toEqual` takes seconds for a few megabytes. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

describe('ObjectTransfer', () => {
  it('B1 pulls an object with at most a window of chunks open, in any order of answers', () => {
    const w = world();
    const bytes = randomBytes(10 * CHUNK_BYTES + 123);
    let result: Attachment | undefined;
    w.transfer.pull(KEY, bytes.length, (memory) => (result = memory));
    let open = w.fetches.splice(0);
    while (open.length > 0) {
      expect(open.length).toBeLessThanOrEqual(CHUNKS_IN_FLIGHT);
      w.answer(open.pop(), bytes);
      open = [...open, ...w.fetches.splice(0)];
    }
    expect(sameBytes(contents(result), bytes)).toBe(true);
    expect(w.transfer.pullCount).toBe(0);
    expect(w.transfer.bytesInFlight).toBe(0);
  });

  it('pulls an object once for all who want it', () => {
    const w = world();
    const bytes = randomBytes(1000);
    const results: (Attachment | undefined)[] = [];
    for (let times = 0; times < 3; times++) w.transfer.pull(KEY, bytes.length, (memory) => results.push(memory));
    expect(w.fetches).toHaveLength(1);
    w.answer(w.fetches[0], bytes);
    expect(results).toHaveLength(3);
    expect(results[0]).toBe(results[2]);
    w.answer(w.fetches[0], bytes);
    expect(results).toHaveLength(3);
  });

  it('asks once more from the same place when no copy is found, then gives up', () => {
    const w = world();
    const bytes = randomBytes(CHUNK_BYTES * 2);
    const results: (Attachment | undefined)[] = [];
    w.transfer.pull(KEY, bytes.length, (memory) => results.push(memory));
    w.answer(w.fetches[0], bytes);
    w.answer(w.fetches[1], bytes, CHUNK_STATUS.missing);
    expect(results).toEqual([]);
    w.clock.advance(1000);
    expect(w.fetches.slice(2)).toMatchObject([{ offset: CHUNK_BYTES }]);
    w.answer(w.fetches[2], bytes, CHUNK_STATUS.missing);
    expect(results).toEqual([undefined]);
  });

  it('waits longer and longer for a busy holder, and asks again when nothing comes', () => {
    const w = world();
    const bytes = randomBytes(100);
    w.transfer.pull(KEY, bytes.length, () => {});
    const waitsMs = [50, 100, 200, 400, 800, 1600, 2000, 2000];
    waitsMs.forEach((waitMs, round) => {
      w.answer(w.fetches.at(-1), bytes, CHUNK_STATUS.busy);
      w.clock.advance(waitMs - 1);
      expect(w.fetches).toHaveLength(round + 1);
      w.clock.advance(1);
      expect(w.fetches).toHaveLength(round + 2);
    });
    w.clock.advance(10_000);
    expect(w.fetches).toHaveLength(waitsMs.length + 2);
  });

  it('goes on where it was over a new connection', () => {
    const w = world();
    const bytes = randomBytes(CHUNK_BYTES * 6);
    let result: Attachment | undefined;
    w.transfer.pull(KEY, bytes.length, (memory) => (result = memory));
    w.answer(w.fetches[0], bytes);
    w.fetches.length = 0;
    w.transfer.connected();
    expect(w.fetches.map(({ offset }) => offset / CHUNK_BYTES)).toEqual([1, 2, 3, 4]);
    for (let fetch = w.fetches.shift(); fetch; fetch = w.fetches.shift()) w.answer(fetch, bytes);
    expect(sameBytes(contents(result), bytes)).toBe(true);
  });

  it('O1 takes another version of the object from the start', () => {
    const w = world();
    const bytes = randomBytes(CHUNK_BYTES + 5);
    let result: Attachment | undefined;
    w.transfer.pull(KEY, 2 * CHUNK_BYTES, (memory) => (result = memory));
    for (let fetch = w.fetches.shift(); fetch; fetch = w.fetches.shift()) w.answer(fetch, bytes);
    expect(sameBytes(contents(result), bytes)).toBe(true);
    expect(w.transfer.bytesInFlight).toBe(0);
  });

  it('B1 keeps at most 256 MB in flight, but pulls any single object', () => {
    const w = world();
    w.transfer.pull(1, 200 * MB, () => {});
    w.transfer.pull(2, 100 * MB, () => {});
    expect(new Set(w.fetches.map(({ object }) => object))).toEqual(new Set([1]));
    for (let round = 0; round < 2; round++) {
      w.answer(w.fetches[0], new Uint8Array(), CHUNK_STATUS.missing);
    }
    expect(new Set(w.fetches.map(({ object }) => object))).toEqual(new Set([1, 2]));
    const v = world();
    v.transfer.pull(1, 300 * MB, () => {});
    expect(v.fetches).not.toHaveLength(0);
  });

  it('O4 asks a busy holder again soon, also if other chunks come meanwhile', () => {
    const w = world();
    const bytes = randomBytes(3 * CHUNK_BYTES);
    let result: Attachment | undefined;
    w.transfer.pull(KEY, bytes.length, (memory) => (result = memory));
    const [first, second, third] = w.fetches.splice(0);
    w.answer(first, new Uint8Array(), CHUNK_STATUS.busy);
    w.answer(second, new Uint8Array(), CHUNK_STATUS.busy);
    w.answer(third, bytes);
    w.clock.advance(49);
    expect(w.fetches).toEqual([]);
    w.clock.advance(1);
    expect(w.fetches.map(({ offset }) => offset / CHUNK_BYTES)).toEqual([0, 1]);
    for (let fetch = w.fetches.shift(); fetch; fetch = w.fetches.shift()) w.answer(fetch, bytes);
    expect(sameBytes(contents(result), bytes)).toBe(true);
  });

  it('T3 a size that no memory has is told to who asked; it costs nothing', () => {
    const w = world();
    const told: [Attachment | undefined, boolean | undefined][] = [];
    const sizeBytes = Number.MAX_SAFE_INTEGER;
    w.transfer.pull(KEY, sizeBytes, (memory, isTooLarge) => void told.push([memory, isTooLarge]));
    const [fetch] = w.fetches;
    w.transfer.onChunk({
      type: 'chunk',
      transfer: fetch?.transfer ?? 0,
      object: KEY,
      status: CHUNK_STATUS.ok,
      offset: 0,
      totalBytes: sizeBytes,
      data: new Uint8Array(CHUNK_BYTES),
    });
    expect(told).toEqual([[undefined, true]]);
    expect([w.transfer.pullCount, w.transfer.bytesInFlight]).toEqual([0, 0]);
  });

  it('O4 says busy while a value is on its way into memory', () => {
    const w = world(new Map([[KEY, 'busy']]));
    w.transfer.onFetch({ type: 'fetch', transfer: 1, object: KEY, offset: 0, length: CHUNK_BYTES });
    expect(w.chunks).toMatchObject([{ transfer: 1, object: KEY, status: CHUNK_STATUS.busy }]);
  });

  it('serves chunks of what lies here, and says what does not or when the link is full', () => {
    const bytes = randomBytes(CHUNK_BYTES + 10);
    const w = world(new Map([[KEY, bytes]]));
    w.transfer.onFetch({ type: 'fetch', transfer: 1, object: KEY, offset: CHUNK_BYTES, length: CHUNK_BYTES });
    w.transfer.onFetch({ type: 'fetch', transfer: 2, object: 5, offset: 0, length: 10 });
    w.blockLink();
    w.transfer.onFetch({ type: 'fetch', transfer: 3, object: KEY, offset: 0, length: CHUNK_BYTES });
    expect(
      w.chunks.map(({ transfer, status, data, totalBytes }) => [transfer, status, data.length, totalBytes]),
    ).toEqual([
      [1, CHUNK_STATUS.ok, 10, bytes.length],
      [2, CHUNK_STATUS.missing, 0, 0],
      [3, CHUNK_STATUS.busy, 0, 0],
    ]);
  });
});
