/**
 * A task that calls nobody and waits for nobody.
 */
import type { Dice } from './dice.ts';
import { cpuMilliOf, type OptionsName } from './job-module.ts';
import type { TaskPlan } from './plan.ts';

/** A new one. */
export function leafPlan(dice: Dice, options: OptionsName): TaskPlan {
  return {
    name: dice.number(),
    cpuMilli: cpuMilliOf(options),
    steps: [{ do: 'work', ms: dice.workMs() }],
    resultBytes: dice.sizeBytes(),
  };
}
