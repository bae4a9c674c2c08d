import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import { encodedSize, Journal } from './journal.ts';
import { decodeSessionFrame } from './session-frame-codec.ts';

const release = (object: number): NodeRecord => ({ kind: 'release', object, holder: 0 });

function journal(): { journal: Journal; frames: () => { first: number; count: number }[]; clear: () => void } {
  let frames: Uint8Array[] = [];
  const read = (bytes: Uint8Array) => {
    const frame = decodeSessionFrame(bytes);
    if (frame.type !== 'records') throw new Error(`a ${frame.type} frame`);
    return { first: frame.first, count: frame.batch.length };
  };
  return {
    journal: new Journal((frame) => void frames.push(frame)),
    frames: () => frames.map(read),
    clear: () => void (frames = []),
  };
}

function noOpTask(n: number, place = 0): NodeRecord[] {
  const task = objectKey(1, 1000 + n);
  const empty = new Uint8Array(0);
  return [
    { kind: 'submit', task, parent: 0, actor: 0, fn: 0, options: 0, args: empty, deps: [], nested: [], k: n, place },
    {
      kind: 'finish',
      task,
      outcome: 0,
      durationUs: 3 + (n % 5),
      sizeBytes: 3,
      value: Uint8Array.of(1, 2, 3),
      nested: [],
      attempt: 1,
    },
  ];
}

describe('Journal', () => {
  it('L2 numbers records and sends what was gathered as one frame', () => {
    const { journal: own, frames } = journal();
    own.append(release(1));
    own.append(release(2));
    expect(frames()).toEqual([]);
    own.flush();
    own.append(release(3));
    own.flush();
    own.flush();
    expect(frames()).toEqual([
      { first: 1, count: 2 },
      { first: 3, count: 1 },
    ]);
    expect(own.backlog).toBe(3);
  });

  it('L2 sends again, in order, what the server has not received', () => {
    const { journal: own, frames, clear } = journal();
    for (const object of [1, 2, 3]) {
      own.append(release(object));
      own.flush();
    }
    own.append(release(4));
    clear();
    own.resend(1);
    expect(frames()).toEqual([
      { first: 2, count: 1 },
      { first: 3, count: 1 },
      { first: 4, count: 1 },
    ]);
  });

  it('L2 forgets what is durable, and a frame only as a whole', () => {
    const { journal: own, frames, clear } = journal();
    own.append(release(1));
    own.append(release(2));
    own.flush();
    own.append(release(3));
    own.flush();
    own.acknowledge(1);
    own.acknowledge(0);
    expect(own.backlog).toBe(2);
    clear();
    own.resend(0);
    expect(frames()).toEqual([
      { first: 1, count: 2 },
      { first: 3, count: 1 },
    ]);
    own.acknowledge(99);
    clear();
    own.resend(0);
    expect(frames()).toEqual([]);
    expect(own.backlog).toBe(0);
  });

  it('B1 is full at 64 MB that are not durable, and has room again afterwards', () => {
    const { journal: own } = journal();
    const value = new Uint8Array(100 * 1024);
    for (let n = 1; !own.isFull && n < 10_000; n++)
      own.append({
        kind: 'finish',
        task: n,
        outcome: 1,
        durationUs: 0,
        sizeBytes: value.length,
        value: value.slice().fill(n),
        nested: [],
        attempt: 1,
      });
    expect(own.isFull).toBe(true);
    expect(own.backlog).toBeLessThan(1000);
    own.acknowledge(own.lastNumber);
    expect(own.isFull).toBe(false);
  });

  it('L2 a no-op task takes at most 16 bytes batched and 120 alone', () => {
    const batch = Array.from({ length: 256 }, (_, n) => noOpTask(n));
    expect(encodedSize(batch.flat()) / 256).toBeLessThanOrEqual(16);
    expect(encodedSize(noOpTask(0, 1))).toBeLessThanOrEqual(120);
  });
});
