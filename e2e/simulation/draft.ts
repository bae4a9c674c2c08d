/**
 * A program that is being made. The oracle tells on the way what each reference is, so a program opens only what carries
 * something.
 */
import { DURABLE_INLINE_BYTES } from '#shared/protocol/limits.ts';
import { isCertain, Oracle, type Outcome } from './oracle.ts';
import type { Step, StepOf } from './plan.ts';

/** What a program gets as arguments. */
export interface DraftArguments {
  readonly deps: readonly Outcome[];
  readonly nested: readonly Outcome[];
  readonly handles: readonly Outcome[];
}

/** A program that is being made. */
export class Draft {
  readonly steps: Step[] = [];
  readonly oracle: Oracle;
  /** References that the program has; actors are not among them. */
  readonly live = new Set<number>();
  /** Those whose values it has seen. */
  readonly seen = new Set<number>();
  /** Those of calls that it made itself. */
  readonly called = new Set<number>();
  /** Handles of actors that it can call. */
  readonly handles = new Set<number>();
  /** Calls that never end by themselves, with those that wait for them: of no use before they are cancelled. */
  readonly endless = new Map<number, readonly number[]>();
  readonly #largePuts = new Set<number>();
  readonly #isTask: boolean;
  submitted = 0;

  /** @param args of a task; absent for a driver */
  constructor(args?: DraftArguments) {
    const { deps = [], nested = [], handles = [] } = args ?? {};
    this.#isTask = args !== undefined;
    this.oracle = new Oracle([...deps, ...nested, ...handles], args && []);
    for (let ref = 0; ref < deps.length + nested.length; ref++) this.live.add(ref);
    for (let ref = 0; ref < deps.length; ref++) this.seen.add(ref);
    for (let n = 0; n < handles.length; n++) this.handles.add(deps.length + nested.length + n);
  }

  /** Adds a step; gives the first reference that it makes, if it makes one. */
  add(step: Step): number {
    const before = this.oracle.refs.length;
    this.steps.push(step);
    this.oracle.take(step);
    for (let ref = before; ref < this.oracle.refs.length; ref++) this.#made(step, ref);
    if (step.do === 'put' && step.bytes > DURABLE_INLINE_BYTES) this.#largePuts.add(before);
    if (step.do === 'get') for (const ref of step.refs) this.seen.add(ref);
    if (step.do === 'cancel') this.#ends(step.ref);
    if (step.do === 'drop') {
      this.live.delete(step.ref);
      this.handles.delete(step.ref);
    }
    return before;
  }

  submit(step: Omit<StepOf<'submit'>, 'do'>): number {
    return this.add({ do: 'submit', ...step });
  }

  /** Somebody will cancel the first of these; the others have it as an input. */
  setAside(ref: number, waiting: readonly number[]): void {
    this.endless.set(ref, waiting);
    for (const each of [ref, ...waiting]) this.live.delete(each);
  }

  /** A task would end with the errors of what it cancelled; a driver looks at them. */
  #ends(ref: number): void {
    const waiting = this.endless.get(ref);
    this.endless.delete(ref);
    if (waiting && !this.#isTask) for (const each of [ref, ...waiting]) this.live.add(each);
  }

  #made(step: Step, ref: number): void {
    if (step.do === 'submit' && step.creates) {
      this.handles.add(ref);
      return;
    }
    this.live.add(ref);
    if (step.do === 'put' || step.do === 'open') return;
    this.called.add(ref);
    this.submitted += 1;
  }

  /** Nobody can make it again once it was let go, and then what was made of it cannot be made again either (rule L4). */
  isLargePut(ref: number): boolean {
    return this.#largePuts.has(ref);
  }

  /** References to values that carry another. A task that goes on has its values, a driver may look at an error. */
  carriers(): number[] {
    return [...this.seen].filter((ref) => {
      const outcome = this.oracle.ref(ref);
      return this.live.has(ref) && outcome.value?.inner !== undefined && (this.#isTask || isCertain(outcome));
    });
  }
}
