// The server of the restart benchmark, in a process of its own that can be killed: the whole server as `daylight up` starts it,
// and a watch over how long its event loop stands still.
import { PerformanceObserver } from 'node:perf_hooks';
import { startServer } from '#server/main.ts';

/** The answer to `stall`, and the first word. */
export interface ServerWord {
  readonly url: string;
  readonly joinToken: string;
  readonly operatorToken: string;
  /**
   * The most that its thread worked in one turn of the event loop since the last word, in milliseconds of CPU: on a busy machine
   * the clock also counts what others do.
   */
  readonly stallMs: number;
  /** The longest turn by the clock, in milliseconds. */
  readonly stallWallMs: number;
  /** The longest pause for a collection of garbage in that time, by the clock, in milliseconds. */
  readonly collectionMs: number;
  /** CPU time of all its threads so far, in milliseconds. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

let stallMs = 0;
let stallWallMs = 0;
let collectionMs = 0;
let turnMs = performance.now();
let turnCpuMs = threadCpuMs();

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

// A timer that is always due runs once in every turn.
setInterval(() => {
  const nowMs = performance.now();
  const cpuMs = threadCpuMs();
  stallWallMs = Math.max(stallWallMs, nowMs - turnMs);
  stallMs = Math.max(stallMs, cpuMs - turnCpuMs);
  turnMs = nowMs;
  turnCpuMs = cpuMs;
}, 1);

new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) collectionMs = Math.max(collectionMs, duration);
}).observe({ entryTypes: ['gc'] });

const logger = { info() {}, warn: console.warn, error: console.error };
const { url, joinToken, operatorToken } = await startServer({ port: 0, dataDirectory: process.argv[2] ?? '', logger });

function tell(): void {
  const { user, system } = process.cpuUsage();
  const word: ServerWord = {
    url,
    joinToken,
    operatorToken,
    stallMs,
    stallWallMs,
    collectionMs,
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
  };
  stallMs = 0;
  stallWallMs = 0;
  collectionMs = 0;
  process.send?.(word);
}

// The stall that was going on is noticed in the next turn.
setTimeout(tell, 5);
process.on('message', () => setTimeout(tell, 5));
process.on('disconnect', () => process.exit());
