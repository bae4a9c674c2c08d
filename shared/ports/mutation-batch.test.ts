import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MutationBatchBuilder, readBatchHeader, readMutationBatch } from './mutation-batch.ts';
import type { HistoryRow } from './storage.ts';
import { HISTORY_COLUMNS, TABLE_NAMES } from './storage.ts';

/** A batch as a list of what its reader is told, rows copied. */
function listOf(buffer: ArrayBuffer): unknown[] {
  const list: unknown[] = [];
  readMutationBatch(buffer, {
    put: (table, key, row) => list.push(['put', table, key, row.slice()]),
    delete: (table, key) => list.push(['delete', table, key]),
    appendHistory: (table, key, values) => list.push(['history', table, key, [...values]]),
  });
  return list;
}

const task: HistoryRow<'task_history'> = {
  key: 1,
  job: 1,
  fn: 'f',
  state: 'finished',
  node: null,
  attempts: 1,
  submittedAtMs: 1,
  startedAtMs: null,
  endedAtMs: 3,
  queuedMs: null,
  runMs: null,
  error: null,
  taskId: new Uint8Array(16),
};

describe('mutation batch', () => {
  it('G1 a reader is told what the builder was told, in order', () => {
    const key = fc.maxSafeNat();
    const live = fc.constantFrom(...TABLE_NAMES);
    const event = fc.record({
      key,
      atMs: fc.maxSafeInteger(),
      kind: fc.string(),
      job: fc.option(key),
      node: fc.option(key),
      message: fc.string({ unit: 'binary' }),
      detail: fc.option(fc.string({ unit: 'grapheme', maxLength: 9000 })),
    });
    const mutation = fc.oneof(
      fc.tuple(fc.constant('put' as const), live, key, fc.uint8Array({ maxLength: 5000 })),
      fc.tuple(fc.constant('delete' as const), live, key),
      fc.tuple(fc.constant('history' as const), event),
    );
    const check = (owner: string, mutations: (typeof mutation extends fc.Arbitrary<infer M> ? M : never)[]): void => {
      const builder = new MutationBatchBuilder(owner, 7);
      const expected = mutations.map((each) => {
        if (each[0] === 'put') builder.put(each[1], each[2], each[3]);
        else if (each[0] === 'delete') builder.delete(each[1], each[2]);
        else {
          builder.appendHistory('event_history', each[1]);
          const { key: eventKey, ...row } = each[1];
          const columns = Object.keys(HISTORY_COLUMNS.event_history) as (keyof typeof row)[];
          return ['history', 'event_history', eventKey, columns.map((column) => row[column])];
        }
        return each;
      });
      const batch = builder.finish();
      expect(readBatchHeader(batch.buffer)).toEqual({ owner, epoch: 7, mutationCount: mutations.length });
      expect(batch.mutationCount).toBe(mutations.length);
      expect(listOf(batch.buffer)).toEqual(expected);
    };
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.array(mutation), check), { numRuns: 40 });
  });

  it('starts over after finish, and earlier batches are left alone', () => {
    const builder = new MutationBatchBuilder('a', 1);
    builder.put('tasks', 1, Uint8Array.of(1));
    const first = builder.finish();
    expect(builder.mutationCount).toBe(0);
    builder.delete('tasks', 1);
    const second = builder.finish();
    expect(listOf(first.buffer)).toEqual([['put', 'tasks', 1, Uint8Array.of(1)]]);
    expect(listOf(second.buffer)).toEqual([['delete', 'tasks', 1]]);
    expect(listOf(builder.finish().buffer)).toEqual([]);
  });

  it('refuses bad keys and epochs by name', () => {
    const builder = new MutationBatchBuilder('a', 1);
    for (const key of [-1, 0.5, NaN, 2 ** 53])
      expect(() => builder.delete('tasks', key)).toThrow('non-negative safe integer');
    for (const epoch of [0, -1, 1.5]) expect(() => new MutationBatchBuilder('a', epoch)).toThrow('positive integer');
    expect(builder.mutationCount).toBe(0);
  });

  it('a row of history with a wrong column leaves no trace', () => {
    const builder = new MutationBatchBuilder('a', 1);
    builder.appendHistory('task_history', task);
    // As plain JavaScript might pass it.
    const wrong = { ...task, ...JSON.parse('{"endedAtMs": null}') };
    expect(() => builder.appendHistory('task_history', wrong)).toThrow(
      'task_history.endedAtMs must be integer, got null',
    );
    builder.delete('tasks', 1);
    expect(listOf(builder.finish().buffer).map((each) => JSON.stringify(each).slice(0, 9))).toEqual([
      '["history',
      '["delete"',
    ]);
  });
});
