/**
 * The room for large values on a Node host, counted in shared memory: any worker takes of it without asking, and the
 * raylet gives back what it drops.
 */

import type { StoreRoom } from '#client/raylet/ports.ts';
import type { StoreBudget } from '#client/worker/ports.ts';

/** Places in the memory, as 64-bit words … */
const FREE_BYTES = 0;
const TOTAL_BYTES = 1;
const WORDS = 3;
/** … and as 32-bit words: counts what those who wait have to look at, and how often there was word that the store is full. */
const NEWS = 4;
const FULL = 5;
/** A raylet that says nothing for so long is in trouble, and whoever waits for it, too. */
const SILENT_MS = 30_000;

/** Makes a budget of so many bytes. */
export function createStoreBudget(sizeBytes: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(WORDS * BigInt64Array.BYTES_PER_ELEMENT);
  const words = new BigInt64Array(memory);
  words[FREE_BYTES] = BigInt(Math.floor(sizeBytes));
  words[TOTAL_BYTES] = words[FREE_BYTES];
  return memory;
}

/** One thread's view of the budget. */
export class SharedStoreBudget implements StoreBudget, StoreRoom {
  readonly #free: BigInt64Array;
  readonly #news: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#free = new BigInt64Array(memory);
    this.#news = new Int32Array(memory);
  }

  /** Bytes of all there is. */
  get totalBytes(): number {
    return Number(this.#free[TOTAL_BYTES] ?? 0n);
  }

  /** Bytes nobody has taken; below 0 when what could not be refused was more than there was. */
  get freeBytes(): number {
    return Number(Atomics.load(this.#free, FREE_BYTES));
  }

  /** Takes so many bytes; false if they are not there. */
  tryReserve(sizeBytes: number): boolean {
    const wanted = BigInt(sizeBytes);
    for (;;) {
      const free = Atomics.load(this.#free, FREE_BYTES);
      if (free < wanted) return false;
      if (Atomics.compareExchange(this.#free, FREE_BYTES, free, free - wanted) === free) return true;
    }
  }

  /** See `StoreBudget`: the raylet, in its own thread, makes room meanwhile or says that there is none to be made. */
  awaitRoom(sizeBytes: number, ask: () => void): boolean {
    if (sizeBytes > this.totalBytes) return false;
    const full = Atomics.load(this.#news, FULL);
    for (let hasAsked = false; ; hasAsked = true) {
      const news = Atomics.load(this.#news, NEWS);
      if (this.tryReserve(sizeBytes)) return true;
      if (Atomics.load(this.#news, FULL) !== full) return false;
      if (!hasAsked) ask();
      if (Atomics.wait(this.#news, NEWS, news, SILENT_MS) === 'timed-out') return false;
    }
  }

  /** Takes so many bytes even beyond the limit: for what is on its way here and cannot be refused any more. */
  take(sizeBytes: number): void {
    Atomics.sub(this.#free, FREE_BYTES, BigInt(sizeBytes));
  }

  release(sizeBytes: number): void {
    Atomics.add(this.#free, FREE_BYTES, BigInt(sizeBytes));
    this.#tell();
  }

  /** Nothing can leave memory for now. */
  full(): void {
    Atomics.add(this.#news, FULL, 1);
    this.#tell();
  }

  #tell(): void {
    Atomics.add(this.#news, NEWS, 1);
    Atomics.notify(this.#news, NEWS);
  }
}
