/**
 * What each program must give, computed from its plan alone. Where it depends on time (what was cancelled, whose actor was lost)
 * there is one value it can have, and errors it may end with instead.
 */
import { refsMadeBy, type Step, type TaskPlan } from './plan.ts';
import { mix } from './values.ts';

/** What a call that was taken back may give. */
export const CANCELLED = 'TaskCancelledError';
/** What a task is given whose only node is gone. */
const NOWHERE = 'InfeasibleError';
/** What callers of an actor get when it is lost; its replies cannot be made again. */
export const LOST_ACTOR = [
  'ActorDiedError',
  'ActorUnavailableError',
  'ObjectLostError',
  // Its worker ended while it was being made: that is the end of the creation, and of the calls that waited for it.
  'WorkerCrashedError',
  'OutOfMemoryError',
] as const;

/** What an object can be. */
export interface Outcome {
  /** Undefined if it never has one. */
  readonly value: { readonly digest: number; readonly inner: Outcome | undefined } | undefined;
  /** Errors it may be instead: what a program threw by its message, what the system reports by its class. */
  readonly labels: readonly string[];
  /** Actors whose replies went into it, by the names of their plans: if one is lost it may be one of {@link LOST_ACTOR}. */
  readonly actors: readonly number[];
  /** It is a handle of an actor; one that a task made ends with the task. */
  readonly handle?: { readonly name: number; readonly endsWithTask: boolean };
}

/** True if it has its value whatever happens. */
export function isCertain({ value, labels, actors }: Outcome): boolean {
  return value !== undefined && labels.length === 0 && actors.length === 0;
}

/** The outcomes behind a program's references, in their order, as its steps make them. */
export class Oracle {
  readonly refs: Outcome[];
  readonly #arguments: readonly Outcome[];
  readonly #isTask: boolean;
  readonly #taken: Step[] = [];
  /** Places of what was cancelled, and whether with all that it called. */
  readonly #cancelled = new Map<number, boolean>();

  /** @param steps of a task: an earlier attempt may have cancelled what a later one waits for. Absent for a driver */
  constructor(args: readonly Outcome[], steps?: readonly Step[]) {
    this.#arguments = args;
    this.#isTask = steps !== undefined;
    this.refs = [...args];
    for (const step of steps ?? []) if (step.do === 'cancel') this.#cancel(step.ref, step.recursive);
  }

  ref(place: number): Outcome {
    const outcome = this.refs[place];
    if (!outcome) throw new RangeError(`a plan names reference ${place} of ${this.refs.length}`);
    return outcome;
  }

  of(places: readonly number[]): Outcome[] {
    return places.map((place) => this.ref(place));
  }

  /** Takes account of a step. */
  take(step: Step): void {
    this.#taken.push(step);
    if (step.do === 'cancel' && this.#cancel(step.ref, step.recursive)) this.#again();
    else this.#add(step);
  }

  /** True if that is new. */
  #cancel(place: number, recursive: boolean): boolean {
    const before = this.#cancelled.get(place);
    this.#cancelled.set(place, before === true || recursive);
    return before !== this.#cancelled.get(place);
  }

  /** What was made before may have taken in what is cancelled now. */
  #again(): void {
    this.refs.splice(0, Infinity, ...this.#arguments);
    for (const step of this.#taken) this.#add(step);
  }

  #add(step: Step): void {
    const first = this.refs.length;
    const made = this.#madeBy(step);
    for (let n = 0; n < refsMadeBy(step); n++) {
      const outcome = made[n];
      if (!outcome) throw new RangeError('a plan opens what carries no reference');
      const recursive = this.#cancelled.get(first + n);
      this.refs.push(recursive === undefined ? outcome : mayBeCancelled(outcome, recursive));
    }
  }

