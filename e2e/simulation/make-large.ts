/**
 * What some jobs have besides: very deep nesting, very many tasks, very many inputs, values of several chunks.
 */
import { CHUNK_BYTES } from '#shared/protocol/limits.ts';
import type { Dice } from './dice.ts';
import type { Draft } from './draft.ts';
import { cpuMilliOf, optionsNumber } from './job-module.ts';
import type { TaskPlan } from './plan.ts';

/** Most jobs have none of it. */
const SHARE = 0.03;
const LEAST_DEPTH = 10;
const WIDTH = 300;
const INPUTS = 50;
const READERS = 12;
const MOST_CHUNKS = 6;

/** Adds it to a driver's program, or does not. */
export function makeLarge(draft: Draft, dice: Dice): void {
  const kind = dice.share() / SHARE;
  const options = optionsNumber('plain');
  const call = (plan: TaskPlan, deps: readonly number[] = []): number =>
    draft.submit({ plan, options, deps, nested: [] });
  if (kind < 1) {
    call(deep(dice, LEAST_DEPTH + dice.below(5)));
  } else if (kind < 2) {
    for (let n = 0; n < WIDTH; n++) call(small(dice));
  } else if (kind < 3) {
    call(
      small(dice),
      Array.from({ length: INPUTS }, () => call(small(dice))),
    );
  } else if (kind < 5) {
    // One value that everybody needs at once.
    const value = call({
      ...small(dice),
      resultBytes: Math.floor(CHUNK_BYTES * (1 + dice.share() * (MOST_CHUNKS - 1))),
    });
    for (let n = 0; n < READERS; n++) call({ ...small(dice), steps: [{ do: 'work', ms: 40 * dice.share() }] }, [value]);
  } else if (kind < 7) {
    const sizeBytes = (): number => CHUNK_BYTES * (1 + dice.share() * (MOST_CHUNKS - 1));
    const large = [1, 2, 3].map(() => call({ ...small(dice), resultBytes: Math.floor(sizeBytes()) }));
    for (const ref of large) call(small(dice), [ref, dice.pick(large)]);
  }
}

/** A task that waits for one like it, and so on: all of them must fit on one CPU (rule S3). */
function deep(dice: Dice, depth: number): TaskPlan {
  const plan = small(dice);
  if (depth === 0) return plan;
  const options = optionsNumber('plain');
  return {
    ...plan,
    steps: [
      ...plan.steps,
      { do: 'submit', plan: deep(dice, depth - 1), options, deps: [], nested: [] },
      { do: 'get', refs: [0] },
    ],
  };
}

function small(dice: Dice): TaskPlan {
  return {
    name: dice.number(),
    cpuMilli: cpuMilliOf('plain'),
    steps: [{ do: 'work', ms: dice.share() }],
    resultBytes: 8 + dice.below(100),
  };
}
