// π by throwing darts: the share of random points of a square that fall into the circle inside it is π / 4. The work
// splits into as many independent tasks as one likes, each with its own seed: the estimate is the same wherever the
// tasks run, and a task that is run again after a failure throws the same darts.
import { context, get, remote, wait } from 'daylight';
import { seededRandom } from '../random.ts';

/** One task: throws `darts` darts from the stream of random numbers `seed`, `part`; returns how many hit the circle. */
export const throwDarts = remote((seed: number, part: number, darts: number): number => {
  const random = seededRandom(seed, part);
  let hits = 0;
  for (let dart = 0; dart < darts; dart += 1) {
    const x = random.next();
    const y = random.next();
    hits += x * x + y * y < 1 ? 1 : 0;
  }
  return hits;
});

/**
 * Estimates π with `tasks` tasks of `darts` darts each. Throws if the estimate is further from π than five standard
 * deviations, which chance does once in two million searches for a seed: then something else is wrong.
 */
export default async function main({ tasks = 32, darts = 1_000_000, seed = 1 } = {}): Promise<{
  pi: number;
  error: number;
}> {
  let pending = Array.from({ length: tasks }, (_, part) => throwDarts.remote(seed, part, darts));
  let hits = 0;
  while (pending.length > 0) {
    const waited = await wait(pending, { numReturns: 1 });
    pending = waited.pending;
    // Whole numbers: their sum does not depend on the order in which they arrive.
    for (const partHits of await get(waited.ready)) {
      hits += partHits;
    }
    context().progress(1 - pending.length / tasks, `${tasks - pending.length} of ${tasks} parts`);
  }

  const total = tasks * darts;
  const pi = (4 * hits) / total;
  const error = Math.abs(pi - Math.PI);
  const standardDeviation = Math.sqrt((Math.PI * (4 - Math.PI)) / total);
  if (error > 5 * standardDeviation) {
    throw new Error(`estimated π as ${pi}, which is ${(error / standardDeviation).toFixed(1)} standard deviations off`);
  }
  return { pi, error };
}
