/**
 * Ctrl-C and SIGTERM: the first asks to stop in order, the second ends the process.
 */
import { EXIT } from './exit-codes.ts';

/** Listens until the function it returns is called. `stop` is called once; what it does next is its own business. */
export function onInterrupt(stop: () => void): () => void {
  let asked = false;
  const listener = (): void => {
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    stop();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return () => {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
}

/** Resolves at the first Ctrl-C or SIGTERM, or when `also` resolves. */
export function untilInterrupted(also?: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    // A process that only waits for a signal has nothing else that keeps it alive.
    const alive = setInterval(() => {}, 2 ** 30);
    const done = (): void => {
      clearInterval(alive);
      resolve();
    };
    onInterrupt(done);
    void also?.then(done);
  });
}
