/**
 * The search for a planted bug: seeds from 1 on, until one run says that something is wrong and nothing is without the bug.
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

/**
 * The first seed that finds the bug; undefined if none does.
 * @param hint a seed to try before all others
 */
export async function searchBug(bug: PlantedBug, hint?: number): Promise<FoundBug | undefined> {
  const found = hint === undefined ? undefined : await look(bug, hint);
  if (found) return found;
  for (let seed = 1; seed <= MAX_BUG_SEEDS; seed++) {
    const first = await look(bug, seed);
    if (first) return first;
  }
  return undefined;
}

async function look(bug: PlantedBug, seed: number): Promise<FoundBug | undefined> {
  const { failure } = await simulate(seed, { bug });
  if (failure === undefined) return undefined;
  // It is the bug that was found, and it was there for its own run only.
  const clean = await simulate(seed);
  return clean.failure === undefined ? { seed, failure } : undefined;
}
