/**
 * The room for large values on a Node host, counted in shared memory: any worker takes of it without asking, and the
 * raylet gives back what it drops.
 */

const FREE_BYTES = 0;

/** Makes a budget of so many bytes. */
export function createStoreBudget(sizeBytes: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  new BigInt64Array(memory)[FREE_BYTES] = BigInt(Math.floor(sizeBytes));
  return memory;
}

/** One thread's view of the budget. */
export class SharedStoreBudget {
  readonly #free: BigInt64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#free = new BigInt64Array(memory);
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

  /** Takes so many bytes even beyond the limit: for what is on its way here and cannot be refused any more. */
  reserve(sizeBytes: number): void {
    Atomics.sub(this.#free, FREE_BYTES, BigInt(sizeBytes));
  }

  release(sizeBytes: number): void {
    Atomics.add(this.#free, FREE_BYTES, BigInt(sizeBytes));
  }
}
