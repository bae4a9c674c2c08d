/**
 * Test program: commits for ever until it is killed, printing the number of each commit once it is acknowledged. Commit n is
 * a function of n alone, so whoever opens the data afterwards can compute what must be there. Argument: data directory.
 */
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { MutationBatchBuilder } from '#shared/ports/mutation-batch.ts';
import type { MutationBatch } from '#shared/ports/mutation-batch.ts';
import { SqliteStorage } from '../sqlite-storage.ts';

/** Rows of commit n spread over keys 0 to 199; keys that are a multiple of 7 are deleted again by the next commit. */
export function crashBatch(builder: MutationBatchBuilder, n: number): MutationBatch {
  const row = new Uint8Array(new Float64Array([n]).buffer);
  builder.put('meta', 0, row);
  for (const key of crashDeletes(n)) builder.delete('tasks', key);
  for (const key of crashKeys(n)) builder.put('tasks', key, row);
  return builder.finish();
}

export function crashKeys(n: number): number[] {
  return Array.from({ length: 20 }, (_, i) => (n * 13 + i * 11) % 200);
}

export function crashDeletes(n: number): number[] {
  return n === 0 ? [] : crashKeys(n - 1).filter((key) => key % 7 === 0);
}

async function main(directory: string): Promise<void> {
  const store = new SqliteStorage({ directory });
  const { epoch } = await store.open();
  const builder = new MutationBatchBuilder('child', epoch + 1);
  let n = 0;
  await store.load('meta', (_key, row) => (n = new DataView(row.buffer, row.byteOffset).getFloat64(0, true) + 1));
  const commitNext = async (): Promise<void> => {
    for (;;) {
      const mine = n++;
      await store.commit(crashBatch(builder, mine));
      writeSync(1, `${mine}\n`);
    }
  };
  // Three at once: the kill finds commits queued, in the thread, and between threads.
  await Promise.all([commitNext(), commitNext(), commitNext()]);
}

const [, script, directory] = process.argv;
if (script !== undefined && directory !== undefined && pathToFileURL(script).href === import.meta.url)
  await main(directory);
