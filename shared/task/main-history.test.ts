import { describe, expect, it } from 'vitest';

import { ByteReader } from '../wire/byte-reader.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { callDigest } from './call-digest.ts';
import { type Decision, entryOf, type HistoryEntry, OPERATION, readEntries, writeEntry } from './history-entries.ts';
import { Divergence, MainHistory } from './main-history.ts';

const args = Uint8Array.of(1, 2, 3);
const outcome = (byte: number): Uint8Array => Uint8Array.of(byte);

/** Runs that share what is written down, as the server does it. */
class Book {
  readonly entries: HistoryEntry[] = [];
  forced: boolean[] = [];
  #key = 100;

  run(): MainHistory {
    const name: HistoryEntry = { kind: 'name', name: 'job.ts#f' };
    return new MainHistory([name, ...this.entries], 0, (decision: Decision, isForced) => {
      this.entries.push(entryOf(decision));
      this.forced.push(isForced);
    });
  }

  /** A call as a worker makes it, and the server notes it. */
  call(run: MainHistory, digest: number): number {
    const known = run.call('job.ts#f', digest);
    if (known !== undefined) return known;
    const key = this.#key++;
    this.entries.push({ kind: 'call', key, fn: 0, digest });
    return run.made(key);
  }
}

describe('the history of a main', () => {
  it('J1 another run has the same keys, values and outcomes, and writes nothing', () => {
    const book = new Book();
    const go = (run: MainHistory): unknown[] => {
      const a = book.call(run, 1);
      const now = run.now(5 + book.entries.length);
      const drawn = run.random(0.5 + book.entries.length);
      const op = run.open(OPERATION.get, 9);
      if (run.outcomeOf(op) === undefined) run.ended(op, outcome(7), true);
      else run.prepared(op);
      const settled = run.next();
      return [a, now, drawn, settled?.outcome, book.call(run, 1), book.call(run, 2)];
    };
    const first = go(book.run());
    const written = book.entries.length;
    const second = book.run();
    expect(go(second)).toEqual(first);
    expect(book.entries).toHaveLength(written);
    expect(second.isReplaying).toBe(false);
    second.end();
  });

  it('J1 operations settle in the order of the run before, each after all that stood before it', () => {
    const book = new Book();
    const first = book.run();
    const [a, b] = [first.open(OPERATION.get, 1), first.open(OPERATION.get, 2)];
    first.ended(b, outcome(2), true);
    first.ended(a, outcome(1), true);
    expect(first.next()?.op).toBe(b);
    book.call(first, 5);
    expect(first.next()?.op).toBe(a);
    // Both were under way: the order was decided.
    expect(book.forced).toEqual([true, true, false, true]);

    const second = book.run();
    second.open(OPERATION.get, 1);
    second.open(OPERATION.get, 2);
    second.prepared(a);
    expect(second.next()).toBeUndefined();
    second.prepared(b);
    expect(second.next()?.op).toBe(b);
    expect(second.next()).toBeUndefined();
    book.call(second, 5);
    expect(second.next()?.op).toBe(a);
  });

  it('J1 what ends anew waits until all of the run before was done again', () => {
    const book = new Book();
    const first = book.run();
    first.open(OPERATION.get, 1);
    book.call(first, 5);
    const second = book.run();
    const op = second.open(OPERATION.get, 1);
    second.ended(op, outcome(1), true);
    expect(second.next()).toBeUndefined();
    book.call(second, 5);
    expect(second.next()?.op).toBe(op);
  });

  it('J1 calls may come in another order, other calls may not', () => {
    const book = new Book();
    const first = book.run();
    const keys = [1, 2, 3].map((digest) => book.call(first, digest));
    const second = book.run();
    expect([3, 1].map((digest) => book.call(second, digest))).toEqual([keys[2], keys[0]]);
    expect(() => book.call(second, 4)).toThrow(Divergence);
    expect(() => second.open(OPERATION.wait, 0)).toThrow('main called wait where the run before it called job.ts#f');
    expect(() => second.end()).toThrow('main ended where the run before it called job.ts#f');
    expect(() => second.now(1)).toThrow(Divergence);
  });

  it('J1 a checkpoint begins another history, whose numbers go on', () => {
    const book = new Book();
    const first = book.run();
    book.call(first, 1);
    first.put(10, 3);
    first.cut();
    expect([first.base, first.position]).toEqual([2, 2]);
    expect(first.open(OPERATION.get, 1)).toBe(0);
    book.call(first, 1);
    expect(first.position).toBe(3);
  });

  it('J1 references that came inside values do not count in a digest, own ones do', () => {
    const run = new Book().run();
    run.made(7);
    expect(run.own([7, 8])).toEqual([7, 0]);
    const digest = (refs: number[]): number => callDigest({ name: 'f', args, refs });
    expect(digest([7, 0])).not.toBe(digest([0, 7]));
    expect(digest([7])).toBe(digest([7]));
    expect(Number.isSafeInteger(digest([2 ** 40 + 1]))).toBe(true);
    expect(digest([2 ** 40 + 1])).not.toBe(digest([2 ** 41 + 1]));
    expect(callDigest({ name: 'g', args, refs: [] })).not.toBe(callDigest({ name: 'f', args, refs: [] }));
  });

  it('J1 entries are read as they were written', () => {
    const entries: HistoryEntry[] = [
      { kind: 'name', name: 'job.ts#f' },
      { kind: 'call', key: 2 ** 40, fn: 0, digest: 2 ** 52 - 1 },
      { kind: 'put', key: 3, sizeBytes: 4, digest: 5 },
      { kind: 'opened', op: 1, digest: 2 },
      { kind: 'settled', op: 0, outcome: outcome(9) },
      { kind: 'now', value: 1.5 },
      { kind: 'random', value: 0.25 },
    ];
    const writer = new ByteWriter();
    for (const entry of entries) writeEntry(writer, entry);
    expect(readEntries(new ByteReader(writer.finish()))).toEqual(entries);
  });
});
