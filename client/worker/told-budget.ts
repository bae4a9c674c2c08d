/**
 * The room for large values where memory is not shared: the raylet says from time to time how much there is, and what was
 * taken since then is counted here. Other workers take of the same room meanwhile, so a little more than there is may be
 * taken; the raylet keeps it all the same (rule O4).
 */
import type { StoreBudget } from './ports.ts';

/** One worker's word of the node's room. */
export class ToldBudget implements StoreBudget {
  #freeBytes = 0;

  /** Bytes that may be taken; 0 before anything was told. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  told(freeBytes: number): void {
    this.#freeBytes = freeBytes;
  }

  tryReserve(sizeBytes: number): boolean {
    if (sizeBytes > this.#freeBytes) return false;
    this.#freeBytes -= sizeBytes;
    return true;
  }
}
