/**
 * An allowance that grows with time up to a bound (rule B1). What is used may be more than there is: the next then waits until the
 * debt is paid, so that something large is not refused for ever because it is larger than the bound.
 */

const MS_PER_SECOND = 1_000;

/** An allowance in some unit. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #lastMs: number | undefined;

  /** Begins full. @param burst most that gathers */
  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
  }

  /** What is left; below 0 it is a debt. @param nowMs of a monotonic clock */
  left(nowMs: number): number {
    const earned = ((nowMs - (this.#lastMs ?? nowMs)) * this.#perSecond) / MS_PER_SECOND;
    this.#left = Math.min(this.#burst, this.#left + earned);
    this.#lastMs = nowMs;
    return this.#left;
  }

  use(amount: number): void {
    this.#left -= amount;
  }

  /** How long it takes from the last look until this share of the bound is there. */
  msUntil(share: number): number {
    return Math.max(0, ((this.#burst * share - this.#left) * MS_PER_SECOND) / this.#perSecond);
  }
}
