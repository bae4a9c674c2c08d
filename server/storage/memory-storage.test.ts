/** The memory engine: the common contract, and the ways in which its power can fail. */
import { describe, expect, it } from 'vitest';
import { MutationBatchBuilder } from '#shared/ports/mutation-batch.ts';
import { MemoryDisk, MemoryStorage } from './memory-storage.ts';
import { describeStorage } from './storage.contract.ts';
import { bytes, contents } from './testing/stored-rows.ts';

describeStorage('memory', async () => {
  const disk = new MemoryDisk();
  return {
    create: () => new MemoryStorage({ disk }),
    makeNewer: () => void (disk.schemaVersion = 99),
    setFull: async (store, full) => {
      if (full) store.failNextCommit('disk-full');
    },
    remove: async () => undefined,
  };
});

/** A store whose disk works only when told to. */
async function steppedStore(): Promise<{ store: MemoryStorage; step: () => void; disk: MemoryDisk }> {
  const steps: (() => void)[] = [];
  const disk = new MemoryDisk();
  const store = new MemoryStorage({ disk, schedule: (step) => void steps.push(step) });
  await store.open();
  return { store, step: () => steps.shift()?.(), disk };
}

function batchOf(builder: MutationBatchBuilder, value: number): ReturnType<MutationBatchBuilder['finish']> {
  builder.put('meta', 0, bytes(value));
  builder.put('tasks', value, bytes(value));
  return builder.finish();
}

async function found(disk: MemoryDisk): Promise<[number, Uint8Array][]> {
  const next = new MemoryStorage({ disk });
  await next.open();
  const rows = await contents(next, 'tasks');
  await next.close();
  return rows;
}

describe('memory: power loss', () => {
  it('G2 a crash keeps what was acknowledged and loses the rest as a whole', async () => {
    const { store, step, disk } = await steppedStore();
    const builder = new MutationBatchBuilder('a', 1);
    const first = store.commit(batchOf(builder, 1));
    const second = store.commit(batchOf(builder, 2));
    step();
    await first;
    expect((await found(store.durableCopy())).map(([key]) => key)).toEqual([1]);
    store.crash();
    await expect(second).rejects.toMatchObject({ code: 'closed' });
    step();
    expect((await found(disk)).map(([key]) => key)).toEqual([1]);
  });

  it('G2 a commit may be durable although its acknowledgement was lost', async () => {
    const { store, disk } = await steppedStore();
    const builder = new MutationBatchBuilder('a', 1);
    const commits = [1, 2].map((value) => store.commit(batchOf(builder, value)));
    expect(store.crash({ written: 1 })).toBe(true);
    const results = await Promise.allSettled(commits);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect((await found(disk)).map(([key]) => key)).toEqual([1]);
  });

  it('G2 of a torn frame nothing is found, and what comes after it is found again', async () => {
    const { store, disk } = await steppedStore();
    const builder = new MutationBatchBuilder('a', 1);
    const commits = [1, 2].map((value) => store.commit(batchOf(builder, value)));
    store.crash({ written: 0.9 });
    expect((await Promise.allSettled(commits)).map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(await found(disk)).toEqual([]);
    const next = new MemoryStorage({ disk });
    await next.open();
    await next.commit(batchOf(new MutationBatchBuilder('a', 2), 3));
    await next.close();
    expect((await found(disk)).map(([key]) => key)).toEqual([3]);
    expect(store.crash()).toBe(false);
  });

  it('a durable copy lives on its own', async () => {
    const store = new MemoryStorage();
    await store.open();
    const builder = new MutationBatchBuilder('a', 1);
    await store.commit(batchOf(builder, 1));
    const copy = store.durableCopy();
    await store.commit(batchOf(builder, 2));
    expect((await found(copy)).map(([key]) => key)).toEqual([1]);
    expect(copy).toMatchObject({ owner: 'a', epoch: 1 });
  });

  it('the close of a crashed store does not take the disk from its successor', async () => {
    const { store, disk } = await steppedStore();
    store.crash();
    const next = new MemoryStorage({ disk });
    await next.open();
    await store.close();
    expect(disk.inUse).toBe(true);
  });
});
