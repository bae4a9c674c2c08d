/**
 * The storage port: what the control state needs from a database, in words no engine owns.
 *
 * The server decides in memory and makes its decisions durable here. Live entities are opaque rows under integer keys,
 * replaced or deleted as a whole; finished ones are appended to history tables with typed columns that people query. One
 * commit is one batch is one transaction. Every batch names the owner that wrote it and that owner's fencing epoch, so that
 * a server which lost its lease without noticing cannot write over its successor.
 */
import type { MutationBatch } from './mutation-batch.ts';

/** Live tables: what the server reads back whole when it starts. The order here is part of the batch format: append only. */
export const TABLE_NAMES = [
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
  'histories',
] as const;
/** A live table: rows are opaque bytes by integer key. */
export type TableName = (typeof TABLE_NAMES)[number];

/** Column kinds: 'integer' is a safe integer; a question mark says the column may be null. */
export type ColumnKind = 'integer' | 'integer?' | 'text' | 'text?' | 'blob' | 'blob?';

/**
 * Columns of the history tables, besides `key`. Times (`…AtMs`) are the server's wall clock in ms since 1970; durations
 * (`…Ms`) are what the node measured. Keys are given by the server and grow with time (roughly is enough): paging goes by
 * key, and retention deletes from the lowest. Order and kinds are part of the batch format: append only.
 */
export const HISTORY_COLUMNS = {
  task_history: {
    job: 'integer',
    fn: 'text',
    state: 'text',
    node: 'integer?',
    attempts: 'integer',
    submittedAtMs: 'integer',
    startedAtMs: 'integer?',
    endedAtMs: 'integer',
    queuedMs: 'integer?',
    runMs: 'integer?',
    error: 'text?',
    taskId: 'blob',
  },
  event_history: {
    atMs: 'integer',
    kind: 'text',
    job: 'integer?',
    node: 'integer?',
    message: 'text',
    detail: 'text?',
  },
  decision_history: {
    atMs: 'integer',
    job: 'integer',
    task: 'integer',
    node: 'integer?',
    reason: 'text',
    detail: 'text?',
  },
} as const satisfies Record<string, Record<string, ColumnKind>>;

/** A history table: typed columns, for queries. */
export type HistoryTableName = keyof typeof HISTORY_COLUMNS;
/** In batch-format order. */
export const HISTORY_TABLE_NAMES = ['task_history', 'event_history', 'decision_history'] as const;

/** The column that says when a row's subject ended, by which retention judges age. */
export const HISTORY_TIME_COLUMN = {
  task_history: 'endedAtMs',
  event_history: 'atMs',
  decision_history: 'atMs',
} as const satisfies Record<HistoryTableName, string>;

type ColumnValue<K extends ColumnKind> = K extends 'integer'
  ? number
  : K extends 'integer?'
    ? number | null
    : K extends 'text'
      ? string
      : K extends 'text?'
        ? string | null
        : K extends 'blob'
          ? Uint8Array
          : Uint8Array | null;

type Columns<T extends HistoryTableName> = (typeof HISTORY_COLUMNS)[T];

/** One row of a history table. */
export type HistoryRow<T extends HistoryTableName> = { readonly key: number } & {
  readonly [C in keyof Columns<T>]: Columns<T>[C] extends ColumnKind ? ColumnValue<Columns<T>[C]> : never;
};

/** A value any history column may hold. */
export type HistoryValue = number | string | Uint8Array | null;

/** Columns a query may compare: all but blobs. */
type ComparableColumn<T extends HistoryTableName> = {
  [C in keyof Columns<T>]: Columns<T>[C] extends 'blob' | 'blob?' ? never : C;
}[keyof Columns<T>];

/** True for a column that holds a time. */
export function isTimeColumn(column: string): boolean {
  return column.endsWith('AtMs') || column === 'atMs';
}

