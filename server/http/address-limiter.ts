/**
 * How often one network address may do something that needs no key: a count per minute, for a bounded number of addresses.
 */

const WINDOW_MS = 60_000;
const MAX_ADDRESSES = 10_000;

/** Counts by address. */
export class AddressLimiter {
  readonly #perMinute: number;
  readonly #counts = new Map<string, number>();
  #windowStartMs = -Infinity;

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** True if this address may, once more. With too many addresses in one minute, no new one may. */
  allow(address: string, nowMs: number): boolean {
    this.#startWindow(nowMs);
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#perMinute || (count === 0 && this.#counts.size >= MAX_ADDRESSES)) return false;
    this.#counts.set(address, count + 1);
    return true;
  }

  #startWindow(nowMs: number): void {
    if (nowMs - this.#windowStartMs < WINDOW_MS) return;
    this.#counts.clear();
    this.#windowStartMs = nowMs;
  }
}
