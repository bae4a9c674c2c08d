/**
 * Tells workers how much room for large values is left on their node (rule O4), where it is not counted in memory that
 * they share: often enough that a program that fills the store is stopped in time, and not for every small value.
 */
import type { WorkerCommand } from '#shared/protocol/worker-messages.ts';
import type { WorkerEntry, WorkerPool } from './worker-pool.ts';

const MIN_CHANGE_BYTES = 1024 * 1024;
/** Or this part of what was told last. */
const MIN_CHANGE = 0.1;

/** What was told. */
export class RoomTeller {
  readonly #freeBytes: () => number;
  readonly #pool: WorkerPool;
  readonly #send: (worker: WorkerEntry, command: WorkerCommand) => void;
  #toldBytes = 0;

  constructor(freeBytes: () => number, pool: WorkerPool, send: (worker: WorkerEntry, command: WorkerCommand) => void) {
    this.#freeBytes = () => Math.min(Math.floor(freeBytes()), Number.MAX_SAFE_INTEGER);
    this.#pool = pool;
    this.#send = send;
  }

  /** A worker can be given work: what it makes needs room. */
  ready(worker: WorkerEntry): void {
    this.#tell(worker, this.#freeBytes());
  }

  /** The step is over. */
  settle(): void {
    const freeBytes = this.#freeBytes();
    const changeBytes = Math.abs(freeBytes - this.#toldBytes);
    if (changeBytes === 0 || changeBytes < Math.min(MIN_CHANGE_BYTES, MIN_CHANGE * this.#toldBytes)) return;
    this.#toldBytes = freeBytes;
    for (const worker of this.#pool.all())
      if (worker.kind !== 'driver' && worker.state === 'ready') this.#tell(worker, freeBytes);
  }

  #tell(worker: WorkerEntry, freeBytes: number): void {
    this.#send(worker, { kind: 'room', freeBytes });
  }
}
