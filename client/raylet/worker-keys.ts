/**
 * The names that workers give to what they make: each worker has ranges of the session's keys for itself, so `.remote()`
 * returns at once, and a name out of somebody else's range is nobody's.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { WorkerCommand } from '#shared/protocol/worker-messages.ts';
import { KeyRanges } from './key-ranges.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** The keys of one session. */
export class WorkerKeys {
  readonly #send: (worker: WorkerEntry, command: WorkerCommand) => void;
  #ranges: KeyRanges | undefined;
  #own = { from: 0, to: 0 };

  constructor(send: (worker: WorkerEntry, command: WorkerCommand) => void) {
    this.#send = send;
  }

  /** A name for what the raylet makes itself. The session has its number. */
  next(): ObjectKey {
    if (!this.#ranges) throw new RangeError('there is no session yet');
    if (this.#own.from >= this.#own.to) this.#own = { ...this.#ranges.take() };
    this.#own.from += 1;
    return this.#own.from - 1;
  }

  /** The session has its number. */
  open(session: number): void {
    this.#ranges = new KeyRanges(session);
  }

  /** Gives a worker another range, once there is a session. */
  give(worker: WorkerEntry): void {
    if (!this.#ranges) return;
    const range = this.#ranges.take();
    worker.ranges.push(range);
    this.#send(worker, { kind: 'keys', from: range.from, to: range.to });
  }

  /** Takes back what a worker that ended has not used. */
  takeBack(worker: WorkerEntry): void {
    for (const range of worker.ranges)
      this.#ranges?.giveBack({ from: Math.max(range.from, worker.highestKey + 1), to: range.to });
  }
}

/** Whether a key is out of the worker's own ranges. */
export function ownsKey(worker: WorkerEntry, key: ObjectKey): boolean {
  return worker.ranges.some(({ from, to }) => key >= from && key < to);
}
