/**
 * The order in which an attempt does its steps. What does not depend on each other may come in another order in a later attempt,
 * as after `await Promise.all`: it is the same work all the same (rule L1).
 */
import { seededRandom } from '#shared/ports/random.ts';
import { refsMadeBy, type Step, type TaskPlan } from './plan.ts';

/** A step, and where what it makes stands in the list of references. */
export interface PlacedStep {
  readonly step: Step;
  readonly place: number;
}

/** The steps as they stand in the plan. */
export function stepsInOrder({ steps }: Pick<TaskPlan, 'steps'>, argumentCount: number): PlacedStep[] {
  let place = argumentCount;
  return steps.map((step) => {
    const placed = { step, place };
    place += refsMadeBy(step);
    return placed;
  });
}

/** The steps of a later attempt: each stretch of calls, puts and work between two other steps is mixed. */
export function stepsMixed(plan: TaskPlan, argumentCount: number, attempt: number): PlacedStep[] {
  const random = seededRandom(plan.name ^ attempt);
  const mixed: PlacedStep[] = [];
  let stretch: PlacedStep[] = [];
  const endStretch = (): void => {
    while (stretch.length > 0) {
      const free = stretch.filter((placed) => !stretch.some((other) => isBefore(other, placed)));
      const next = free[Math.floor(random.next() * free.length)];
      if (!next) throw new RangeError('the steps of a plan need each other');
      mixed.push(next);
      stretch = stretch.filter((other) => other !== next);
    }
  };
  for (const placed of stepsInOrder(plan, argumentCount)) {
    if (isFree(placed.step)) {
      stretch.push(placed);
      continue;
    }
    endStretch();
    mixed.push(placed);
  }
  endStretch();
  return mixed;
}

/** Calls of actors keep their order (rule A1). */
function isFree(step: Step): boolean {
  return step.do === 'work' || step.do === 'put' || (step.do === 'submit' && step.actor === undefined);
}

/** True if the one has to come before the other: it makes what the other takes, or it is the same call and counts before it. */
function isBefore(one: PlacedStep, { step, place }: PlacedStep): boolean {
  if (one.place >= place) return false;
  if (step.do === 'put') return step.carries === one.place;
  if (step.do !== 'submit') return false;
  const isEqual = one.step.do === 'submit' && one.step.plan.name === step.plan.name;
  return isEqual || step.deps.includes(one.place) || step.nested.includes(one.place);
}
