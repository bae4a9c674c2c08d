/** Schema and migrations of the SQLite engine, without threads. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MutationBatchBuilder } from '#shared/ports/mutation-batch.ts';
import { HISTORY_COLUMNS, HISTORY_TABLE_NAMES, TABLE_NAMES } from '#shared/ports/storage.ts';
import { BEFORE_FIRST_KEY, SqliteDatabase } from './sqlite-database.ts';
import { databasePath } from './sqlite-file.ts';
import { columnName, MIGRATIONS } from './sqlite-schema.ts';

describe('sqlite schema', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'daylight-schema-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const rowsOf = (path: string, sql: string): unknown[] => {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  };
  const writeOne = (database: SqliteDatabase): void => {
    const builder = new MutationBatchBuilder('a', 1);
    builder.put('tasks', 5, Uint8Array.of(9));
    database.commit(builder.finish().buffer);
  };

  it('G1 has the tables and columns the port names, and no secondary index', () => {
    new SqliteDatabase(directory).close();
    const path = databasePath(directory);
    expect(rowsOf(path, "SELECT name FROM sqlite_schema WHERE type = 'index'")).toEqual([]);
    for (const table of TABLE_NAMES) expect(rowsOf(path, `SELECT * FROM live_${table}`)).toEqual([]);
    for (const table of HISTORY_TABLE_NAMES) {
      const kinds = { integer: 'INTEGER', text: 'TEXT', blob: 'BLOB' } as const;
      const expected = Object.entries(HISTORY_COLUMNS[table]).map(([column, kind]) => ({
        name: columnName(column),
        type: Object.entries(kinds).find(([name]) => kind.startsWith(name))?.[1],
        notnull: kind.endsWith('?') ? 0 : 1,
      }));
      const found = rowsOf(path, `SELECT name, type, "notnull" FROM pragma_table_info('${table}') WHERE pk = 0`);
      expect(found).toEqual(expected);
    }
  });

  it('W1 brings older data up to date at start and keeps a copy of the file as it was', () => {
    const first = new SqliteDatabase(directory);
    expect(first.info).toMatchObject({ schemaVersion: MIGRATIONS.length, migratedFrom: null });
    writeOne(first);
    first.close();
    const newer = [...MIGRATIONS, 'ALTER TABLE task_history ADD COLUMN extra TEXT; DELETE FROM live_tasks'];
    const second = new SqliteDatabase(directory, newer);
    expect(second.info).toMatchObject({ schemaVersion: newer.length, migratedFrom: MIGRATIONS.length, owner: 'a' });
    expect(second.readChunk('tasks', BEFORE_FIRST_KEY).keys).toHaveLength(0);
    second.close();
    const copy = `${databasePath(directory)}.v${MIGRATIONS.length}`;
    expect(rowsOf(copy, 'SELECT key FROM live_tasks')).toEqual([{ key: 5 }]);
    expect(rowsOf(copy, 'PRAGMA user_version')).toEqual([{ user_version: MIGRATIONS.length }]);
    expect(() => new SqliteDatabase(directory)).toThrow('newer Daylight');
    new SqliteDatabase(directory, newer).close();
  });

  it('W1 a migration that fails leaves the data at its former version', () => {
    const first = new SqliteDatabase(directory);
    writeOne(first);
    first.close();
    const broken = [...MIGRATIONS, 'DELETE FROM live_tasks; SELECT * FROM no_such_table'];
    expect(() => new SqliteDatabase(directory, broken)).toThrow('no such table');
    const again = new SqliteDatabase(directory);
    expect([...again.readChunk('tasks', BEFORE_FIRST_KEY).keys]).toEqual([5]);
    again.close();
  });

  it('a new store makes no copy', () => {
    new SqliteDatabase(directory).close();
    expect(existsSync(`${databasePath(directory)}.v0`)).toBe(false);
  });
});
