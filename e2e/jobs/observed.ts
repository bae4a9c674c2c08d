// A job to look at from outside: it logs, reports progress, publishes, returns arrays, fails, or waits for what never comes.

import { context, get, remote } from 'daylight';

/** Longer than between two messages about progress. */
const STEP_MS = 300;

/** One step; the last of four fails if told so. */
export const step = remote(async (number: number, fails: boolean) => {
  await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  console.log(`step ${number} of 4`);
  if (fails && number === 4) throw new RangeError('step 4 has no ground');
  return number * number;
});

/** Never has a node: nobody lends unicorns. */
export const impossible = remote(() => 1);

/** What is asked for: `result`, `fail`, or `wait`. */
export default async function main({ mode }: { mode: 'result' | 'fail' | 'wait' }) {
  console.log(`main in mode ${mode}`);
  const squares: number[] = [];
  for (let number = 1; number <= 4; number++) {
    squares.push(await get(step.remote(number, mode === 'fail')));
    context().progress(number / 5, `after step ${number}`);
  }
  if (mode === 'wait') await get(impossible.options({ resources: { unicorn: 1 } }).remote());
  await context().publish('squares.csv', squares.join(','));
  await context().publish('dot.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
  return { squares, weights: Float32Array.from(squares) };
}
