/**
 * The storage port in memory: a real engine whose "disk" can be pulled out from under it. The simulator runs servers on it
 * by the thousand, loses power at any moment, and opens what was durable again.
 */
import { readBatchHeader, readMutationBatch } from '#shared/ports/mutation-batch.ts';
import type { MutationBatch, MutationVisitor } from '#shared/ports/mutation-batch.ts';
import {
  checkFence,
  checkQuery,
  DEFAULT_RETENTION,
  HISTORY_COLUMNS,
  HISTORY_TABLE_NAMES,
  HISTORY_TIME_COLUMN,
  isTimeColumn,
  nextHistory,
  StorageError,
  TABLE_NAMES,
} from '#shared/ports/storage.ts';
import type {
  ForgetResult,
  HistoryPage,
  HistoryPlace,
  HistoryQuery,
  HistoryRow,
  HistoryTableName,
  HistoryValue,
  Retention,
  Storage,
  StorageErrorCode,
  StorageInfo,
  StorageStats,
  SweepResult,
  TableName,
} from '#shared/ports/storage.ts';
import { textPattern } from '#shared/text/text-pattern.ts';

const MEMORY_SCHEMA_VERSION = 1;
/** Rows that one look for those of deleted jobs takes. */
const FORGET_SLICE_ROWS = 10_000;

/** The last frame of the log: a whole batch, or as much of one as was written when the power went. */
interface LastFrame {
  /** As its header says. */
  readonly sizeBytes: number;
  readonly bytes: ArrayBuffer;
}

/** What survives a crash. One `MemoryStorage` at a time may have it open. Its maps are to be read, not written, by others. */
export class MemoryDisk {
  schemaVersion = MEMORY_SCHEMA_VERSION;
  owner = '';
  epoch = 0;
  inUse = false;
  /** Written and not part of the tables yet; who opens the disk next decides what it is. */
  lastFrame: LastFrame | undefined;
  readonly live = new Map<TableName, Map<number, Uint8Array>>(TABLE_NAMES.map((name) => [name, new Map()]));
  readonly history = new Map<HistoryTableName, Map<number, HistoryValue[]>>(
    HISTORY_TABLE_NAMES.map((name) => [name, new Map()]),
  );

  /** The same data on another disk, not in use. Rows are never changed in place, so they are shared. */
  copy(): MemoryDisk {
    const copy = new MemoryDisk();
    copy.schemaVersion = this.schemaVersion;
    copy.owner = this.owner;
    copy.epoch = this.epoch;
    copy.lastFrame = this.lastFrame;
    for (const [name, rows] of this.live) copy.live.set(name, new Map(rows));
    for (const [name, rows] of this.history) copy.history.set(name, new Map(rows));
    return copy;
  }

  usedBytes(): number {
    let bytes = 0;
    for (const rows of this.live.values()) for (const row of rows.values()) bytes += 8 + row.length;
    for (const rows of this.history.values())
      for (const row of rows.values()) for (const value of row) bytes += sizeOf(value);
    return bytes;
  }
}

export interface MemoryStorageOptions {
  readonly disk?: MemoryDisk;
  readonly retention?: Partial<Retention>;
  /** Runs `step` when the disk is done with the commit at hand. Default: a microtask later. The simulator passes its clock. */
  readonly schedule?: (step: () => void) => void;
}

interface QueuedCommit {
  readonly batch: MutationBatch;
  readonly buffer: ArrayBuffer;
  resolve(): void;
  reject(error: StorageError): void;
}

export class MemoryStorage implements Storage {
  readonly #disk: MemoryDisk;
  readonly #retention: Retention;
  readonly #schedule: (step: () => void) => void;
  readonly #queue: QueuedCommit[] = [];
  readonly #writer: MutationVisitor;
  #state: 'new' | 'open' | 'closed' = 'new';
  #holdsDisk = false;
  readonly #failures: StorageErrorCode[] = [];
  #drained: (() => void) | undefined;
  #commits = 0;
  #mutations = 0;
  #failedCommits = 0;

