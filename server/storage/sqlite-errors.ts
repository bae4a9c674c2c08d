/** SQLite's result codes in the port's words: one clear sentence for each thing an operator can do something about. */
import { StorageError } from '#shared/ports/storage.ts';

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

export function lockedError(directory: string, pid: string): StorageError {
  const who = pid === '' ? '' : ` (process ${pid})`;
  return new StorageError(
    'locked',
    `The data directory ${directory} is in use by another Daylight server${who}: stop that one, or choose another directory.`,
  );
}

export function closedError(): StorageError {
  return new StorageError('closed', 'The store is not open.');
}

/** Maps whatever a database call threw. `path`: the file it was about. */
export function toStorageError(error: unknown, path: string): StorageError {
  if (error instanceof StorageError) return error;
  const words = error instanceof Error ? error.message : String(error);
  const full = 'errcode' in Object(error) ? Number(Object(error).errcode) : 0;
  const systemCode = 'code' in Object(error) ? String(Object(error).code) : '';
  const code = full & 0xff; // the low byte is the primary code, the rest says where
  if (code === SQLITE_FULL || systemCode === 'ENOSPC' || (code === SQLITE_IOERR && /full|space/i.test(words)))
    return new StorageError('disk-full', `No space is left for ${path}: free some, and the server goes on by itself.`);
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB)
    return new StorageError(
      'corrupt',
      `${path} is damaged or is no database (${words}): restore a copy or move it away.`,
    );
  if (code === SQLITE_BUSY || code === SQLITE_LOCKED)
    return new StorageError('locked', `${path} is locked by another process: end that one first.`);
  return new StorageError('unavailable', `${path} cannot be used: ${words}.`);
}
