/** The storage thread: the only one that writes. Blocking calls are fine here, nothing else runs on this thread. */
import { parentPort, workerData } from 'node:worker_threads';
import type {
  ForgetResult,
  HistoryPlace,
  Retention,
  StorageInfo,
  SweepResult,
  TableName,
} from '#shared/ports/storage.ts';
import { SqliteDatabase } from './sqlite-database.ts';
import type { RowChunk, SqliteFigures } from './sqlite-database.ts';
import { closedError } from './sqlite-errors.ts';
import { serveCalls, toPlain } from './thread-calls.ts';
import type { PlainStorageError } from './thread-calls.ts';

export interface SqliteCalls {
  open: { argument: null; result: StorageInfo };
  /** A failed commit hands its buffer back, so that the caller can try again without having kept a copy. */
  commit: { argument: ArrayBuffer; result: null | { error: PlainStorageError; buffer: ArrayBuffer } };
  readChunk: { argument: { table: TableName; afterKey: number }; result: RowChunk };
  sweep: { argument: { nowMs: number; retention: Retention }; result: SweepResult };
  forgetJobs: { argument: { jobs: readonly number[]; from: HistoryPlace }; result: ForgetResult };
  figures: { argument: null; result: SqliteFigures };
  limitSize: { argument: number; result: null };
  close: { argument: null; result: null };
}

let database: SqliteDatabase | undefined;

function opened(): SqliteDatabase {
  if (database === undefined) throw closedError();
  return database;
}

if (parentPort !== null)
  serveCalls<SqliteCalls>(parentPort, {
    open: () => {
      const { directory }: { directory: string } = workerData;
      database = new SqliteDatabase(directory);
      return { result: database.info };
    },
    commit: (buffer) => {
      try {
        opened().commit(buffer);
        return { result: null };
      } catch (error) {
        return { result: { error: toPlain(error), buffer }, transfer: [buffer] };
      }
    },
    readChunk: ({ table, afterKey }) => {
      const chunk = opened().readChunk(table, afterKey);
      return { result: chunk, transfer: [chunk.keys.buffer, chunk.ends.buffer, chunk.rows.buffer] };
    },
    sweep: ({ nowMs, retention }) => ({ result: opened().sweep(nowMs, retention) }),
    forgetJobs: ({ jobs, from }) => ({ result: opened().forgetJobs(jobs, from) }),
    figures: () => ({ result: opened().figures() }),
    limitSize: (sizeBytes) => {
      opened().limitSize(sizeBytes);
      return { result: null };
    },
    close: () => {
      database?.close();
      database = undefined;
      return { result: null };
    },
  });
