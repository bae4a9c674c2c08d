/**
 * The storage engine on SQLite, as plain blocking calls: it lives in the storage thread, and in tests of what needs no
 * thread. WAL with synchronous FULL: when `commit` returns, a power cut cannot take the batch back.
 */
import { statfsSync } from 'node:fs';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { readBatchHeader, readMutationBatch } from '#shared/ports/mutation-batch.ts';
import type { MutationVisitor } from '#shared/ports/mutation-batch.ts';
import { HISTORY_COLUMNS, HISTORY_TABLE_NAMES, HISTORY_TIME_COLUMN, TABLE_NAMES } from '#shared/ports/storage.ts';
import { checkFence, nextHistory } from '#shared/ports/storage.ts';
import type {
  ForgetResult,
  HistoryPlace,
  HistoryTableName,
  Retention,
  StorageInfo,
  SweepResult,
  TableName,
} from '#shared/ports/storage.ts';
import { toStorageError } from './sqlite-errors.ts';
import { databasePath, lockDirectory, openDatabase, readNumber, unlockDirectory } from './sqlite-file.ts';
import { columnName, liveTable, MIGRATIONS } from './sqlite-schema.ts';

/** Rows of a live table as they cross threads: the row of `keys[i]` ends before byte `ends[i]` of `rows`, where the next begins. */
export interface RowChunk {
  readonly keys: Float64Array<ArrayBuffer>;
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly rows: Uint8Array<ArrayBuffer>;
  readonly last: boolean;
}

/** About what one visit loop should take of the main thread at a time (a few ms). */
const CHUNK_BYTES = 1 << 20;
/** Small rows cost their visitor far more than their bytes: two entries of tables each. */
const CHUNK_ROWS = 2048;
/** Rows that one look for those of deleted jobs takes: some ms, during which commits wait. */
const FORGET_SLICE_ROWS = 10_000;
/** Below every key: where a table starts. */
export const BEFORE_FIRST_KEY = -1;

/** Figures only the engine knows. */
export interface SqliteFigures {
  readonly usedBytes: number;
  readonly diskTotalBytes: number;
  readonly diskFreeBytes: number;
}

export class SqliteDatabase {
  readonly info: StorageInfo;
  readonly #directory: string;
  readonly #path: string;
  readonly #lock: DatabaseSync;
  readonly #database: DatabaseSync;
  readonly #writer: MutationVisitor;
  readonly #takeOver: StatementSync;
  #owner: string;
  #epoch: number;

