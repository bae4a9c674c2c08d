/**
 * The clock and the randomness of a Node process, behind the ports of the core.
 */
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';

/** Node's largest timer; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's monotonic clock. Timers do not keep a process alive: its sockets and ports do. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Fit for jitter and sampling. */
export const systemRandom: Random = { next: () => Math.random() };