/** One page of history to read. */
export interface HistoryQuery<T extends HistoryTableName> {
  readonly table: T;
  /** By key. Default 'newest' (highest key first). */
  readonly order?: 'newest' | 'oldest';
  /** Exclusive cursor: go on after this key, in the query's order. */
  readonly afterKey?: number;
  /** Columns that must equal these values (null matches null). */
  readonly where?: { readonly [C in ComparableColumn<T>]?: HistoryRow<T>[C & keyof HistoryRow<T>] };
  /**
   * Columns whose text is like these patterns: `*` stands for anything, ASCII letters are the same in both cases. The text of a
   * number is decimal, that of a time (`…AtMs`) ISO 8601 in UTC with milliseconds. Null is like nothing.
   */
  readonly like?: { readonly [C in ComparableColumn<T>]?: string };
  /** Only rows whose time (`endedAtMs` or `atMs`) is at least / less than this. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Rows wanted, 1 to 1 000. */
  readonly limit: number;
  /** How long to look for them at most, if that is less than the engine's own limit. */
  readonly limitMs?: number;
}

/** One page of a query's answer. */
export interface HistoryPage<T extends HistoryTableName> {
  readonly rows: HistoryRow<T>[];
  /** Where to go on (`afterKey`), or null at the end of the table. */
  readonly nextAfterKey: number | null;
  /** True if the time limit ended the search before `limit` rows were found: go on with `nextAfterKey` to see more. */
  readonly timedOut: boolean;
}

/** Rows one query gives at most. */
export const MAX_QUERY_ROWS = 1000;

/** What a store is and who wrote it last. */
export interface StorageInfo {
  readonly engine: string;
  readonly schemaVersion: number;
  /** The version found, if the data was brought up to date by this `open`; null otherwise. */
  readonly migratedFrom: number | null;
  /** Owner and fencing epoch of the last commit; '' and 0 for a new store. A server that takes over writes with epoch + 1. */
  readonly owner: string;
  readonly epoch: number;
}

/** What the store did since it was opened, and the room it has. */
export interface StorageStats {
  readonly commits: number;
  readonly mutations: number;
  readonly failedCommits: number;
  /** Commits accepted and not yet durable. */
  readonly queuedCommits: number;
  /** Bytes the rows and their tables occupy (free pages not counted). */
  readonly usedBytes: number;
  /** Size and free space of the volume under the store; null where there is none. */
  readonly diskTotalBytes: number | null;
  readonly diskFreeBytes: number | null;
}

/** What one sweep removed. */
export interface SweepResult {
  readonly deletedRows: number;
  /** True if another slice is due: call again at the next idle moment. */
  readonly more: boolean;
}

/** Where a look through all history stands. */
export interface HistoryPlace {
  readonly table: HistoryTableName;
  /** Rows up to this key have been looked at. */
  readonly afterKey: number;
}

/** Where a look begins. */
export const HISTORY_BEGIN: HistoryPlace = { table: HISTORY_TABLE_NAMES[0], afterKey: -1 };

/** What one look removed, and where the next goes on; null at the end. */
export interface ForgetResult {
  readonly deletedRows: number;
  readonly next: HistoryPlace | null;
}

/** Retention of history. Live rows are never swept. */
export interface Retention {
  /** Rows older than this go. Default 7 days. */
  readonly maxAgeMs: number;
  /** While the store uses more than this, the oldest history goes. Default 10 GB. */
  readonly maxBytes: number;
  /** Most rows one `sweep` deletes, so that a commit never waits long behind it. Default 1 000. */
  readonly sliceRows: number;
}

/** Seven days or 10 GB of history, whichever is reached first. */
export const DEFAULT_RETENTION: Retention = { maxAgeMs: 7 * 24 * 3600 * 1000, maxBytes: 10e9, sliceRows: 1000 };

/**
 * A durable store with one writer.
 *
 * Order: commits become durable in the order of the calls, each as a whole or not at all. If one fails, those queued behind
 * it are refused with the same error, so what is stored is always a prefix of what was asked for. All methods reject with
 * `StorageError`; argument mistakes are `RangeError`s.
 */
