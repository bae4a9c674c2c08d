// Tasks that take their worker down, and tasks beside them that must not notice.

import { context, get, remote, wait } from 'daylight';
import { spin } from './files.ts';
import { runScenarios } from './scenarios.ts';

const once = { maxRetries: 0 };

export const exit = remote((untilAttempt: number) => {
  if (context().attempt < untilAttempt) process.exit(3);
  return context().attempt;
});
export const throwInTimer = remote(async () => {
  setTimeout(() => {
    throw new RangeError('thrown in a timer');
  }, 1);
  await new Promise(() => {});
});
export const rejectAside = remote(async () => {
  void Promise.reject(new RangeError('nobody awaits this'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  return 'done';
});
export const loop = remote(() => {
  for (;;);
});
export const loopAsync = remote(async () => {
  for (;;) await Promise.resolve();
});
export const heapBomb = remote(() => {
  const kept: unknown[] = [];
  for (let n = 0; ; n++) kept.push({ x: new Array(1000).fill(n) });
});
export const bufferBomb = remote(() => {
  const kept: Uint8Array[] = [];
  for (;;) kept.push(new Uint8Array(16 * 2 ** 20).fill(1));
});
export const bystander = remote((x: number) => {
  spin(5);
  return x * x;
});

/** `run` while small tasks come and go: their results, and what `run` came to. */
async function beside(run: () => Promise<unknown>): Promise<unknown> {
  let over = false;
  const outcome = run().finally(() => (over = true));
  outcome.catch(() => undefined);
  for (let round = 0; !over || round === 0; round++) {
    const refs = Array.from({ length: 8 }, (_, i) => bystander.remote(round * 8 + i));
    await wait(refs, { numReturns: refs.length });
    const values = await get(refs);
    if (values.some((value, i) => value !== (round * 8 + i) ** 2)) throw new Error(`wrong results: ${values.join()}`);
  }
  return outcome;
}

const scenarios = {
  exit: () => beside(() => get(exit.options(once).remote(9))),
  exitThenFine: () => beside(() => get(exit.remote(3))),
  exitTooOften: () => get(exit.options({ maxRetries: 1 }).remote(9)),
  throwInTimer: () => beside(() => get(throwInTimer.options({ ...once, runtimeMs: 300 }).remote())),
  rejectAside: () => get(rejectAside.options(once).remote()),
  loop: () => beside(() => get(loop.options({ ...once, runtimeMs: 300 }).remote())),
  loopAsync: () => beside(() => get(loopAsync.options({ ...once, runtimeMs: 300 }).remote())),
  heapBomb: () => beside(() => get(heapBomb.options(once).remote())),
  bufferBomb: () => beside(() => get(bufferBomb.options(once).remote())),
  after: () => get(bystander.remote(12)),
};

/** A heap that runs away can cost the whole node where workers are threads, so it is asked for by name only. */
const USUAL = Object.keys(scenarios).filter((name) => name !== 'heapBomb');

/** Runs the usual scenarios, or those in `only`. */
export default async function main({ only = USUAL }: { only?: string[] } = {}) {
  return runScenarios(scenarios, only);
}
