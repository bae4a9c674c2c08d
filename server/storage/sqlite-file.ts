/**
 * Opening the data directory: one server at a time, a file of ours, of a version we know, brought up to date.
 */
import { closeSync, constants, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StorageError } from '#shared/ports/storage.ts';
import { lockedError } from './sqlite-errors.ts';
import { APPLICATION_ID } from './sqlite-schema.ts';

const LOCK_FILE = 'server.lock';
const PID_FILE = 'server.pid';
const DATABASE_FILE = 'daylight.sqlite';
/** Large enough that a commit rarely pays for a checkpoint, small enough to be read back in a second. In pages of 4 KB. */
const CHECKPOINT_PAGES = 4000;

export function databasePath(directory: string): string {
  return join(directory, DATABASE_FILE);
}

/** The first column of the first row of `sql`, as a number (pragmas, counts, sums). */
export function readNumber(database: DatabaseSync, sql: string): number {
  return Number(Object.values(database.prepare(sql).get() ?? {})[0]);
}

/**
 * Takes the directory for this process, creating it if need be. The lock is an exclusive transaction on an empty database:
 * the system drops it when the process dies in whatever way, so no stale file ever has to be judged by a process id.
 */
export function lockDirectory(directory: string): DatabaseSync {
  mkdirSync(directory, { recursive: true });
  const lock = new DatabaseSync(join(directory, LOCK_FILE));
  const pidPath = join(directory, PID_FILE);
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (Number(Object(error).errcode) !== 5) throw error;
    throw lockedError(directory, existsSync(pidPath) ? readFileSync(pidPath, 'utf8').trim() : '');
  }
  writeFileSync(pidPath, `${process.pid}\n`); // only for the sentence above
  return lock;
}

export function unlockDirectory(lock: DatabaseSync, directory: string): void {
  rmSync(join(directory, PID_FILE), { force: true });
  lock.close();
}

export interface OpenedDatabase {
  readonly database: DatabaseSync;
  readonly migratedFrom: number | null;
}

/** Opens (or makes) the database and runs the migrations it lacks. The directory must be locked. */
export function openDatabase(directory: string, migrations: readonly string[]): OpenedDatabase {
  const path = databasePath(directory);
  let database = new DatabaseSync(path);
  try {
    const version = readVersion(database, path, migrations.length);
    if (version > 0 && version < migrations.length) {
      keepCopy(database, path, version);
      database = new DatabaseSync(path);
    }
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
    );
    database.exec('PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY');
    for (let v = version; v < migrations.length; v++) migrate(database, v + 1, migrations[v] ?? '');
    return { database, migratedFrom: version > 0 && version < migrations.length ? version : null };
  } catch (error) {
    if (database.isOpen) database.close();
    throw error;
  }
}

function readVersion(database: DatabaseSync, path: string, newest: number): number {
  const version = readNumber(database, 'PRAGMA user_version');
  const application = readNumber(database, 'PRAGMA application_id');
  const tables = readNumber(database, 'SELECT count(*) FROM sqlite_schema');
  if (application !== APPLICATION_ID && (tables > 0 || version > 0))
    throw new StorageError('corrupt', `${path} is a database of another program: choose another directory.`);
  if (version > newest)
    throw new StorageError(
      'newer-schema',
      `${path} was written by a newer Daylight (data version ${version}, this one knows ${newest}): update Daylight, or choose another directory.`,
    );
  return version;
}

/**
 * Keeps `daylight.sqlite.v<version>` before a migration touches the file. Everything is moved out of the WAL and the
 * database closed first: closing any descriptor of an open database file would drop this process's locks on it.
 */
function keepCopy(database: DatabaseSync, path: string, version: number): void {
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  const copy = `${path}.v${version}`;
  copyFileSync(path, copy, constants.COPYFILE_FICLONE);
  const descriptor = openSync(copy, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** A migration is one transaction with its version: a kill in the middle leaves the former version whole. */
function migrate(database: DatabaseSync, version: number, sql: string): void {
  database.exec(
    `BEGIN IMMEDIATE; ${sql}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}; COMMIT`,
  );
}