export interface Storage {
  /** Takes the store for this process and brings its schema up to date. Once, before anything else. */
  open(): Promise<StorageInfo>;
  /**
   * Visits every row of a live table in ascending key order. `row` is a view that is good only during the visit: copy what
   * is kept. An exception of `visit` ends the load and rejects. Meant for the start, before the first commit.
   */
  load(table: TableName, visit: (key: number, row: Uint8Array) => void): Promise<void>;
  /**
   * Makes a batch durable; resolves when a power cut can no longer undo it. The batch's buffer is taken over (detached)
   * until the promise settles; on rejection the batch is whole again and may be committed once more.
   */
  commit(batch: MutationBatch): Promise<void>;
  /** Reads a page of history beside the writer; never delays a commit. */
  query<T extends HistoryTableName>(request: HistoryQuery<T>): Promise<HistoryPage<T>>;
  /** Deletes one slice of history past its retention. `nowMs`: wall clock, ms since 1970. */
  sweep(nowMs: number): Promise<SweepResult>;
  /**
   * Deletes the history of these jobs, wherever in the tables it is: one slice of rows is looked at, from `from` on. There is no
   * index by job (rule G1), so all of history is looked through, once for all jobs that are to go.
   */
  forgetJobs(jobs: readonly number[], from: HistoryPlace): Promise<ForgetResult>;
  stats(): Promise<StorageStats>;
  /** Finishes the commits accepted so far, then lets the store go. Calls after this reject with 'closed'. Safe to repeat. */
  close(): Promise<void>;
}

/**
 * - `newer-schema`: written by a later release; nothing was touched.
 * - `disk-full`: no space; nothing of the batch was stored; works again once there is space.
 * - `fenced`: another owner has taken over; this server must stop writing for good.
 * - `corrupt`: the data cannot be read as what it should be.
 * - `locked`: another server has the store open.
 * - `closed`: not open (any more).
 * - `unavailable`: the engine failed in another way; the message has its words.
 */
export type StorageErrorCode =
  | 'newer-schema'
  | 'disk-full'
  | 'fenced'
  | 'corrupt'
  | 'locked'
  | 'closed'
  | 'unavailable';

/** A storage failure; `message` is one sentence for a person, saying what to do where something can be done. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  constructor(code: StorageErrorCode, message: string) {
    super(message);
    this.name = 'StorageError';
    this.code = code;
  }
}

/**
 * The fencing rule, one for all engines: the stored epoch never falls, and one epoch belongs to one owner.
 * Throws a 'fenced' `StorageError` if a batch of (`owner`, `epoch`) may not be written.
 */
export function checkFence(
  stored: { readonly owner: string; readonly epoch: number },
  owner: string,
  epoch: number,
): void {
  if (epoch > stored.epoch || (epoch === stored.epoch && owner === stored.owner)) return;
  throw new StorageError(
    'fenced',
    `Server "${owner}" (epoch ${epoch}) may not write any more: "${stored.owner}" took over with epoch ${stored.epoch}.`,
  );
}

/** The table after this one, from its beginning; null after the last. */
export function nextHistory(table: HistoryTableName): HistoryPlace | null {
  const next = HISTORY_TABLE_NAMES[HISTORY_TABLE_NAMES.indexOf(table) + 1];
  return next ? { table: next, afterKey: -1 } : null;
}

/** Throws a `RangeError` naming the mistake if a query asks for what no engine can answer. */
export function checkQuery<T extends HistoryTableName>(request: HistoryQuery<T>): void {
  if (!Object.hasOwn(HISTORY_COLUMNS, request.table)) throw new RangeError(`no history table "${request.table}"`);
  if (!Number.isInteger(request.limit) || request.limit < 1 || request.limit > MAX_QUERY_ROWS)
    throw new RangeError(`limit must be an integer from 1 to ${MAX_QUERY_ROWS}, got ${request.limit}`);
  const columns: Record<string, ColumnKind> = HISTORY_COLUMNS[request.table];
  for (const column of [...Object.keys(request.where ?? {}), ...Object.keys(request.like ?? {})]) {
    const kind = Object.hasOwn(columns, column) ? columns[column] : undefined;
    if (kind === undefined || kind.startsWith('blob'))
      throw new RangeError(`${request.table} has no column "${column}" to compare`);
  }
}
