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
      const free = stretch.filter(({ step }) => !needsAny(step, stretch));
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

function needsAny(step: Step, others: readonly PlacedStep[]): boolean {
  if (step.do !== 'submit') return false;
  return [...step.deps, ...step.nested].some((ref) =>
    others.some((other) => other.step !== step && other.place === ref),
  );
}
