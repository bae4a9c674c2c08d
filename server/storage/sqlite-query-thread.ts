/** The query thread: reads history on a connection of its own, so that no dashboard can hold up a commit. */
import { parentPort, workerData } from 'node:worker_threads';
import type { HistoryPage, HistoryQuery, HistoryTableName } from '#shared/ports/storage.ts';
import { toStorageError } from './sqlite-errors.ts';
import { SqliteHistory } from './sqlite-history.ts';
import { serveCalls } from './thread-calls.ts';

export interface SqliteQueryCalls {
  query: {
    argument: { request: HistoryQuery<HistoryTableName>; limitMs: number };
    result: HistoryPage<HistoryTableName>;
  };
  close: { argument: null; result: null };
}

let history: SqliteHistory | undefined;

function opened(): SqliteHistory {
  const { directory }: { directory: string } = workerData;
  try {
    return (history ??= new SqliteHistory(directory, () => performance.now()));
  } catch (error) {
    throw toStorageError(error, directory);
  }
}

if (parentPort !== null)
  serveCalls<SqliteQueryCalls>(parentPort, {
    query: ({ request, limitMs }) => {
      return { result: opened().query(request, limitMs) };
    },
    close: () => {
      history?.close();
      history = undefined;
      return { result: null };
    },
  });
