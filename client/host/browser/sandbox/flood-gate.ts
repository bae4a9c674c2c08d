/**
 * How much one worker may say to its raylet (rule B1). A port between workers has no back-pressure: what is posted faster
 * than it is read piles up in the reader's memory. Honest workers pace themselves (`frame-pacer.ts`) and limit what they
 * print; one that says far more for seconds has been taken over by its job.
 *
 * Messages are counted when they are read. A raylet that was busy, or frozen, reads what gathered meanwhile in one go, so
 * what was not used of the allowance is kept for some seconds.
 */
const MS_PER_SECOND = 1_000;
/** Twice what an honest worker may post. */
const FRAMES_PER_SECOND = 20_000;
/** About twice what `console-capture.ts` lets through. */
const LINES_PER_SECOND = 5_000;
/** Some times what an honest worker can make: a frame of a few bytes may hold tens of thousands. */
const MESSAGES_PER_SECOND = 500_000;
/** How many seconds' allowance may gather. */
const KEPT_SECONDS = 5;

/** An allowance that grows with time, up to a bound. */
class Allowance {
  readonly #perSecond: number;
  #left: number;
  #lastMs = -Infinity;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond * KEPT_SECONDS;
  }

  /** Uses some of it; false if there is not so much. */
  use(amount: number, nowMs: number): boolean {
    const earned = ((nowMs - this.#lastMs) * this.#perSecond) / MS_PER_SECOND;
    this.#left = Math.min(this.#perSecond * KEPT_SECONDS, this.#left + earned);
    this.#lastMs = nowMs;
    this.#left -= amount;
    return this.#left >= 0;
  }
}

/** Counts what one worker posts. */
export class FloodGate {
  readonly #frames = new Allowance(FRAMES_PER_SECOND);
  readonly #lines = new Allowance(LINES_PER_SECOND);
  readonly #messages = new Allowance(MESSAGES_PER_SECOND);

  /** One more message; false once there were far too many. */
  admitFrame(nowMs: number): boolean {
    return this.#frames.use(1, nowMs);
  }

  /** What one frame holds; false once it was far too much. */
  admitMessages(messages: number, nowMs: number): boolean {
    return this.#messages.use(messages, nowMs);
  }

  /** Printed lines in a message; false once there were far too many. */
  admitLines(lines: number, nowMs: number): boolean {
    return this.#lines.use(lines, nowMs);
  }
}