  #madeBy(step: Step): (Outcome | undefined)[] {
    switch (step.do) {
      case 'submit': {
        const outcome = outcomeOf(step.plan, this.of(step.deps), this.of(step.nested));
        if (step.creates) return [{ ...outcome, handle: { name: step.plan.name, endsWithTask: this.#isTask } }];
        return [step.actor === undefined ? outcome : this.#reply(step.actor, outcome)];
      }
      case 'put':
        return [{ value: { digest: step.salt, inner: this.#carried(step.carries) }, labels: [], actors: [] }];
      case 'branch': {
        const [first = 0] = step.refs;
        return [either(outcomeOf(step.ready, this.of([first]), []), outcomeOf(step.late, [], []))];
      }
      case 'draw':
        return [outcomeOf(step.plan, [], [])];
      case 'gather':
        return step.refs.map((ref) => outcomeOf(step.plan, this.of([ref]), []));
      case 'open':
        return [this.ref(step.ref).value?.inner];
      default:
        return [];
    }
  }

  #carried(place: number | undefined): Outcome | undefined {
    return place === undefined ? undefined : this.ref(place);
  }

  /** What a call of an actor gives; without the actor there is no reply. */
  #reply(place: number, reply: Outcome): Outcome {
    const actor = this.ref(place);
    const mayBeOver = actor.handle?.endsWithTask === true && place < this.#arguments.length;
    return {
      value: actor.value && reply.value,
      labels: [...reply.labels, ...actor.labels, ...(mayBeOver ? LOST_ACTOR : [])],
      actors: [...reply.actors, ...actor.actors, ...(actor.handle ? [actor.handle.name] : [])],
    };
  }
}

/** What a task gives. */
export function outcomeOf(plan: TaskPlan, deps: readonly Outcome[], nested: readonly Outcome[]): Outcome {
  const labels = new Set<string>(plan.pinned ? [NOWHERE] : []);
  const actors = new Set<number>();
  /** False if the program never gets beyond them. */
  const takeIn = (outcomes: readonly Outcome[]): boolean => {
    for (const outcome of outcomes) {
      for (const label of outcome.labels) labels.add(label);
      for (const actor of outcome.actors) actors.add(actor);
    }
    return outcomes.every(({ value }) => value !== undefined);
  };
  const fails = (): Outcome => ({ value: undefined, labels: [...labels], actors: [...actors] });
  if (!takeIn(deps)) return fails();
  const oracle = new Oracle([...deps, ...nested], plan.steps);
  let digest = plan.name;
  for (const dep of deps) digest = mix(digest, dep.value?.digest ?? 0);
  for (const step of plan.steps) {
    oracle.take(step);
    if (step.do !== 'get') continue;
    if (!takeIn(oracle.of(step.refs))) return fails();
    for (const ref of step.refs) digest = mix(digest, oracle.ref(ref).value?.digest ?? 0);
  }
  if (plan.endless) return fails();
  if (plan.failure?.kind === 'crash') labels.add('WorkerCrashedError');
  else if (plan.failure?.kind === 'throw') labels.add(thrownBy(plan));
  else {
    const inner = plan.returns === undefined ? undefined : oracle.ref(plan.returns);
    return { value: { digest: plan.gives ?? digest, inner }, labels: [...labels], actors: [...actors] };
  }
  return fails();
}

/** The message of what a task throws. */
export function thrownBy(plan: TaskPlan): string {
  return `thrown by ${plan.name}`;
}

function mayBeCancelled(outcome: Outcome, recursive: boolean): Outcome {
  const { value } = outcome;
  const inner = recursive && value?.inner ? mayBeCancelled(value.inner, true) : value?.inner;
  return { ...outcome, value: value && { ...value, inner }, labels: [...outcome.labels, CANCELLED] };
}

/** One of two, which agree where both have a value. */
function either(one: Outcome, other: Outcome): Outcome {
  return {
    value: one.value ?? other.value,
    labels: [...one.labels, ...other.labels],
    actors: [...one.actors, ...other.actors],
  };
}
