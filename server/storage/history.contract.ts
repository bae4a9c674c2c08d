/** What every storage engine must do with history, as tests: a part of `storage.contract.ts`. */
import { expect, it } from 'vitest';
import { MutationBatchBuilder } from '#shared/ports/mutation-batch.ts';
import { HISTORY_BEGIN, HISTORY_TABLE_NAMES } from '#shared/ports/storage.ts';
import type {
  ForgetResult,
  HistoryPage,
  HistoryPlace,
  HistoryQuery,
  HistoryRow,
  Storage,
} from '#shared/ports/storage.ts';
import { bytes, contents, taskRow } from './testing/stored-rows.ts';

/** Registers the tests. */
export function describeHistory(current: () => Storage, reopen: () => Promise<void>): void {
  it('G1 history comes back with its types, in pages by key, newest first or oldest first', async () => {
    const builder = new MutationBatchBuilder('a', 1);
    const odd = taskRow(3, { node: null, error: 'Überlauf: 数 \u{1f600}', startedAtMs: null, taskId: bytes() });
    for (const row of [taskRow(1), taskRow(2), odd, taskRow(4), taskRow(5)]) builder.appendHistory('task_history', row);
    builder.appendHistory('event_history', {
      key: 1,
      atMs: 5,
      kind: 'node-died',
      job: null,
      node: 2,
      message: 'm',
      detail: null,
    });
    await current().commit(builder.finish());
    await reopen();
    const first = await current().query({ table: 'task_history', limit: 2 });
    expect(first).toEqual({ rows: [taskRow(5), taskRow(4)], nextAfterKey: 4, timedOut: false });
    const second = await current().query({ table: 'task_history', limit: 9, afterKey: 4 });
    expect(second).toEqual({ rows: [odd, taskRow(2), taskRow(1)], nextAfterKey: null, timedOut: false });
    const oldest = await current().query({ table: 'task_history', limit: 2, order: 'oldest', afterKey: 1 });
    expect(oldest.rows.map((row) => row.key)).toEqual([2, 3]);
    const events = await current().query({ table: 'event_history', limit: 9 });
    expect(events.rows).toEqual([
      { key: 1, atMs: 5, kind: 'node-died', job: null, node: 2, message: 'm', detail: null },
    ]);
  });

  it('G1 history is filtered before the limit, and a key written again replaces its row', async () => {
    const builder = new MutationBatchBuilder('a', 1);
    for (let key = 0; key < 100; key++)
      builder.appendHistory(
        'task_history',
        taskRow(key, { job: key % 10, state: key % 3 === 0 ? 'failed' : 'finished' }),
      );
    builder.appendHistory('task_history', taskRow(33, { job: 3, state: 'failed', node: null }));
    await current().commit(builder.finish());
    const where = { job: 3, state: 'failed' };
    const page = await current().query({ table: 'task_history', limit: 2, where });
    expect(page.rows.map((row) => row.key)).toEqual([93, 63]);
    const rest = await current().query({ table: 'task_history', limit: 2, where, afterKey: 63 });
    expect(rest.rows.map((row) => row.key)).toEqual([33, 3]);
    const nowhere = await current().query({ table: 'task_history', limit: 9, where: { node: null } });
    expect(nowhere.rows.map((row) => row.key)).toEqual([33]);
    const between = await current().query({ table: 'task_history', limit: 9, sinceMs: 1010, untilMs: 1013 });
    expect(between.rows.map((row) => row.key)).toEqual([12, 11, 10]);
  });

  it('G1 history is filtered by patterns over what people read', async () => {
    const builder = new MutationBatchBuilder('a', 1);
    const changes: Partial<HistoryRow<'task_history'>>[] = [
      { fn: 'job.ts#train', error: 'out of memory', node: 12 },
      { fn: 'job.ts#Train', error: 'OUT of disk', node: 112 },
      { fn: 'job.ts#test', error: null, node: null },
      { fn: '100 %_\\', error: 'a*b', node: 21, submittedAtMs: Date.UTC(2026, 10, 22, 9, 5, 7, 12) },
    ];
    changes.forEach((change, key) => builder.appendHistory('task_history', taskRow(key, change)));
    await current().commit(builder.finish());
    const keys = async (like: HistoryQuery<'task_history'>['like'] & object): Promise<number[]> =>
      (await current().query({ table: 'task_history', limit: 9, order: 'oldest', like })).rows.map(({ key }) => key);
    expect(await keys({ fn: '*#train' })).toEqual([0, 1]);
    expect(await keys({ fn: '*#T*', error: '*mem*' })).toEqual([0]);
    expect(await keys({ error: 'out*' })).toEqual([0, 1]);
    expect(await keys({ error: '*' })).toEqual([0, 1, 3]);
    expect(await keys({ node: '12*' })).toEqual([0]);
    expect(await keys({ node: '*2' })).toEqual([0, 1]);
    expect(await keys({ fn: '%*' })).toEqual([]);
    expect(await keys({ fn: '*%_*' })).toEqual([3]);
    expect(await keys({ fn: '*\\*' })).toEqual([3]);
    expect(await keys({ fn: '_00*' })).toEqual([]);
    expect(await keys({ submittedAtMs: '2026-11-22T09:05:07.012Z*' })).toEqual([3]);
    expect(await keys({ submittedAtMs: '1970-*' })).toEqual([0, 1, 2]);
    const page = await current().query({ table: 'task_history', limit: 1, like: { error: 'out*' }, limitMs: 1000 });
    expect([page.rows[0]?.key, page.nextAfterKey]).toEqual([1, 1]);
  });

  it('a query that makes no sense is a RangeError naming the mistake', async () => {
    await expect(current().query({ table: 'task_history', limit: 0 })).rejects.toThrow(RangeError);
    // As it may arrive from outside, where types are not checked.
    const where = JSON.parse('{"1=1; --": 2}');
    await expect(current().query({ table: 'task_history', limit: 1, where })).rejects.toThrow('no column "1=1; --"');
    const like = JSON.parse('{"taskId": "*"}');
    await expect(current().query({ table: 'task_history', limit: 1, like })).rejects.toThrow('no column "taskId"');
  });

  it('G3 sweeping deletes history past its age, in slices, and nothing else', async () => {
    const builder = new MutationBatchBuilder('a', 1);
    const dayMs = 24 * 3600 * 1000;
    for (let key = 0; key < 2500; key++)
      builder.appendHistory('task_history', taskRow(key, { endedAtMs: key < 1500 ? key : 3 * dayMs }));
    builder.appendHistory('decision_history', {
      key: 1,
      atMs: 1,
      job: 1,
      task: 1,
      node: 1,
      reason: 'idle',
      detail: null,
    });
    builder.put('tasks', 1, bytes(1));
    await current().commit(builder.finish());
    const nowMs = 8 * dayMs;
    const slices: number[] = [];
    for (let more = true; more;) {
      const result = await current().sweep(nowMs);
      more = result.more;
      slices.push(result.deletedRows);
    }
    expect(slices.reduce((a, b) => a + b, 0)).toBe(1501);
    expect(Math.max(...slices)).toBeLessThanOrEqual(1000);
    expect((await current().query({ table: 'task_history', limit: 1, order: 'oldest' })).rows[0]?.key).toBe(1500);
    expect(await contents(current(), 'tasks')).toHaveLength(1);
  });

  it('J3 history of deleted jobs goes from all tables, in slices, and no other', async () => {
    const builder = new MutationBatchBuilder('a', 1);
    for (let key = 0; key < 25_000; key++) builder.appendHistory('task_history', taskRow(key, { job: 1 + (key % 5) }));
    for (let job = 1; job <= 5; job++) {
      const common = { key: job, atMs: 1, job, node: null, detail: null };
      builder.appendHistory('event_history', { ...common, kind: 'job-ended', message: 'over' });
      builder.appendHistory('decision_history', { ...common, task: 1, reason: 'idle' });
    }
    builder.appendHistory('event_history', {
      key: 9,
      atMs: 1,
      kind: 'node-left',
      job: null,
      node: 1,
      message: 'left',
      detail: null,
    });
    await current().commit(builder.finish());
    const slices: number[] = [];
    for (let from: HistoryPlace | null = HISTORY_BEGIN; from;) {
      const { deletedRows, next }: ForgetResult = await current().forgetJobs([2, 4], from);
      slices.push(deletedRows);
      from = next;
    }
    expect(slices.reduce((a, b) => a + b, 0)).toBe(10_004);
    expect(Math.max(...slices)).toBeLessThanOrEqual(4_000);
    const left = new Set<number>();
    for (const table of HISTORY_TABLE_NAMES)
      for (let afterKey: number | null = -1; afterKey !== null;) {
        const page: HistoryPage<typeof table> = await current().query({
          table,
          order: 'oldest',
          afterKey,
          limit: 1000,
        });
        for (const { job } of page.rows) left.add(job ?? 0);
        afterKey = page.nextAfterKey;
      }
    expect([...left].toSorted((a, b) => a - b)).toEqual([0, 1, 3, 5]);
  });
}
