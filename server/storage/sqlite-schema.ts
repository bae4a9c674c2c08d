/**
 * The SQLite schema and its history. Version n is what running the first n migrations gives; a migration, once released,
 * is never edited. Keys are integers and live tables have no secondary index: with 16-byte keys and one index the same
 * writes are 10 to 25 times slower. `user_version` holds the version, `application_id` says the file is ours.
 */
import type { TableName } from '#shared/ports/storage.ts';

/** Marks the file as Daylight's ("DAYL"). */
export const APPLICATION_ID = 0x4441594c;

const LIVE_TABLES_V1: readonly TableName[] = [
  'meta',
  'nodes',
  'sessions',
  'jobs',
  'functions',
  'modules',
  'tasks',
  'objects',
  'actors',
  'groups',
  'aliases',
  'options',
];

/** "groups" is a keyword of window functions: live tables get a prefix instead of quotes everywhere. */
export function liveTable(table: TableName): string {
  return `live_${table}`;
}

/** `startedAtMs` → `started_at_ms`: SQL people expect names without capitals. */
export function columnName(column: string): string {
  return column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const V1 = `
  CREATE TABLE writer (id INTEGER PRIMARY KEY CHECK (id = 0), owner TEXT NOT NULL, epoch INTEGER NOT NULL) STRICT;
  INSERT INTO writer VALUES (0, '', 0);
  ${LIVE_TABLES_V1.map((t) => `CREATE TABLE live_${t} (key INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT;`).join('\n  ')}
  CREATE TABLE task_history (
    key INTEGER PRIMARY KEY, job INTEGER NOT NULL, fn TEXT NOT NULL, state TEXT NOT NULL, node INTEGER,
    attempts INTEGER NOT NULL, submitted_at_ms INTEGER NOT NULL, started_at_ms INTEGER, ended_at_ms INTEGER NOT NULL,
    queued_ms INTEGER, run_ms INTEGER, error TEXT, task_id BLOB NOT NULL
  ) STRICT;
  CREATE TABLE event_history (
    key INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, job INTEGER, node INTEGER,
    message TEXT NOT NULL, detail TEXT
  ) STRICT;
  CREATE TABLE decision_history (
    key INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, job INTEGER NOT NULL, task INTEGER NOT NULL, node INTEGER,
    reason TEXT NOT NULL, detail TEXT
  ) STRICT;
`;

/** What durable `main`s did. */
const V2 = 'CREATE TABLE live_histories (key INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT;';

/** SQL that leads from version i to i + 1. */
export const MIGRATIONS: readonly string[] = [V1, V2];
