/** The SQLite engine: the common contract, and what only a real file and a real process can show. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MutationBatchBuilder } from '#shared/ports/mutation-batch.ts';
import { crashDeletes, crashKeys } from './testing/sqlite-crash-child.ts';
import { databasePath } from './sqlite-file.ts';
import { SqliteHistory } from './sqlite-history.ts';
import { SqliteStorage } from './sqlite-storage.ts';
import { describeStorage } from './storage.contract.ts';
import { bytes, contents, taskRow } from './testing/stored-rows.ts';

const makeDirectory = (): string => mkdtempSync(join(tmpdir(), 'daylight-storage-'));

describeStorage('sqlite', async () => {
  const directory = makeDirectory();
  return {
    create: () => new SqliteStorage({ directory }),
    makeNewer: () => {
      const database = new DatabaseSync(databasePath(directory));
      database.exec('PRAGMA user_version = 99');
      database.close();
    },
    setFull: (store, full) => store.limitSize(full ? 1 : Infinity),
    remove: async () => rmSync(directory, { recursive: true }),
  };
});

describe('sqlite: files and processes', () => {
  let directory: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    directory = makeDirectory();
  });
  afterEach(async () => {
    for (const child of children.splice(0))
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    rmSync(directory, { recursive: true });
  });

  /** Starts the crash child; resolves once it has acknowledged `commits` more commits. `acked()`: the last one. */
  async function startChild(commits: number): Promise<{ child: ChildProcess; acked: () => number }> {
    const script = fileURLToPath(new URL('./testing/sqlite-crash-child.ts', import.meta.url));
    const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    let text = '';
    let lines = 0;
    await new Promise<void>((resolve, reject) => {
      child.stdout?.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
        lines += chunk.split('\n').length - 1;
        if (lines >= commits) resolve();
      });
      child.once('exit', () => reject(new Error('the child ended by itself')));
    });
    return { child, acked: () => Number(text.split('\n').at(-2)) };
  }

  it(
    'G2 after kill -9 exactly a prefix of the commits is there, with every acknowledged one',
    { timeout: 60_000 },
    async () => {
      let last = -1;
      for (const commits of [1, 37, 150, 400]) {
        const { child, acked } = await startChild(commits);
        child.kill('SIGKILL');
        await once(child, 'close');
        const store = new SqliteStorage({ directory });
        await store.open();
        const numbers = new Map<number, number>();
        for (const [key, row] of await contents(store, 'tasks'))
          numbers.set(key, new Float64Array(row.buffer)[0] ?? -1);
        const [meta] = await contents(store, 'meta');
        await store.close();
        const stored = new Float64Array(meta?.[1].buffer ?? new ArrayBuffer(8))[0] ?? -1;
        expect(stored).toBeGreaterThanOrEqual(acked());
        expect(stored).toBeGreaterThan(last);
        const model = new Map<number, number>();
        for (let n = 0; n <= stored; n++) {
          for (const key of crashDeletes(n)) model.delete(key);
          for (const key of crashKeys(n)) model.set(key, n);
        }
        expect(numbers).toEqual(model);
        last = stored;
      }
    },
  );

  it('a directory held by another process is refused naming that process; its death frees it', async () => {
    const { child } = await startChild(1);
    const store = new SqliteStorage({ directory });
    await expect(store.open()).rejects.toThrow(`in use by another Daylight server (process ${child.pid})`);
    child.kill('SIGKILL');
    await once(child, 'close');
    await store.open();
    await store.close();
  });

  it('a file of another program, and one that is damaged, are refused in a sentence', async () => {
    const path = databasePath(directory);
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE theirs (a)');
    other.close();
    await expect(new SqliteStorage({ directory }).open()).rejects.toThrow('database of another program');
    writeFileSync(path, 'not a database at all, but long enough to be read as one. '.repeat(100));
    await expect(new SqliteStorage({ directory }).open()).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('a data directory that cannot be made is a sentence, not a crash', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const store = new SqliteStorage({ directory: join(file, 'data') });
    await expect(store.open()).rejects.toMatchObject({ code: 'unavailable' });
    await store.close();
  });

  it('G1 the file is in WAL mode and survives a reader that stays', async () => {
    const store = new SqliteStorage({ directory });
    await store.open();
    const reader = new DatabaseSync(databasePath(directory), { readOnly: true });
    expect(reader.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    const builder = new MutationBatchBuilder('a', 1);
    builder.put('tasks', 1, bytes(1));
    await store.commit(builder.finish());
    expect(reader.prepare('SELECT count(*) AS n FROM live_tasks').get()).toEqual({ n: 1 });
    reader.close();
    await store.close();
  });

  it('G2 a log that is torn in its last transaction has the ones before, and nothing of that one', async () => {
    const store = new SqliteStorage({ directory });
    await store.open();
    const builder = new MutationBatchBuilder('a', 1);
    const [log, sizes] = [`${databasePath(directory)}-wal`, [] as number[]];
    for (const key of [1, 2]) {
      for (let n = 0; n < 100; n++) builder.put('tasks', key * 1000 + n, bytes(key));
      await store.commit(builder.finish());
      sizes.push(statSync(log).size);
    }
    const [before = 0, after = 0] = sizes;
    const copies = mkdtempSync(join(tmpdir(), 'daylight-torn-'));
    const countAt = async (sizeBytes: number): Promise<number> => {
      const torn = join(copies, String(sizeBytes));
      mkdirSync(torn);
      copyFileSync(databasePath(directory), databasePath(torn));
      copyFileSync(log, `${databasePath(torn)}-wal`);
      truncateSync(`${databasePath(torn)}-wal`, sizeBytes);
      const restarted = new SqliteStorage({ directory: torn });
      await restarted.open();
      let count = 0;
      await restarted.load('tasks', () => (count += 1));
      await restarted.close();
      return count;
    };
    expect(after).toBeGreaterThan(before);
    for (const sizeBytes of [before, before + 10, (before + after) >> 1, after - 1])
      expect(await countAt(sizeBytes)).toBe(100);
    expect(await countAt(after)).toBe(200);
    rmSync(copies, { recursive: true });
    await store.close();
  });

  it('G1 a query out of time answers with what it has and where to go on', async () => {
    const store = new SqliteStorage({ directory, queryLimitMs: 0 });
    await store.open();
    const builder = new MutationBatchBuilder('a', 1);
    for (let key = 0; key < 25_000; key++)
      builder.appendHistory('task_history', taskRow(key, { state: key === 3 ? 'failed' : 'finished' }));
    await store.commit(builder.finish());
    const where = { state: 'failed' };
    let page = await store.query({ table: 'task_history', limit: 5, where });
    expect(page).toEqual({ rows: [], nextAfterKey: 15_000, timedOut: true });
    page = await store.query({ table: 'task_history', limit: 5, where, afterKey: 15_000 });
    expect(page).toEqual({ rows: [], nextAfterKey: 5000, timedOut: true });
    page = await store.query({ table: 'task_history', limit: 5, where, afterKey: 5000 });
    expect(page.rows.map((row) => row.key)).toEqual([3]);
    expect(page.timedOut).toBe(false);
    await store.close();
    // Within its time one query walks all slices, in both directions.
    const history = new SqliteHistory(directory, () => 0);
    for (const order of ['newest', 'oldest'] as const)
      expect(history.query({ table: 'task_history', limit: 5, where, order }, 1).rows).toHaveLength(1);
    history.close();
  });

  it('G3 history beyond the size bound goes, the oldest first, and its space is used again', async () => {
    const store = new SqliteStorage({ directory, retention: { maxBytes: 2_000_000 } });
    await store.open();
    const builder = new MutationBatchBuilder('a', 1);
    const error = 'x'.repeat(1000);
    for (let key = 0; key < 5000; key++) builder.appendHistory('task_history', taskRow(key, { error }));
    await store.commit(builder.finish());
    while ((await store.sweep(2000)).more);
    const { usedBytes } = await store.stats();
    expect(usedBytes).toBeLessThanOrEqual(2_000_000);
    expect(usedBytes).toBeGreaterThan(500_000);
    const newest = await store.query({ table: 'task_history', limit: 1 });
    expect(newest.rows[0]?.key).toBe(4999);
    await store.close();
  });

  it('a batch that cannot be read is refused, and the next one is taken', async () => {
    const store = new SqliteStorage({ directory });
    await store.open();
    const builder = new MutationBatchBuilder('a', 1);
    const batch = builder.finish();
    batch.buffer = new ArrayBuffer(0); // no builder makes this: the thread fails on it, and only on it
    await expect(store.commit(batch)).rejects.toMatchObject({ code: 'unavailable' });
    await store.commit(builder.finish());
    await store.close();
  });
});
