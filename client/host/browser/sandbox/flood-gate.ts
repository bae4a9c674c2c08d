/**
 * How much one worker may say to its raylet (rule B1). A port between workers has no back-pressure: what is posted faster
 * than it is read piles up in the reader's memory. Workers gather their messages into frames and limit what they print, so
 * an honest one stays far below these numbers; one that does not has been taken over by its job.
 */

const WINDOW_MS = 1_000;
/** The fastest honest worker posts one frame for each of its calls, and a call takes a tenth of a millisecond. */
const MAX_FRAMES_PER_WINDOW = 20_000;
/** Twice what `console-capture.ts` lets through at once. */
const MAX_LINES_PER_WINDOW = 20_000;

/** Counts what one worker posts. */
export class FloodGate {
  #windowStartMs = -Infinity;
  #frames = 0;
  #lines = 0;

  /** One more frame; false once there were too many within a second. */
  admitFrame(nowMs: number): boolean {
    if (nowMs - this.#windowStartMs > WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#frames = 0;
      this.#lines = 0;
    }
    this.#frames += 1;
    return this.#frames <= MAX_FRAMES_PER_WINDOW;
  }

  /** Printed lines in the frame admitted last; false once there were too many within a second. */
  admitLines(lines: number): boolean {
    this.#lines += lines;
    return this.#lines <= MAX_LINES_PER_WINDOW;
  }
}