  constructor(options: MemoryStorageOptions = {}) {
    this.#disk = options.disk ?? new MemoryDisk();
    this.#retention = { ...DEFAULT_RETENTION, ...options.retention };
    this.#schedule = options.schedule ?? queueMicrotask;
    const { live, history } = this.#disk;
    this.#writer = {
      put: (table, key, row) => live.get(table)?.set(key, row.slice()),
      delete: (table, key) => live.get(table)?.delete(key),
      appendHistory: (table, key, values) => history.get(table)?.set(key, values.map(copyValue)),
    };
  }

  async open(): Promise<StorageInfo> {
    const disk = this.#disk;
    if (this.#state !== 'new') throw closed();
    if (disk.inUse) throw new StorageError('locked', 'The store is in use by another server: stop that one first.');
    if (disk.schemaVersion > MEMORY_SCHEMA_VERSION)
      throw new StorageError('newer-schema', 'The store was written by a newer Daylight: update Daylight.');
    disk.inUse = true;
    this.#state = 'open';
    this.#holdsDisk = true;
    this.#recover();
    const { owner, epoch, schemaVersion } = disk;
    return { engine: 'memory', schemaVersion, migratedFrom: null, owner, epoch };
  }

  async load(table: TableName, visit: (key: number, row: Uint8Array) => void): Promise<void> {
    this.#checkOpen();
    const rows = [...(this.#disk.live.get(table) ?? [])].sort(([a], [b]) => a - b);
    for (const [key, row] of rows) visit(key, row.slice());
  }

  commit(batch: MutationBatch): Promise<void> {
    if (this.#state !== 'open') return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#queue.push({ batch, buffer: batch.buffer.transfer(), resolve, reject });
      if (this.#queue.length === 1) this.#schedule(() => this.#step());
    });
  }

  async query<T extends HistoryTableName>(request: HistoryQuery<T>): Promise<HistoryPage<T>> {
    checkQuery(request);
    this.#checkOpen();
    const sign = request.order === 'oldest' ? 1 : -1;
    const keys = [...(this.#disk.history.get(request.table)?.keys() ?? [])].sort((a, b) => sign * (a - b));
    const rows: HistoryRow<T>[] = [];
    for (const key of keys) {
      if (request.afterKey !== undefined && sign * (key - request.afterKey) <= 0) continue;
      const row = this.#historyRow(request.table, key);
      if (!matches(request, row)) continue;
      // Built from the table's own columns in order: exactly the row type's properties.
      rows.push(row as unknown as HistoryRow<T>);
      if (rows.length === request.limit) return { rows, nextAfterKey: key, timedOut: false };
    }
    return { rows, nextAfterKey: null, timedOut: false };
  }

  async sweep(nowMs: number): Promise<SweepResult> {
    this.#checkOpen();
    const cutoffMs =
      this.#disk.usedBytes() > this.#retention.maxBytes ? Number.MAX_SAFE_INTEGER : nowMs - this.#retention.maxAgeMs;
    const heads = HISTORY_TABLE_NAMES.map((table) => ({ table, atMs: this.#oldestMs(table) }));
    const oldest = heads.reduce((a, b) => (b.atMs < a.atMs ? b : a));
    if (oldest.atMs >= cutoffMs) return { deletedRows: 0, more: false };
    const rows = this.#disk.history.get(oldest.table) ?? new Map<number, HistoryValue[]>();
    const slice = [...rows.keys()].sort((a, b) => a - b).slice(0, this.#retention.sliceRows);
    const due = slice.filter((key) => this.#timeMs(oldest.table, key) < cutoffMs);
    for (const key of due) rows.delete(key);
    return { deletedRows: due.length, more: true };
  }

  async forgetJobs(jobs: readonly number[], { table, afterKey }: HistoryPlace): Promise<ForgetResult> {
    this.#checkOpen();
    const rows = this.#disk.history.get(table) ?? new Map<number, HistoryValue[]>();
    const after = [...rows.keys()].filter((key) => key > afterKey).sort((a, b) => a - b);
    const slice = after.slice(0, FORGET_SLICE_ROWS);
    const due = slice.filter((key) => jobs.includes(Number(this.#historyRow(table, key)['job'])));
    for (const key of due) rows.delete(key);
    const lastKey = slice.at(-1) ?? afterKey;
    return {
      deletedRows: due.length,
      next: after.length > slice.length ? { table, afterKey: lastKey } : nextHistory(table),
    };
  }

  async stats(): Promise<StorageStats> {
    this.#checkOpen();
    return {
      commits: this.#commits,
      mutations: this.#mutations,
      failedCommits: this.#failedCommits,
      queuedCommits: this.#queue.length,
      usedBytes: this.#disk.usedBytes(),
      diskTotalBytes: null,
      diskFreeBytes: null,
    };
  }

  async close(): Promise<void> {
    if (this.#state !== 'open') {
      this.#state = 'closed';
      return;
    }
    this.#state = 'closed';
    if (this.#queue.length > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    this.#release();
  }

  /** Makes the next commit that reaches the disk fail with `code`; repeated calls queue up. Nothing of it is stored. */
  failNextCommit(code: StorageErrorCode): void {
    this.#failures.push(code);
  }

  /**
   * Power loss, now. Of the commit that the disk was writing so much of its frame is there afterwards (0: nothing, 1: all of
   * it, nobody knows yet); those behind it had not begun. All of them reject with 'closed'. The disk may be opened again at
   * once. Returns false if no commit was under way.
   */
  crash(options: { readonly written?: number } = {}): boolean {
    if (this.#state === 'new') return false;
    this.#state = 'closed';
    const [cut] = this.#queue;
    const { written = 0 } = options;
    if (cut && written > 0 && this.#failures.length === 0) {
      const sizeBytes = cut.buffer.byteLength;
      this.#disk.lastFrame = { sizeBytes, bytes: cut.buffer.slice(0, Math.ceil(sizeBytes * written)) };
    }
    for (const commit of this.#queue.splice(0)) commit.reject(closed());
    this.#release();
    this.#drained?.();
    return cut !== undefined;
  }

  /**
   * What SQLite does with its log when it opens a database after a crash: a transaction whose frames are all there belongs to
   * it, also if nobody was told; of one that is torn the frames do not add up to their checksums, and all of it is passed over.
   */
  #recover(): void {
    const frame = this.#disk.lastFrame;
    this.#disk.lastFrame = undefined;
    if (frame && frame.bytes.byteLength === frame.sizeBytes) this.#apply(frame.bytes);
  }

  /** What a restart would find if the power went now: everything acknowledged, nothing else. */
  durableCopy(): MemoryDisk {
    return this.#disk.copy();
  }

  /** The disk is done with the commit at the head of the queue. */
  #step(): void {
    const commit = this.#queue[0];
    if (commit === undefined) return; // a crash took it
    const error = this.#apply(commit.buffer);
    if (error === undefined) {
      this.#queue.shift();
      this.#commits++;
      this.#mutations += commit.batch.mutationCount;
      commit.resolve();
    } else {
      const refused = this.#queue.splice(0);
      this.#failedCommits += refused.length;
      for (const each of refused) {
        each.batch.buffer = each.buffer;
        each.reject(error);
      }
    }
    if (this.#queue.length > 0) this.#schedule(() => this.#step());
    else this.#drained?.();
  }

  #apply(buffer: ArrayBuffer): StorageError | undefined {
    const failure = this.#failures.shift();
    if (failure !== undefined) return new StorageError(failure, `The commit was made to fail with '${failure}'.`);
    const { owner, epoch } = readBatchHeader(buffer);
    try {
      checkFence(this.#disk, owner, epoch);
    } catch (error) {
      if (error instanceof StorageError) return error;
      throw error;
    }
    readMutationBatch(buffer, this.#writer);
    this.#disk.owner = owner;
    this.#disk.epoch = epoch;
    return undefined;
  }

  #historyRow(table: HistoryTableName, key: number): Record<string, HistoryValue> {
    const values = this.#disk.history.get(table)?.get(key) ?? [];
    const columns = Object.keys(HISTORY_COLUMNS[table]);
    const row: Record<string, HistoryValue> = { key };
    columns.forEach((column, i) => (row[column] = copyValue(values[i] ?? null)));
    return row;
  }

  #timeMs(table: HistoryTableName, key: number): number {
    return Number(this.#historyRow(table, key)[HISTORY_TIME_COLUMN[table]]);
  }

  /** Time of the row with the lowest key; Infinity for an empty table. */
  #oldestMs(table: HistoryTableName): number {
    let lowest = Infinity;
    for (const key of this.#disk.history.get(table)?.keys() ?? []) lowest = Math.min(lowest, key);
    return lowest === Infinity ? Infinity : this.#timeMs(table, lowest);
  }

  /** Once only: after a crash another store may hold the disk while this one's `close` still comes. */
  #release(): void {
    if (this.#holdsDisk) this.#disk.inUse = false;
    this.#holdsDisk = false;
  }

  #checkOpen(): void {
    if (this.#state !== 'open') throw closed();
  }
}

function closed(): StorageError {
  return new StorageError('closed', 'The store is not open.');
}

function copyValue(value: HistoryValue): HistoryValue {
  return value instanceof Uint8Array ? value.slice() : value;
}

function sizeOf(value: HistoryValue): number {
  if (value instanceof Uint8Array || typeof value === 'string') return value.length;
  return 8;
}

function isLike(column: string, value: HistoryValue, pattern: string): boolean {
  if (value === null) return false;
  const text = typeof value === 'number' && isTimeColumn(column) ? new Date(value).toISOString() : String(value);
  return textPattern(pattern)(text);
}

function matches<T extends HistoryTableName>(request: HistoryQuery<T>, row: Record<string, HistoryValue>): boolean {
  const where: Record<string, unknown> = request.where ?? {};
  for (const [column, value] of Object.entries(where)) if (value !== undefined && row[column] !== value) return false;
  const like: Record<string, string | undefined> = request.like ?? {};
  for (const [column, pattern] of Object.entries(like))
    if (pattern !== undefined && !isLike(column, row[column] ?? null, pattern)) return false;
  const atMs = Number(row[HISTORY_TIME_COLUMN[request.table]]);
  return atMs >= (request.sinceMs ?? -Infinity) && atMs < (request.untilMs ?? Infinity);
}