  /** Locks and opens `directory`. `migrations` differs from the real ones only in tests. Throws `StorageError`. */
  constructor(directory: string, migrations: readonly string[] = MIGRATIONS) {
    this.#directory = directory;
    this.#path = databasePath(directory);
    let lock: DatabaseSync | undefined;
    try {
      lock = lockDirectory(directory);
      const { database, migratedFrom } = openDatabase(directory, migrations);
      const writer = database.prepare('SELECT owner, epoch FROM writer').get() ?? {};
      this.#owner = String(writer['owner']);
      this.#epoch = Number(writer['epoch']);
      this.#lock = lock;
      this.#database = database;
      this.#writer = prepareWriter(database);
      this.#takeOver = database.prepare('UPDATE writer SET owner = ?, epoch = ?');
      const { length: schemaVersion } = migrations;
      this.info = { engine: 'sqlite', schemaVersion, migratedFrom, owner: this.#owner, epoch: this.#epoch };
    } catch (error) {
      if (lock !== undefined) unlockDirectory(lock, directory);
      throw toStorageError(error, this.#path);
    }
  }

  /** One batch, one transaction: stored as a whole when this returns, absent as a whole when it throws. */
  commit(buffer: ArrayBuffer): void {
    const { owner, epoch } = readBatchHeader(buffer);
    checkFence({ owner: this.#owner, epoch: this.#epoch }, owner, epoch);
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      if (epoch !== this.#epoch) this.#takeOver.run(owner, epoch);
      readMutationBatch(buffer, this.#writer);
      this.#database.exec('COMMIT');
    } catch (error) {
      // Some failures (a full disk) have rolled back already; a second ROLLBACK would throw over the real reason.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw toStorageError(error, this.#path);
    }
    this.#owner = owner;
    this.#epoch = epoch;
  }

  /**
   * The next rows of a table with keys above `afterKey` (-1: from the start), in key order; at least one if there is one.
   * They are fetched in one call, much faster than one by one, so how many are few enough is found out before.
   */
  readChunk(table: TableName, afterKey: number): RowChunk {
    const from = `FROM ${liveTable(table)} WHERE key > ? ORDER BY key LIMIT ?`;
    try {
      const measure = this.#database.prepare(`SELECT sum(length(row)) AS size FROM (SELECT row ${from})`);
      let limit = CHUNK_ROWS;
      while (limit > 1 && Number(measure.get(afterKey, limit)?.['size']) > CHUNK_BYTES) limit >>= 1;
      const select = this.#database.prepare(`SELECT key, row ${from}`);
      select.setReturnArrays(true);
      return packChunk(select.all(afterKey, limit), limit);
    } catch (error) {
      throw toStorageError(error, this.#path);
    }
  }

  /** One slice of retention, taken from the history table whose first row is the oldest. */
  sweep(nowMs: number, retention: Retention): SweepResult {
    try {
      const oldest = this.#oldestHistory();
      if (oldest === undefined) return { deletedRows: 0, more: false };
      const tooLarge = this.#usedBytes() > retention.maxBytes;
      const cutoffMs = tooLarge ? Number.MAX_SAFE_INTEGER : nowMs - retention.maxAgeMs;
      if (oldest.atMs >= cutoffMs) return { deletedRows: 0, more: false };
      const time = columnName(HISTORY_TIME_COLUMN[oldest.table]);
      const { changes } = this.#database
        .prepare(
          `DELETE FROM ${oldest.table} WHERE ${time} < ? AND key IN (SELECT key FROM ${oldest.table} ORDER BY key LIMIT ?)`,
        )
        .run(cutoffMs, retention.sliceRows);
      return { deletedRows: Number(changes), more: true };
    } catch (error) {
      throw toStorageError(error, this.#path);
    }
  }

  /** One slice of a look through all history for that of jobs which were deleted. */
  forgetJobs(jobs: readonly number[], { table, afterKey }: HistoryPlace): ForgetResult {
    try {
      const last = this.#database
        .prepare(`SELECT key FROM ${table} WHERE key > ? ORDER BY key LIMIT 1 OFFSET ${FORGET_SLICE_ROWS - 1}`)
        .get(afterKey);
      const endKey = last === undefined ? Number.MAX_SAFE_INTEGER : Number(last['key']);
      const { changes } = this.#database
        .prepare(`DELETE FROM ${table} WHERE key > ? AND key <= ? AND job IN (SELECT value FROM json_each(?))`)
        .run(afterKey, endKey, JSON.stringify(jobs));
      return {
        deletedRows: Number(changes),
        next: last === undefined ? nextHistory(table) : { table, afterKey: endKey },
      };
    } catch (error) {
      throw toStorageError(error, this.#path);
    }
  }

  figures(): SqliteFigures {
    const disk = statfsSync(this.#directory);
    return {
      usedBytes: this.#usedBytes(),
      diskTotalBytes: disk.blocks * disk.bsize,
      diskFreeBytes: disk.bavail * disk.bsize,
    };
  }

  /** Bounds the file: past it a commit fails with 'disk-full'. Infinity takes the bound away. A bound below the present size means the present size. */
  limitSize(sizeBytes: number): void {
    const pages = Math.floor(sizeBytes / readNumber(this.#database, 'PRAGMA page_size'));
    this.#database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.min(pages, 0xfffffffe))}`);
  }

  close(): void {
    this.#database.close(); // as the last connection it also moves the WAL into the file
    unlockDirectory(this.#lock, this.#directory);
  }

  #usedBytes(): number {
    const pages = readNumber(this.#database, 'PRAGMA page_count') - readNumber(this.#database, 'PRAGMA freelist_count');
    return pages * readNumber(this.#database, 'PRAGMA page_size');
  }

  #oldestHistory(): { table: HistoryTableName; atMs: number } | undefined {
    let oldest: { table: HistoryTableName; atMs: number } | undefined;
    for (const table of HISTORY_TABLE_NAMES) {
      const time = columnName(HISTORY_TIME_COLUMN[table]);
      const head = this.#database.prepare(`SELECT ${time} AS at FROM ${table} ORDER BY key LIMIT 1`).get();
      const atMs = Number(head?.['at']);
      if (head !== undefined && (oldest === undefined || atMs < oldest.atMs)) oldest = { table, atMs };
    }
    return oldest;
  }
}

/** @param fetched key and row of each, as arrays: objects with names take far longer to make */
function packChunk(fetched: readonly Readonly<Record<number, SQLOutputValue>>[], limit: number): RowChunk {
  const keys = new Float64Array(fetched.length);
  const ends = new Uint32Array(fetched.length);
  let size = 0;
  for (const [i, { 0: key, 1: row }] of fetched.entries()) {
    keys[i] = Number(key);
    if (row instanceof Uint8Array) size += row.length;
    ends[i] = size;
  }
  const rows = new Uint8Array(size);
  for (const [i, { 1: row }] of fetched.entries())
    if (row instanceof Uint8Array) rows.set(row, (ends[i] ?? 0) - row.length);
  return { keys, ends, rows, last: fetched.length < limit };
}

/** Prepared statements per table, as the visitor of a batch. */
function prepareWriter(database: DatabaseSync): MutationVisitor {
  const prepareLive = (sql: (table: string) => string): Map<TableName, StatementSync> =>
    new Map(TABLE_NAMES.map((table) => [table, database.prepare(sql(liveTable(table)))]));
  const puts = prepareLive((table) => `REPLACE INTO ${table} (key, row) VALUES (?, ?)`);
  const deletes = prepareLive((table) => `DELETE FROM ${table} WHERE key = ?`);
  const appends = new Map(
    HISTORY_TABLE_NAMES.map((table) => {
      const columns = ['key', ...Object.keys(HISTORY_COLUMNS[table]).map(columnName)];
      const marks = columns.map(() => '?').join(', ');
      return [table, database.prepare(`REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${marks})`)];
    }),
  );
  return {
    put: (table, key, row) => puts.get(table)?.run(key, row),
    delete: (table, key) => deletes.get(table)?.run(key),
    appendHistory: (table, key, values) => appends.get(table)?.run(key, ...values),
  };
}
