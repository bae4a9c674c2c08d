/**
 * Group commit (rules L2, G1): one commit is on its way to the disk while the next one gathers. So under load a commit
 * carries hundreds of tasks and alone it starts at once, without a timer.
 *
 * What was applied when a batch was built is durable when the batch is; only then are nodes told to forget it. If the
 * disk is full nothing is acknowledged, so nodes keep what they have and make their callers wait; everything in memory
 * goes on, and the same batch is tried again until there is space.
 */
import type { MutationBatch, MutationBatchBuilder } from '#shared/ports/mutation-batch.ts';
import { type HistoryRow, type Storage, StorageError } from '#shared/ports/storage.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import { writeDirty } from './rows.ts';
import type { SessionRecord } from './entities.ts';
import type { GcsState } from './state.ts';

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;
/** History is for people: beyond this many rows waiting for a disk that is full the oldest are dropped. */
const MAX_WAITING_HISTORY = 200_000;

/** What the loop needs and tells. */
export interface CommitLoopOptions {
  readonly state: GcsState;
  readonly storage: Storage;
  readonly builder: MutationBatchBuilder;
  /** Calls back at the end of the current turn of the event loop. */
  readonly defer: (callback: () => void) => void;
  readonly after: (delayMs: number, callback: () => void) => void;
  readonly nowMs: () => number;
  /** Every record of the session up to `received` is durable. */
  acknowledged(session: SessionRecord, received: number): void;
  /** The disk refuses; `error` is what to tell people. Told once per outage, and `undefined` when it works again. */
  trouble(error: StorageError | undefined): void;
  /** This server must not write any more. */
  fatal(error: StorageError): void;
  committed(durationMs: number, mutations: number): void;
}

/** The loop between the tables and the storage. */
export class CommitLoop {
  readonly #options: CommitLoopOptions;
  #running = false;
  #scheduled = false;
  #stopped = false;
  #failing = false;
  /** Ends a `stop` that waits for a commit which will never come. */
  #ended: (() => void) | undefined;
  /** Callbacks for when what is in memory now has become durable. */
  #waiting: (() => void)[] = [];
  #tasks: HistoryRow<'task_history'>[] = [];
  #events: HistoryRow<'event_history'>[] = [];

  constructor(options: CommitLoopOptions) {
    this.#options = options;
  }

  /** True while the disk refuses to take anything. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Rows that wait for a commit. */
  get backlog(): number {
    return this.#options.state.dirty.size + this.#tasks.length + this.#events.length;
  }

  *levels(): Iterable<QueueLevel> {
    for (const [queue, level] of [
      ['ended tasks to write down', this.#tasks.length],
      ['events to write down', this.#events.length],
    ] as const)
      yield { queue, level, bound: MAX_WAITING_HISTORY };
  }

  /** Something changed. Cheap: called after every step. */
  kick(): void {
    if (this.#running || this.#scheduled || this.#stopped || !this.#hasWork()) return;
    this.#scheduled = true;
    this.#options.defer(() => {
      this.#scheduled = false;
      if (!this.#running && !this.#stopped) void this.#run();
    });
  }

  /** Calls back once everything that is in memory now is durable. */
  whenDurable(callback: () => void): void {
    this.#waiting.push(callback);
    this.kick();
  }

  appendTask(row: HistoryRow<'task_history'>): void {
    this.#tasks.push(row);
    if (this.#tasks.length > MAX_WAITING_HISTORY) this.#tasks.splice(0, MAX_WAITING_HISTORY / 10);
  }

  appendEvent(row: HistoryRow<'event_history'>): void {
    this.#events.push(row);
    if (this.#events.length > MAX_WAITING_HISTORY) this.#events.splice(0, MAX_WAITING_HISTORY / 10);
  }

  /** Commits what is there and ends; with a disk that fails it gives up at once. */
  async stop(): Promise<void> {
    if (this.#failing || this.#stopped) {
      this.#stopped = true;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
      this.whenDurable(resolve);
    });
    this.#stopped = true;
  }

  #hasWork(): boolean {
    return this.#waiting.length > 0 || this.backlog > 0;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#hasWork() && !this.#stopped) {
      const { state, builder, nowMs } = this.#options;
      const received: [SessionRecord, number][] = [];
      for (const id of state.dirty.sessions) {
        const session = state.sessions.get(id);
        if (session) received.push([session, session.received]);
      }
      const waiting = this.#waiting;
      this.#waiting = [];
      this.#fill(builder);
      const batch = builder.finish();
      const startedMs = nowMs();
      if (!(await this.#write(batch))) return;
      this.#options.committed(nowMs() - startedMs, batch.mutationCount);
      for (const [session, number] of received) this.#options.acknowledged(session, number);
      for (const callback of waiting) callback();
    }
    this.#running = false;
  }

  #fill(builder: MutationBatchBuilder): void {
    writeDirty(this.#options.state, builder);
    for (const row of this.#tasks) builder.appendHistory('task_history', row);
    for (const row of this.#events) builder.appendHistory('event_history', row);
    this.#tasks = [];
    this.#events = [];
  }

  /** Tries until the batch is durable; false if it never can be. */
  async #write(batch: MutationBatch): Promise<boolean> {
    for (let retryMs = FIRST_RETRY_MS; !this.#stopped; retryMs = Math.min(MAX_RETRY_MS, retryMs * 2)) {
      try {
        await this.#options.storage.commit(batch);
        if (this.#failing) {
          this.#failing = false;
          this.#options.trouble(undefined);
        }
        return true;
      } catch (error) {
        const failure = error instanceof StorageError ? error : new StorageError('unavailable', String(error));
        // A buffer that went with its thread cannot be written again.
        if (failure.code === 'fenced' || failure.code === 'closed' || batch.buffer.detached) {
          this.#stopped = true;
          this.#options.fatal(failure);
          this.#ended?.();
          return false;
        }
        if (!this.#failing) {
          this.#failing = true;
          this.#options.trouble(failure);
          this.#ended?.();
        }
        await new Promise<void>((resolve) => this.#options.after(retryMs, resolve));
      }
    }
    return false;
  }
}
