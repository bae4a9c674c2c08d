/**
 * How much a worker may print at once and per second (rule B1), in lines and in characters: a loop that prints must not take its
 * node's time from others, nor its link to the server. A job's log keeps the newest megabyte, so more is of little use.
 */
import { TokenBucket } from '#shared/token-bucket.ts';

const MAX_BURST_LINES = 10_000;
const LINES_PER_SECOND = 2_000;
const MAX_BURST_CHARS = 4 * 1024 * 1024;
const CHARS_PER_SECOND = 512 * 1024;

/** The rates, for people. */
export const RATE_WORDS = `${LINES_PER_SECOND} a second, and ${CHARS_PER_SECOND / 1024} KB`;

/** Lets lines through up to a rate; counts those that it dropped. */
export class LineBudget {
  readonly #lines = new TokenBucket(MAX_BURST_LINES, LINES_PER_SECOND);
  readonly #chars = new TokenBucket(MAX_BURST_CHARS, CHARS_PER_SECOND);
  #dropped = 0;

  /** True if one more line may be printed. How long it is, {@link use} is told. */
  take(nowMs: number): boolean {
    if (this.#lines.left(nowMs) < 1 || this.#chars.left(nowMs) <= 0) {
      this.#dropped += 1;
      return false;
    }
    this.#lines.use(1);
    return true;
  }

  use(chars: number): void {
    this.#chars.use(chars);
  }

  /** How many were dropped since the last that was not. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
