// A disk that takes everything and keeps nothing: in life the storage thread has a core of its own, and here nobody reads again.
import type { MutationBatch } from '#shared/ports/mutation-batch.ts';
import type {
  ForgetResult,
  HistoryPage,
  HistoryTableName,
  Storage,
  StorageInfo,
  StorageStats,
} from '#shared/ports/storage.ts';

/** How long a group commit takes. */
const COMMIT_MS = 2;

export class ForgetfulStorage implements Storage {
  readonly #after: (delayMs: number, callback: () => void) => void;
  #commits = 0;
  #mutations = 0;

  constructor(after: (delayMs: number, callback: () => void) => void) {
    this.#after = after;
  }

  open(): Promise<StorageInfo> {
    return Promise.resolve({ engine: 'none', schemaVersion: 1, migratedFrom: null, owner: '', epoch: 0 });
  }

  load(): Promise<void> {
    return Promise.resolve();
  }

  commit(batch: MutationBatch): Promise<void> {
    this.#commits += 1;
    this.#mutations += batch.mutationCount;
    return new Promise((resolve) => this.#after(COMMIT_MS, resolve));
  }

  query<T extends HistoryTableName>(): Promise<HistoryPage<T>> {
    return Promise.reject(new Error('nothing is kept here'));
  }

  sweep(): Promise<{ deletedRows: number; more: boolean }> {
    return Promise.resolve({ deletedRows: 0, more: false });
  }

  forgetJobs(): Promise<ForgetResult> {
    return Promise.resolve({ deletedRows: 0, next: null });
  }

  stats(): Promise<StorageStats> {
    const room = { usedBytes: 0, diskTotalBytes: null, diskFreeBytes: null };
    return Promise.resolve({
      commits: this.#commits,
      mutations: this.#mutations,
      failedCommits: 0,
      queuedCommits: 0,
      ...room,
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
