/**
 * The clock and the randomness of a browser's worker, behind the ports of the core. What it uses is taken when it is made:
 * job code that runs later in the same realm may replace the globals.
 */
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';

/** The longest delay that a timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A monotonic clock. It may stand still while the machine sleeps. */
export function browserClock(): Clock {
  const { setTimeout, clearTimeout } = globalThis;
  const now = performance.now.bind(performance);
  return {
    nowMs: now,
    after(delayMs, callback) {
      const timer = setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS));
      return () => clearTimeout(timer);
    },
  };
}

/** Fit for jitter and sampling. */
export const browserRandom: Random = { next: () => Math.random() };

/** Calls back in the next turn of the event loop, after what waits there. A timer would be held to 4 ms. */
export function turnTaker(): (callback: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.addEventListener('message', () => waiting.shift()?.());
  port1.start();
  const post = port2.postMessage.bind(port2);
  return (callback) => {
    waiting.push(callback);
    post(undefined);
  };
}
