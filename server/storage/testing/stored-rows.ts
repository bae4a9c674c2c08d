// Rows of test data, and how a test reads them back.
import type { HistoryRow, Storage, TableName } from '#shared/ports/storage.ts';

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** A finished task of test data. */
export function taskRow(key: number, changes: Partial<HistoryRow<'task_history'>> = {}): HistoryRow<'task_history'> {
  const row = { key, job: 1, fn: 'square', state: 'finished', node: 3, attempts: 1, submittedAtMs: 1000 };
  const times = { startedAtMs: 1001, endedAtMs: 1000 + key, queuedMs: 1, runMs: 2 };
  return { ...row, ...times, error: null, taskId: bytes(1, 2, 3), ...changes };
}

/** Everything of a live table, in visiting order. */
export async function contents(store: Storage, table: TableName): Promise<[number, Uint8Array][]> {
  const rows: [number, Uint8Array][] = [];
  await store.load(table, (key, row) => rows.push([key, row.slice()]));
  return rows;
}
