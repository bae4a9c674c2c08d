// Two ways to get a wrong result without any error (L1, L8), each provoked on purpose.

import { cancel, context, get, remote, wait } from 'daylight';
import { note, untilFile } from './files.ts';

/** Counts its executions in a file, beside giving its own result. */
export const child = remote(async (notes: string, x: number) => {
  await note(notes, `child ${x}`);
  return `result of ${x}`;
});

/**
 * Submits its children in another order in every attempt. The first attempt never ends by itself: its host is killed when all
 * of them are finished.
 */
export const parent = remote(async ({ notes, never, children }: { notes: string; never: string; children: number }) => {
  const { attempt } = context();
  const xs = Array.from({ length: children }, (_, x) => x);
  if (attempt > 1) xs.reverse();
  const results = new Map<number, string>();
  await Promise.all(
    xs.map(async (x) => {
      results.set(x, await get(child.options({ resources: { nursery: 0.1 } }).remote(notes, x)));
    }),
  );
  // Two calls that are alike are still two: the second is not answered by the first.
  const twins = await get([0, 0].map((x) => child.options({ resources: { nursery: 0.1 } }).remote(notes, x)));
  await note(notes, `attempt ${attempt} on ${context().node}`);
  if (attempt === 1) await untilFile(never);
  return { attempt, results: [...results].toSorted(([a], [b]) => a - b).map(([, result]) => result), twins };
});

let live = 0;
let mostLive = 0;

export const echo = remote((value: string) => value);
export const hang = remote(async () => {
  await new Promise((resolve) => context().signal.addEventListener('abort', resolve));
  throw new Error('it was told to stop');
});

/** Calls children after awaits of several kinds, and looks each time whether it is still itself. */
export const interleaved = remote(async (name: string, steps: number) => {
  const { taskId } = context();
  const strayed: string[] = [];
  const look = (where: string): void => {
    if (context().taskId !== taskId) strayed.push(`${name}: ${where}`);
  };
  live += 1;
  for (let step = 0; step < steps; step++) {
    const value = await get(echo.remote(`${name} ${step}`));
    mostLive = Math.max(mostLive, live);
    look('after get');
    if (value !== `${name} ${step}`) strayed.push(`${name} got ${value}`);
    await Promise.all([get(echo.remote('a')).then(() => undefined), Promise.resolve()]);
    look('after Promise.all');
    for await (const item of echo.map([`${name} x`, `${name} y`]))
      if (!item.startsWith(name)) strayed.push(`${name} got ${item}`);
    look('after for await');
    try {
      await Promise.reject(new Error('caught'));
    } catch {
      look('in catch');
    }
  }
  live -= 1;
  return { strayed, mostLive };
});

/** Has a child that hangs until it is cancelled: by name, so that a test sees whose it was. */
export const withChild = remote(async () => {
  await get(echo.remote('first'));
  await get(hang.options({ numCpus: 0 }).remote());
});

async function interleave() {
  const names = Array.from({ length: 6 }, (_, i) => `task ${i}`);
  const results = await get(names.map((name) => interleaved.remote(name, 5)));
  return {
    strayed: results.flatMap(({ strayed }) => strayed),
    mostLive: Math.max(...results.map((result) => result.mostLive)),
  };
}

/** Two parents interleaved in one worker: cancelling one takes its own child along and nobody else's. */
async function ownChildren() {
  const [first, second] = [withChild.remote(), withChild.remote()];
  const { pending } = await wait([first, second], { numReturns: 2, timeoutMs: 300 });
  await cancel(first);
  const after = await wait([first, second], { numReturns: 2, timeoutMs: 300 });
  await cancel(second);
  const [one, two] = await get([first, second], { settled: true });
  return {
    pendingBefore: pending.length,
    secondWentOn: after.pending.includes(second),
    ends: [one.status, two.status],
  };
}

/** Runs one of the parts. */
export default async function main({
  part,
  ...args
}: {
  part: string;
  notes: string;
  never: string;
  children: number;
}) {
  if (part === 'parent') return get(parent.options({ resources: { home: 1 } }).remote(args));
  return { ...(await interleave()), own: await ownChildren() };
}
