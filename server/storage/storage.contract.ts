/**
 * What every storage engine must do, as tests: run by each engine's own test file. A *place* is where an engine's data
 * outlives a store object, so that a test can close (or lose) one and open the next on the same data.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MutationBatchBuilder } from '#shared/ports/mutation-batch.ts';
import { HISTORY_BEGIN, StorageError } from '#shared/ports/storage.ts';
import type { Storage, StorageErrorCode } from '#shared/ports/storage.ts';
import { describeHistory } from './history.contract.ts';
import { bytes, contents } from './testing/stored-rows.ts';

export interface StoragePlace<S extends Storage> {
  /** A new store, not yet open, on the data of this place. */
  create(): S;
  /** While no store is open: marks the data as written by a later release. */
  makeNewer(): void;
  /** Makes commits of an open store fail for want of space, or no longer. */
  setFull(store: S, full: boolean): Promise<void>;
  remove(): Promise<void>;
}

async function codeOf(promise: Promise<unknown>): Promise<StorageErrorCode | 'no error' | 'other'> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return error instanceof StorageError ? error.code : 'other';
  }
}

/** Registers the suite. `make` gives each test an empty place. */
export function describeStorage<S extends Storage>(name: string, make: () => Promise<StoragePlace<S>>): void {
  describe(`${name}: storage contract`, () => {
    let place: StoragePlace<S>;
    let store: S;
    let open: S[];

    const opened = async (): Promise<S> => {
      const next = place.create();
      await next.open();
      open.push(next);
      return next;
    };
    const reopen = async (): Promise<void> => {
      await store.close();
      store = await opened();
    };

    beforeEach(async () => {
      open = [];
      place = await make();
      store = await opened();
    });
    afterEach(async () => {
      for (const each of open) await each.close();
      await place.remove();
    });

    it('G2 what was committed is there after close and open', async () => {
      const builder = new MutationBatchBuilder('a', 1);
      builder.put('tasks', 7, bytes(1, 2));
      builder.put('nodes', 7, bytes(3));
      builder.put('tasks', 2 ** 53 - 1, bytes(4));
      builder.put('groups', 0, bytes());
      await store.commit(builder.finish());
      await reopen();
      expect(await contents(store, 'tasks')).toEqual([
        [7, bytes(1, 2)],
        [2 ** 53 - 1, bytes(4)],
      ]);
      expect(await contents(store, 'nodes')).toEqual([[7, bytes(3)]]);
      expect(await contents(store, 'groups')).toEqual([[0, bytes()]]);
      expect(await contents(store, 'jobs')).toEqual([]);
    });

    it('G1 a batch replaces and deletes in order: the last word on a key wins', async () => {
      const builder = new MutationBatchBuilder('a', 1);
      for (let key = 0; key < 5; key++) builder.put('tasks', key, bytes(key));
      await store.commit(builder.finish());
      builder.put('tasks', 0, bytes(10));
      builder.put('tasks', 0, bytes(11));
      builder.delete('tasks', 1);
      builder.put('tasks', 2, bytes(12));
      builder.delete('tasks', 2);
      builder.delete('tasks', 3);
      builder.put('tasks', 3, bytes(13));
      builder.delete('tasks', 99);
      await store.commit(builder.finish());
      const expected = [
        [0, bytes(11)],
        [3, bytes(13)],
        [4, bytes(4)],
      ];
      expect(await contents(store, 'tasks')).toEqual(expected);
      await reopen();
      expect(await contents(store, 'tasks')).toEqual(expected);
    });

    it('G1 loads every row once in ascending key order, whatever order they came in', async () => {
      const builder = new MutationBatchBuilder('a', 1);
      const count = 20_000;
      for (let i = 0; i < count; i++) builder.put('objects', (i * 7919) % count, bytes(i & 255));
      await store.commit(builder.finish());
      const keys: number[] = [];
      await store.load('objects', (key) => keys.push(key));
      expect(keys).toEqual(Array.from({ length: count }, (_, i) => i));
    });

    it('an exception of the visitor ends the load, and the store works on', async () => {
      const builder = new MutationBatchBuilder('a', 1);
      for (let key = 0; key < 9000; key++) builder.put('jobs', key, bytes(1));
      await store.commit(builder.finish());
      const load = store.load('jobs', () => {
        throw new Error('no such row type');
      });
      await expect(load).rejects.toThrow('no such row type');
      expect(await contents(store, 'jobs')).toHaveLength(9000);
    });

    it('G1 keeps rows of 1 MB and more', async () => {
      const builder = new MutationBatchBuilder('a', 1);
      const large = Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 31) & 255);
      for (let key = 0; key < 3; key++) builder.put('modules', key, large);
      builder.put('modules', 3, bytes(5));
      await store.commit(builder.finish());
      await reopen();
      const rows = await contents(store, 'modules');
      expect(rows.map(([key, row]) => [key, row.length])).toEqual([
        [0, large.length],
        [1, large.length],
        [2, large.length],
        [3, 1],
      ]);
      expect(Buffer.compare(rows[1]?.[1] ?? bytes(), large)).toBe(0);
    });

    it('commits an empty batch, and takes the store over with it', async () => {
      await store.commit(new MutationBatchBuilder('b', 4).finish());
      await store.close();
      const next = place.create();
      expect(await next.open()).toMatchObject({ owner: 'b', epoch: 4 });
      await next.close();
    });

    it('G1 fifty commits queued at once become durable in order', async () => {
      const builder = new MutationBatchBuilder('a', 1);
      const settled: number[] = [];
      const commits = Array.from({ length: 50 }, (_, i) => {
        builder.put('meta', 0, bytes(i));
        builder.put('tasks', i, bytes(i));
        return store.commit(builder.finish()).then(() => settled.push(i));
      });
      await Promise.all(commits);
      expect(settled).toEqual(Array.from({ length: 50 }, (_, i) => i));
      await reopen();
      expect(await contents(store, 'meta')).toEqual([[0, bytes(49)]]);
      expect(await contents(store, 'tasks')).toHaveLength(50);
    });

    it('close finishes the commits accepted before it', async () => {
      const builder = new MutationBatchBuilder('a', 1);
      const commits: Promise<void>[] = [];
      for (let i = 0; i < 10; i++) {
        builder.put('tasks', i, bytes(i));
        commits.push(store.commit(builder.finish()));
      }
      const closing = store.close();
      builder.put('tasks', 10, bytes(10));
      expect(await codeOf(store.commit(builder.finish()))).toBe('closed');
      await closing;
      await Promise.all(commits);
      store = await opened();
      expect(await contents(store, 'tasks')).toHaveLength(10);
    });

    it('everything rejects with closed before open and after close', async () => {
      const batch = new MutationBatchBuilder('a', 1).finish();
      const fresh = place.create();
      await store.close();
      await store.close();
      for (const each of [fresh, store]) {
        expect(await codeOf(each.commit(batch))).toBe('closed');
        expect(await codeOf(each.load('tasks', () => undefined))).toBe('closed');
        expect(await codeOf(each.query({ table: 'task_history', limit: 1 }))).toBe('closed');
        expect(await codeOf(each.sweep(0))).toBe('closed');
        expect(await codeOf(each.forgetJobs([1], HISTORY_BEGIN))).toBe('closed');
        expect(await codeOf(each.stats())).toBe('closed');
      }
      expect(await codeOf(store.open())).toBe('closed');
      expect(batch.buffer.byteLength).toBeGreaterThan(0);
    });

    it('a second server is refused in one sentence, and the first is not disturbed', async () => {
      const second = place.create();
      await expect(second.open()).rejects.toThrow(/in use by another .*server/);
      expect(await codeOf(place.create().open())).toBe('locked');
      const builder = new MutationBatchBuilder('a', 1);
      builder.put('tasks', 1, bytes(1));
      await store.commit(builder.finish());
      expect(await contents(store, 'tasks')).toHaveLength(1);
    });

    it('data of a newer release is refused and not touched', async () => {
      await store.close();
      place.makeNewer();
      const next = place.create();
      await expect(next.open()).rejects.toThrow(/newer Daylight/);
      expect(await codeOf(place.create().open())).toBe('newer-schema');
    });

    it('G4 a lower epoch is refused, and so is another owner of the same epoch', async () => {
      const write = (owner: string, epoch: number, value: number): Promise<void> => {
        const builder = new MutationBatchBuilder(owner, epoch);
        builder.put('tasks', 1, bytes(value));
        return store.commit(builder.finish());
      };
      await write('a', 1, 1);
      await write('b', 2, 2);
      await expect(write('a', 1, 3)).rejects.toThrow('"b" took over with epoch 2');
      expect(await codeOf(write('a', 1, 3))).toBe('fenced');
      expect(await codeOf(write('a', 2, 4))).toBe('fenced');
      await write('b', 2, 5);
      await reopen();
      expect(await codeOf(write('a', 1, 6))).toBe('fenced');
      expect(await contents(store, 'tasks')).toEqual([[1, bytes(5)]]);
    });

    it('a full disk refuses the batch as a whole; the same batch goes through once there is space', async () => {
      const builder = new MutationBatchBuilder('a', 1);
      builder.put('meta', 0, bytes(1));
      await store.commit(builder.finish());
      await place.setFull(store, true);
      builder.put('meta', 0, bytes(2));
      for (let key = 0; key < 200; key++) builder.put('tasks', key, new Uint8Array(1000));
      const batch = builder.finish();
      const refused = store.commit(batch);
      builder.put('meta', 0, bytes(3));
      const behind = store.commit(builder.finish());
      expect(await Promise.all([codeOf(refused), codeOf(behind)])).toEqual(['disk-full', 'disk-full']);
      expect(await contents(store, 'meta')).toEqual([[0, bytes(1)]]);
      expect(await contents(store, 'tasks')).toEqual([]);
      await place.setFull(store, false);
      await store.commit(batch);
      await reopen();
      expect(await contents(store, 'meta')).toEqual([[0, bytes(2)]]);
      expect(await contents(store, 'tasks')).toHaveLength(200);
    });

    it('counts commits, rows and failures', async () => {
      const builder = new MutationBatchBuilder('a', 2);
      for (let key = 0; key < 10; key++) builder.put('tasks', key, bytes(1));
      await store.commit(builder.finish());
      expect(await codeOf(store.commit(new MutationBatchBuilder('z', 1).finish()))).toBe('fenced');
      const stats = await store.stats();
      expect(stats).toMatchObject({ commits: 1, mutations: 10, failedCommits: 1, queuedCommits: 0 });
      expect(stats.usedBytes).toBeGreaterThan(0);
    });

    describeHistory(() => store, reopen);
  });
}
