/**
 * Time as the core sees it. State machines never read a clock or set a timer: their shell passes the time in and asks
 * when to come back. That is what lets the simulator run a thousand nodes on one fake clock.
 */

/** A monotonic clock and timers. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. Not comparable between machines (rule M3). */
  nowMs(): number;
  /** Calls `callback` once after `delayMs`; returns a function that takes the call back. */
  after(delayMs: number, callback: () => void): () => void;
}
