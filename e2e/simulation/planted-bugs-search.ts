/**
 * The search for a planted bug: seeds from 1 on, until one run says that something is wrong.
 */
import type { PlantedBug } from './planted-bugs-type.ts';
import { simulate } from './simulation.ts';

/** A bug must be found within so many seeds. */
export const MAX_BUG_SEEDS = 500;

/** Where a bug was found. */
export interface FoundBug {
  readonly seed: number;
  /** What the run said. */
  readonly failure: string;
}

/** The first seed that finds the bug; undefined if none does. */
export async function searchBug(bug: PlantedBug): Promise<FoundBug | undefined> {
  for (let seed = 1; seed <= MAX_BUG_SEEDS; seed++) {
    const { failure } = await simulate(seed, { bug });
    if (failure !== undefined) return { seed, failure };
  }
  return undefined;
}
