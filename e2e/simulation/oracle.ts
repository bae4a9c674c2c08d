/**
 * What each program must give, computed from its plan alone.
 */
import { mix } from './values.ts';
import type { Step, TaskPlan } from './plan.ts';

/** What an object is. */
export type Outcome =
  | { readonly ok: true; readonly digest: number; readonly inner: Outcome | undefined }
  /** An error; with several failed inputs it depends on time which of them it is. */
  | { readonly ok: false; readonly labels: readonly string[] };

/** The outcomes behind a program's references, in their order, as its steps make them. */
export class Oracle {
  readonly refs: Outcome[];

  constructor(args: readonly Outcome[]) {
    this.refs = [...args];
  }

  ref(place: number): Outcome {
    const outcome = this.refs[place];
    if (!outcome) throw new RangeError(`a plan names reference ${place} of ${this.refs.length}`);
    return outcome;
  }

  /** Takes account of a step; gives what it makes or finds. */
  take(step: Step): void {
    if (step.do === 'submit')
      this.refs.push(
        outcomeOf(
          step.plan,
          step.deps.map((ref) => this.ref(ref)),
          step.nested.map((ref) => this.ref(ref)),
        ),
      );
    else if (step.do === 'put') this.refs.push({ ok: true, digest: step.salt, inner: undefined });
    else if (step.do === 'open') {
      const value = this.ref(step.ref);
      if (!value.ok || !value.inner) throw new RangeError('a plan opens what carries no reference');
      this.refs.push(value.inner);
    }
  }
}

/** What a task gives. */
export function outcomeOf(plan: TaskPlan, deps: readonly Outcome[], nested: readonly Outcome[]): Outcome {
  const failed = deps.flatMap((dep) => (dep.ok ? [] : dep.labels));
  if (failed.length > 0) return { ok: false, labels: failed };
  const oracle = new Oracle([...deps, ...nested]);
  let digest = deps.reduce((sum, dep) => (dep.ok ? mix(sum, dep.digest) : sum), plan.name);
  for (const step of plan.steps) {
    oracle.take(step);
    if (step.do !== 'get') continue;
    for (const ref of step.refs) {
      const got = oracle.ref(ref);
      if (!got.ok) return got;
      digest = mix(digest, got.digest);
    }
  }
  if (plan.failure?.kind === 'crash') return { ok: false, labels: ['WorkerCrashedError'] };
  if (plan.failure?.kind === 'throw') return { ok: false, labels: [thrownBy(plan)] };
  return { ok: true, digest, inner: plan.returns === undefined ? undefined : oracle.ref(plan.returns) };
}

/** The message of what a task throws. */
export function thrownBy(plan: TaskPlan): string {
  return `thrown by ${plan.name}`;
}
