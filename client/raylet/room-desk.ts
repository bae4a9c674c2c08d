/**
 * Room for large values on a node whose workers take it themselves, out of a budget in shared memory (rule O4). Here it is given
 * back when values leave memory, and here is told of threads that wait because there is not enough: `put` is synchronous, so its
 * thread stands still until others' values were written out. After a while in which nothing could leave it is told that the
 * store is full.
 */
import type { StoreRoom } from './ports.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** A thread waits so long with nothing leaving before it hears that there is no room: what was let go of may be on its way out. */
const FULL_AFTER_MS = 2_000;

/** The budget of a node, as its raylet sees it. */
export class RoomDesk {
  readonly #room: StoreRoom | undefined;
  /** Bytes of the budget taken for what came to the raylet, and not given back. */
  #accountedBytes = 0;
  readonly #waiting = new Map<WorkerEntry, number>();
  #movedAtMs = 0;

  /** @param room absent where room is not counted in shared memory */
  constructor(room: StoreRoom | undefined) {
    this.#room = room;
  }

  /** Threads wait for room. */
  get hasWaiters(): boolean {
    return this.#waiting.size > 0;
  }

  /** A value came that room was taken for. */
  arrived(sizeBytes: number): void {
    this.#accountedBytes += sizeBytes;
  }

  /** A value comes for which nobody has taken room, and which cannot be refused. */
  take(sizeBytes: number): void {
    this.#room?.take(sizeBytes);
    this.arrived(sizeBytes);
  }

  /** A thread stands still until there is room for so many bytes; 0: it goes on. */
  needs(worker: WorkerEntry, sizeBytes: number, nowMs: number): void {
    if (sizeBytes === 0) this.#waiting.delete(worker);
    else if (this.#room) this.#waiting.set(worker, sizeBytes);
    this.#movedAtMs = nowMs;
  }

  /** Bytes that have to leave memory for those who wait, beyond what is free. */
  get shortBytes(): number {
    if (!this.#room || this.#waiting.size === 0) return 0;
    let wantedBytes = 0;
    for (const sizeBytes of this.#waiting.values()) wantedBytes += sizeBytes;
    return wantedBytes - this.#room.freeBytes;
  }

  /** Gives back the room of what is no longer in memory. @param storedBytes of large values in memory */
  settle(storedBytes: number, nowMs: number): void {
    const goneBytes = this.#accountedBytes - storedBytes;
    if (goneBytes <= 0) return;
    this.#accountedBytes = storedBytes;
    this.#movedAtMs = nowMs;
    this.#room?.release(goneBytes);
  }

  /** Time passed. @param isMoving values are on their way out of memory */
  tick(nowMs: number, isMoving: boolean): void {
    if (isMoving) this.#movedAtMs = nowMs;
    for (const worker of this.#waiting.keys()) if (worker.state === 'ended') this.#waiting.delete(worker);
    if (this.#waiting.size === 0 || nowMs - this.#movedAtMs < FULL_AFTER_MS) return;
    this.#waiting.clear();
    this.#room?.full();
  }
}
