/**
 * The storage port on SQLite, as the server's loop sees it: nothing here blocks. Commits go one at a time to the storage
 * thread as transferred buffers, history is read by a second thread, started at the first query.
 */
import { setImmediate } from 'node:timers/promises';
import type { MutationBatch } from '#shared/ports/mutation-batch.ts';
import { checkQuery, DEFAULT_RETENTION } from '#shared/ports/storage.ts';
import type {
  ForgetResult,
  HistoryPage,
  HistoryPlace,
  HistoryQuery,
  HistoryTableName,
  Retention,
  Storage,
  StorageInfo,
  StorageStats,
  SweepResult,
  TableName,
} from '#shared/ports/storage.ts';
import { BEFORE_FIRST_KEY } from './sqlite-database.ts';
import type { RowChunk } from './sqlite-database.ts';
import { closedError } from './sqlite-errors.ts';
import type { SqliteQueryCalls } from './sqlite-query-thread.ts';
import type { SqliteCalls } from './sqlite-thread.ts';
import { CallThread, fromPlain } from './thread-calls.ts';

// Written out in full: the build finds such URLs and names the .js file beside this one in the published package.
const WRITER_ENTRY = new URL('./sqlite-thread.ts', import.meta.url);
const READER_ENTRY = new URL('./sqlite-query-thread.ts', import.meta.url);

export interface SqliteStorageOptions {
  /** Data directory; created if absent. One server at a time. */
  readonly directory: string;
  readonly retention?: Partial<Retention>;
  /** How long a query may look for rows before it answers with what it has. Default 2 000. */
  readonly queryLimitMs?: number;
}

interface QueuedCommit {
  readonly batch: MutationBatch;
  resolve(): void;
  reject(error: unknown): void;
}

export class SqliteStorage implements Storage {
  readonly #directory: string;
  readonly #retention: Retention;
  readonly #queryLimitMs: number;
  #writer: CallThread<SqliteCalls> | undefined;
  #reader: CallThread<SqliteQueryCalls> | undefined;
  #closing: Promise<void> | undefined;
  readonly #queue: QueuedCommit[] = [];
  /** Settles when the queue has run dry; undefined while nothing is committed. */
  #pumping: Promise<void> | undefined;
  #commits = 0;
  #mutations = 0;
  #failedCommits = 0;

  constructor(options: SqliteStorageOptions) {
    this.#directory = options.directory;
    this.#retention = { ...DEFAULT_RETENTION, ...options.retention };
    this.#queryLimitMs = options.queryLimitMs ?? 2000;
  }

  async open(): Promise<StorageInfo> {
    if (this.#writer !== undefined || this.#closing !== undefined) throw closedError();
    const writer = new CallThread<SqliteCalls>(WRITER_ENTRY, 'daylight-storage', { directory: this.#directory });
    this.#writer = writer;
    try {
      return await writer.call('open', null);
    } catch (error) {
      this.#writer = undefined;
      await writer.stop();
      throw error;
    }
  }

  async load(table: TableName, visit: (key: number, row: Uint8Array) => void): Promise<void> {
    const writer = this.#opened();
    let next: Promise<RowChunk> | undefined = writer.call('readChunk', { table, afterKey: BEFORE_FIRST_KEY });
    while (next !== undefined) {
      const chunk: RowChunk = await next;
      const lastKey = chunk.keys.at(-1);
      // Ask first, visit then: the thread reads the next rows while this one works on these.
      next = chunk.last || lastKey === undefined ? undefined : writer.call('readChunk', { table, afterKey: lastKey });
      try {
        visitChunk(chunk, visit);
      } catch (error) {
        await next?.catch(() => undefined); // an answer nobody waits for must not become an unhandled rejection
        throw error;
      }
      // While answers are there before they are waited for, the thread's port would hand them out all in one turn.
      await setImmediate();
    }
  }

  commit(batch: MutationBatch): Promise<void> {
    if (this.#writer === undefined || this.#closing !== undefined) return Promise.reject(closedError());
    const writer = this.#writer;
    return new Promise((resolve, reject) => {
      this.#queue.push({ batch, resolve, reject });
      this.#pumping ??= this.#pump(writer);
    });
  }

  async query<T extends HistoryTableName>(request: HistoryQuery<T>): Promise<HistoryPage<T>> {
    checkQuery(request);
    this.#opened();
    if (this.#reader === undefined || this.#reader.ended)
      this.#reader = new CallThread<SqliteQueryCalls>(READER_ENTRY, 'daylight-query', { directory: this.#directory });
    const page = await this.#reader.call('query', { request, limitMs: this.#queryLimitMs });
    // The thread's call is the same for every table: which one was asked for is known only here.
    return page as unknown as HistoryPage<T>;
  }

  async sweep(nowMs: number): Promise<SweepResult> {
    return this.#opened().call('sweep', { nowMs, retention: this.#retention });
  }

  async forgetJobs(jobs: readonly number[], from: HistoryPlace): Promise<ForgetResult> {
    return this.#opened().call('forgetJobs', { jobs, from });
  }

  async stats(): Promise<StorageStats> {
    const figures = await this.#opened().call('figures', null);
    return {
      commits: this.#commits,
      mutations: this.#mutations,
      failedCommits: this.#failedCommits,
      queuedCommits: this.#queue.length,
      ...figures,
    };
  }

  /**
   * Bounds the database file (Infinity: no bound): at the bound commits fail with 'disk-full', while what deletes or
   * replaces rows within the space there is still works.
   */
  async limitSize(sizeBytes: number): Promise<void> {
    await this.#opened().call('limitSize', sizeBytes);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#pumping;
    // The reader goes first: the last connection to close moves the WAL into the file, and a read-only one cannot.
    if (this.#reader !== undefined && !this.#reader.ended) {
      await this.#reader.call('close', null).catch(() => undefined);
      await this.#reader.stop();
    }
    const writer = this.#writer;
    this.#writer = undefined;
    if (writer === undefined) return;
    try {
      if (!writer.ended) await writer.call('close', null);
    } finally {
      await writer.stop();
    }
  }

  /** Commits what is queued, one by one; a failure takes those behind it along, so the stored state stays a prefix. */
  async #pump(writer: CallThread<SqliteCalls>): Promise<void> {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const error = await commitOne(writer, next.batch);
      if (error === undefined) {
        this.#queue.shift();
        this.#commits++;
        this.#mutations += next.batch.mutationCount;
        next.resolve();
      } else {
        const refused = this.#queue.splice(0);
        this.#failedCommits += refused.length;
        for (const commit of refused) commit.reject(error);
      }
    }
    this.#pumping = undefined;
  }

  #opened(): CallThread<SqliteCalls> {
    if (this.#writer === undefined || this.#closing !== undefined) throw closedError();
    return this.#writer;
  }
}

/** Undefined when durable; otherwise why not, with the buffer back in the batch. */
async function commitOne(writer: CallThread<SqliteCalls>, batch: MutationBatch): Promise<unknown> {
  try {
    const failure = await writer.call('commit', batch.buffer, [batch.buffer]);
    if (failure === null) return undefined;
    batch.buffer = failure.buffer;
    return fromPlain(failure.error);
  } catch (error) {
    return error; // the thread has ended, the buffer with it
  }
}

function visitChunk(chunk: RowChunk, visit: (key: number, row: Uint8Array) => void): void {
  let at = 0;
  for (let i = 0; i < chunk.keys.length; i++) {
    const end = chunk.ends[i] ?? at;
    visit(chunk.keys[i] ?? 0, chunk.rows.subarray(at, end));
    at = end;
  }
}
