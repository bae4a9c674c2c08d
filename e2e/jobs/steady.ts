// Small tasks, one after the other, until a file says that it is enough: for what has to happen while there is work.

import { remote } from 'daylight';
import { fileExists } from './files.ts';

/** Tasks under way at a time: enough that no node waits for the next one. */
const IN_FLIGHT = 24;
/** Some milliseconds on any machine; a count and not a time, so that whoever is slowed down does fewer of them. */
const TURNS = 2_000_000;

/** A task that computes all the time. */
export const step = remote((seed: number) => {
  let value = seed;
  for (let turn = 0; turn < TURNS; turn++) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0;
  return value;
});

/** How many tasks there were, and how many of them gave something else than the same seed did before. */
export default async function main({ enough }: { enough: string }): Promise<{ done: number; different: number }> {
  async function* seeds(): AsyncGenerator<number> {
    for (let n = 0; !(await fileExists(enough)); n++) yield n % 4;
  }
  const first: number[] = [];
  let done = 0;
  let different = 0;
  for await (const value of step.map(seeds(), { maxInFlight: IN_FLIGHT, ordered: true })) {
    const seed = done % 4;
    if (first[seed] === undefined) first[seed] = value;
    else if (first[seed] !== value) different += 1;
    done += 1;
  }
  return { done, different };
}
