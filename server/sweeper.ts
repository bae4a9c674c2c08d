/**
 * Housekeeping of what is on the disk (rules J3, G3): history past its retention, and that of deleted jobs. The storage thread does
 * the work, a slice at a time and a few slices between two ticks, so that commits never wait long and the event loop not at all.
 */
import { HISTORY_BEGIN, type HistoryPlace, type Storage, StorageError } from '#shared/ports/storage.ts';
import type { ServerClock } from './server-clock.ts';
import type { Gcs } from './gcs/gcs.ts';

/** How often history past its retention is looked for. */
const RETENTION_MS = 60_000;
/** After an error the disk is left alone. */
const REST_MS = 30_000;
/** Slices that the storage thread is asked for between two ticks. */
const SLICES_PER_TICK = 8;

const EXPIRED = 'history past its retention';
const FORGOTTEN = 'history of deleted jobs';

/** What the sweeper needs. */
export interface SweeperParts {
  readonly gcs: Gcs;
  readonly storage: Storage;
  readonly clock: ServerClock;
  /** Calls back once what is in memory now is durable. */
  whenDurable(callback: () => void): void;
  /** Runs a step of the GCS. */
  step(work: (gcs: Gcs) => void): void;
  warn(message: string): void;
}

/** A look through all history for that of some jobs. */
interface Look {
  readonly jobs: readonly number[];
  from: HistoryPlace;
}

/** The housekeeping of one server. */
export class Sweeper {
  /** What is gone, by what it was, for the metrics. */
  readonly swept = new Map<string, number>([
    [EXPIRED, 0],
    [FORGOTTEN, 0],
  ]);
  readonly #parts: SweeperParts;
  #isBusy = false;
  #restsUntilMs = 0;
  #retentionAtMs: number;
  #look: Look | undefined;

  constructor(parts: SweeperParts) {
    this.#parts = parts;
    this.#retentionAtMs = parts.clock.nowMs() + RETENTION_MS;
  }

  /** Time has passed. */
  tick(): void {
    if (this.#isBusy || this.#parts.clock.nowMs() < this.#restsUntilMs || !this.#isDue()) return;
    this.#isBusy = true;
    this.#turn().then(
      () => (this.#isBusy = false),
      (error: unknown) => this.#failed(error),
    );
  }

  #isDue(): boolean {
    return this.#parts.gcs.state.gone.jobs.size > 0 || this.#parts.clock.nowMs() >= this.#retentionAtMs;
  }

  async #turn(): Promise<void> {
    for (let slices = 0; slices < SLICES_PER_TICK && this.#isDue(); slices++) {
      if (this.#parts.gcs.state.gone.jobs.size > 0) await this.#forget();
      else await this.#expire();
    }
  }

  async #expire(): Promise<void> {
    const { storage, clock } = this.#parts;
    const { deletedRows, more } = await storage.sweep(clock.wallMs());
    this.#count(EXPIRED, deletedRows);
    if (!more) this.#retentionAtMs = clock.nowMs() + RETENTION_MS;
  }

  /** Jobs that are deleted meanwhile are looked for from the beginning, afterwards. */
  async #forget(): Promise<void> {
    const { storage, gcs } = this.#parts;
    this.#look ??= await this.#beginLook([...gcs.state.gone.jobs]);
    const { deletedRows, next } = await storage.forgetJobs(this.#look.jobs, this.#look.from);
    this.#count(FORGOTTEN, deletedRows);
    if (next) {
      this.#look.from = next;
      return;
    }
    const { jobs } = this.#look;
    this.#look = undefined;
    this.#parts.step(({ state }) => state.gone.historyForgotten(jobs));
  }

  /** What ended of them may still be on its way to the disk. */
  async #beginLook(jobs: readonly number[]): Promise<Look> {
    await new Promise<void>((resolve) => this.#parts.whenDurable(resolve));
    return { jobs, from: HISTORY_BEGIN };
  }

  #count(what: string, number: number): void {
    this.swept.set(what, (this.swept.get(what) ?? 0) + number);
  }

  #failed(error: unknown): void {
    this.#isBusy = false;
    this.#restsUntilMs = this.#parts.clock.nowMs() + REST_MS;
    // The server stops.
    if (error instanceof StorageError && error.code === 'closed') return;
    this.#parts.warn(`history could not be removed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
