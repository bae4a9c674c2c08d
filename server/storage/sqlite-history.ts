/**
 * Reading history under a time limit. node:sqlite can interrupt nothing: a thread inside one long statement ignores even
 * `terminate()` until the statement is done. So a query walks the table by key in slices, each its own short statement,
 * and looks at the clock in between. Short statements also let the writer reset its WAL, which one long reader prevents.
 */
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue } from 'node:sqlite';
import { HISTORY_COLUMNS, HISTORY_TIME_COLUMN, isTimeColumn } from '#shared/ports/storage.ts';
import type { HistoryPage, HistoryQuery, HistoryRow, HistoryTableName } from '#shared/ports/storage.ts';
import { databasePath } from './sqlite-file.ts';
import { toStorageError } from './sqlite-errors.ts';
import { columnName } from './sqlite-schema.ts';

/** Rows one statement may look at: some ms, tens of ms from a cold disk. */
const SLICE_ROWS = 10_000;

export class SqliteHistory {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #now: () => number;

  /** A read-only connection on the database in `directory`, which must exist. `now`: monotonic ms. */
  constructor(directory: string, now: () => number) {
    this.#path = databasePath(directory);
    this.#database = new DatabaseSync(this.#path, { readOnly: true });
    this.#database.exec('PRAGMA cache_size = -16384');
    this.#now = now;
  }

  /** Answers what was found within about `limitMs`; at least one slice is looked at, so repeated calls always get on. */
  query<T extends HistoryTableName>(request: HistoryQuery<T>, limitMs: number): HistoryPage<T> {
    const untilMs = this.#now() + Math.min(limitMs, request.limitMs ?? limitMs);
    const newest = request.order !== 'oldest';
    const filter = filterOf(request);
    const rows: HistoryRow<T>[] = [];
    let cursor = request.afterKey ?? (newest ? Number.MAX_SAFE_INTEGER : -1);
    // The highest key itself is out of reach of an exclusive cursor; no server ever gets there.
    for (;;) {
      const end = this.#sliceEnd(request.table, newest, cursor);
      this.#readSlice(request, filter, newest, cursor, end, rows);
      const lastKey = rows.at(-1)?.key;
      if (rows.length === request.limit && lastKey !== undefined)
        return { rows, nextAfterKey: lastKey, timedOut: false };
      if (end === null) return { rows, nextAfterKey: null, timedOut: false };
      cursor = end;
      if (this.#now() >= untilMs) return { rows, nextAfterKey: cursor, timedOut: true };
    }
  }

  close(): void {
    this.#database.close();
  }

  /** The key of the last row of the slice after `cursor`; null if the table ends within it. */
  #sliceEnd(table: HistoryTableName, newest: boolean, cursor: number): number | null {
    const [after, direction] = newest ? ['<', 'DESC'] : ['>', 'ASC'];
    const sql = `SELECT key FROM ${table} WHERE key ${after} ? ORDER BY key ${direction} LIMIT 1 OFFSET ${SLICE_ROWS - 1}`;
    const row = this.#guard(() => this.#database.prepare(sql).get(cursor));
    return row === undefined ? null : Number(row['key']);
  }

  #readSlice<T extends HistoryTableName>(
    request: HistoryQuery<T>,
    filter: Filter,
    newest: boolean,
    cursor: number,
    end: number | null,
    rows: HistoryRow<T>[],
  ): void {
    const [after, upTo, direction] = newest ? ['<', '>=', 'DESC'] : ['>', '<=', 'ASC'];
    const values = [cursor, ...(end === null ? [] : [end]), ...filter.values, request.limit - rows.length];
    const sql =
      `SELECT ${selection(request.table)} FROM ${request.table} WHERE key ${after} ?` +
      `${end === null ? '' : ` AND key ${upTo} ?`}${filter.sql} ORDER BY key ${direction} LIMIT ?`;
    const found = this.#guard(() => this.#database.prepare(sql).all(...values));
    // STRICT tables hold exactly the column types the row type is made of.
    for (const row of found) rows.push(row as unknown as HistoryRow<T>);
  }

  #guard<R>(read: () => R): R {
    try {
      return read();
    } catch (error) {
      throw toStorageError(error, this.#path);
    }
  }
}

interface Filter {
  readonly sql: string;
  readonly values: SQLInputValue[];
}

/** Column names were checked against the table's before they came here; values are bound, never spliced. */
function filterOf<T extends HistoryTableName>(request: HistoryQuery<T>): Filter {
  const where: Record<string, unknown> = request.where ?? {};
  const terms: string[] = [];
  const values: SQLInputValue[] = [];
  for (const [column, value] of Object.entries(where)) {
    if (value === undefined) continue;
    terms.push(` AND ${columnName(column)} IS ?`);
    values.push(typeof value === 'number' || typeof value === 'string' ? value : null);
  }
  const like: Record<string, string | undefined> = request.like ?? {};
  for (const [column, pattern] of Object.entries(like)) {
    if (pattern === undefined) continue;
    const name = columnName(column);
    if (/^\*+$/.test(pattern)) {
      terms.push(` AND ${name} IS NOT NULL`);
    } else {
      const text = isTimeColumn(column) ? `strftime('%Y-%m-%dT%H:%M:%fZ', ${name} / 1000.0, 'unixepoch')` : name;
      terms.push(` AND ${text} LIKE ? ESCAPE '\\'`);
      values.push(pattern.replaceAll(/[\\%_]/g, String.raw`\$&`).replaceAll(/\*+/g, '%'));
    }
  }
  const time = columnName(HISTORY_TIME_COLUMN[request.table]);
  if (request.sinceMs !== undefined) {
    terms.push(` AND ${time} >= ?`);
    values.push(request.sinceMs);
  }
  if (request.untilMs !== undefined) {
    terms.push(` AND ${time} < ?`);
    values.push(request.untilMs);
  }
  return { sql: terms.join(''), values };
}

function selection(table: HistoryTableName): string {
  const columns = Object.keys(HISTORY_COLUMNS[table]);
  return ['key', ...columns.map((column) => `${columnName(column)} AS "${column}"`)].join(', ');
}
