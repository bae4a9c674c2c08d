/**
 * Time as the server's shells see it. The GCS is told the time; the control plane and the gateway ask for it, and for turns of
 * the event loop, through this port, so that the simulator can run them on a clock of its own.
 */
import type { Clock } from '#shared/ports/clock.ts';

/** A clock, the time of day, and turns of the event loop. */
export interface ServerClock extends Clock {
  /** Milliseconds since 1970. */
  wallMs(): number;
  /** Calls back after other events had their turn. */
  defer(callback: () => void): void;
  /** Calls back again and again; returns how to stop it. */
  every(intervalMs: number, callback: () => void): () => void;
}

/** This machine's. What is only awaited does not keep the process alive. */
export const systemServerClock: ServerClock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
  defer: (callback) => void setImmediate(callback),
  every(intervalMs, callback) {
    const timer = setInterval(callback, intervalMs);
    return () => clearInterval(timer);
  },
};
