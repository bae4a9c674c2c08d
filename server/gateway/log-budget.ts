/**
 * How much a node may print into the logs of jobs (rules J2, B1), in lines and in characters, on the server's clock. When either
 * has run out, nothing is taken until a good part is there again: so what is kept is stretches of what was printed, with one note
 * for each gap, and a flood costs one comparison a line.
 */
import { TokenBucket } from '#shared/token-bucket.ts';

/** Several workers of a node that print as much as a worker may, for a moment; of a job's log a megabyte is kept anyway. */
const TRUSTED = { lines: 20_000, linesPerSecond: 4_000, chars: 8 * 1024 * 1024, charsPerSecond: 1024 * 1024 };
/** Nobody answers for it, and there may be thousands: enough for some words about each task. */
const STRANGER = { lines: 200, linesPerSecond: 20, chars: 64 * 1024, charsPerSecond: 4 * 1024 };
/** The part of each that has to be there before lines are taken again. */
const REOPEN_SHARE = 1 / 4;

/** That of one session. */
export class LogBudget {
  readonly #lines: TokenBucket;
  readonly #chars: TokenBucket;
  #opensAtMs = -Infinity;
  /** Lines that were left out since the last note, by job. */
  #leftOut = new Map<number, number>();

  constructor(trusted: boolean) {
    const { lines, linesPerSecond, chars, charsPerSecond } = trusted ? TRUSTED : STRANGER;
    this.#lines = new TokenBucket(lines, linesPerSecond);
    this.#chars = new TokenBucket(chars, charsPerSecond);
  }

  /** True if one more line may be kept, of so many characters. */
  take(chars: number, nowMs: number): boolean {
    if (nowMs < this.#opensAtMs) return false;
    this.#lines.left(nowMs);
    this.#chars.left(nowMs);
    this.use(chars, nowMs);
    return true;
  }

  /** What is kept in any case. */
  use(chars: number, nowMs: number): void {
    this.#lines.use(1);
    this.#chars.use(chars);
    if (this.#lines.left(nowMs) >= 1 && this.#chars.left(nowMs) > 0) return;
    this.#opensAtMs = nowMs + Math.max(this.#lines.msUntil(REOPEN_SHARE), this.#chars.msUntil(REOPEN_SHARE));
  }

  /** Counts a line that was left out. Returns how long it takes until lines are taken again, if it is the first. */
  leaveOut(job: number, nowMs: number): number | undefined {
    const isFirst = this.#leftOut.size === 0;
    this.#leftOut.set(job, (this.#leftOut.get(job) ?? 0) + 1);
    return isFirst ? Math.max(0, this.#opensAtMs - nowMs) : undefined;
  }

  /** Lines that were left out, by job; from now on they are counted anew. */
  takeLeftOut(): ReadonlyMap<number, number> {
    const leftOut = this.#leftOut;
    this.#leftOut = new Map();
    return leftOut;
  }
}
