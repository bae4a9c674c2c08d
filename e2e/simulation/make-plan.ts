/**
 * Random programs: chains, trees of nested tasks, inputs that many share, large and small values, references in arguments and in
 * results, errors, retries, references let go. The oracle tells on the way what each reference is, so a program opens only what
 * carries something.
 */
import type { Random } from '#shared/ports/random.ts';
import { DURABLE_INLINE_BYTES, INLINE_BYTES } from '#shared/protocol/limits.ts';
import { CPU_MILLI, OPTIONS } from './job-module.ts';
import { Oracle, type Outcome } from './oracle.ts';
import type { Failure, JobPlan, Step, TaskPlan } from './plan.ts';
import { LEAST_VALUE_BYTES } from './values.ts';

const MAX_DEPTH = 3;

/** A program that is being made. */
class Draft {
  readonly steps: Step[] = [];
  readonly oracle: Oracle;
  /** References that the program has. */
  readonly live = new Set<number>();
  /** Those whose values it has seen. */
  readonly seen = new Set<number>();
  readonly largePuts = new Set<number>();
  submitted = 0;

  constructor(deps: readonly Outcome[], nested: readonly Outcome[]) {
    this.oracle = new Oracle([...deps, ...nested]);
    for (let ref = 0; ref < this.oracle.refs.length; ref++) this.live.add(ref);
    for (let ref = 0; ref < deps.length; ref++) this.seen.add(ref);
  }

  /** Adds a step; gives the reference that it makes, if it makes one. */
  add(step: Step): number {
    const before = this.oracle.refs.length;
    this.steps.push(step);
    this.oracle.take(step);
    if (step.do === 'submit') this.submitted += 1;
    if (this.oracle.refs.length > before) this.live.add(before);
    if (step.do === 'put' && step.bytes > DURABLE_INLINE_BYTES) this.largePuts.add(before);
    if (step.do === 'get') for (const ref of step.refs) this.seen.add(ref);
    if (step.do === 'drop') this.live.delete(step.ref);
    return before;
  }

  outcomes(refs: readonly number[]): Outcome[] {
    return refs.map((ref) => this.oracle.ref(ref));
  }

  /** Nobody can make it again once it was let go, and then what was made of it cannot be made again either (rule L4). */
  isLargePut(ref: number): boolean {
    return this.largePuts.has(ref);
  }

  /** References to values that carry another. */
  carriers(): number[] {
    return [...this.seen].filter((ref) => {
      const outcome = this.oracle.ref(ref);
      return this.live.has(ref) && outcome.ok && outcome.inner !== undefined;
    });
  }
}

/** Makes the programs of one seed. */
export class PlanMaker {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A driver's program with about so many tasks of its own. */
  job(name: string, tasks: number): JobPlan {
    const draft = new Draft([], []);
    while (draft.submitted < tasks) this.#driverStep(draft);
    // Whatever is still held is looked at, and let go.
    const left = [...draft.live];
    draft.add({ do: 'get', refs: left });
    for (const ref of left) draft.add({ do: 'drop', ref });
    return { name, steps: draft.steps };
  }

  #driverStep(draft: Draft): void {
    const live = [...draft.live];
    const act = this.#below(20);
    if (act < 9) this.#submit(draft, 0, this.#some(live, 2));
    else if (act < 11) this.#chain(draft, 2 + this.#below(6));
    else if (act < 12) draft.add({ do: 'put', salt: this.#number(), bytes: this.#sizeBytes() });
    else if (act < 14) draft.add({ do: 'work', ms: this.#random.next() * 200 });
    else if (live.length === 0) return;
    else if (act < 16) this.#getAndOpen(draft, this.#some(live, 4));
    else if (act < 17)
      draft.add({ do: 'wait', refs: live, needed: 1 + this.#below(live.length), timeoutMs: 1 + this.#below(500) });
    else {
      const droppable = live.filter((ref) => !draft.isLargePut(ref));
      if (droppable.length > 0) draft.add({ do: 'drop', ref: this.#pick(droppable) });
    }
  }

  /** Each takes what the one before gave. */
  #chain(draft: Draft, length: number): void {
    let inputs = this.#some([...draft.live], 1);
    for (let n = 0; n < length; n++) inputs = [this.#submit(draft, MAX_DEPTH, inputs)];
  }

  #submit(draft: Draft, depth: number, deps: readonly number[]): number {
    const nested = this.#chance(0.25) ? this.#some([...draft.live], 2) : [];
    const plan = this.#task(depth, draft.outcomes(deps), draft.outcomes(nested));
    const options = this.#optionsFor(plan);
    const step = { do: 'submit', plan: { ...plan, cpuMilli: CPU_MILLI[options] ?? 0 }, options, deps, nested } as const;
    // The same work twice has two names (rule L1).
    if (this.#chance(0.05)) draft.add(step);
    return draft.add(step);
  }

  #task(depth: number, deps: readonly Outcome[], nested: readonly Outcome[]): TaskPlan {
    const draft = new Draft(deps, nested);
    if (this.#chance(0.05)) return this.#marked(draft);
    if (this.#chance(0.6)) draft.add({ do: 'work', ms: this.#workMs() });
    const made: number[] = [];
    if (depth < MAX_DEPTH && this.#chance(0.4)) {
      for (let n = 1 + this.#below(3); n > 0; n--)
        made.push(this.#submit(draft, depth + 1, this.#some([...draft.live], 2)));
      if (this.#chance(0.2)) made.push(draft.add({ do: 'put', salt: this.#number(), bytes: this.#putBytes() }));
      if (this.#chance(0.3)) draft.add({ do: 'work', ms: this.#workMs() });
    }
    const wanted = [...draft.live].filter((ref) => !draft.seen.has(ref));
    if (wanted.length > 0 && this.#chance(0.7)) this.#getAndOpen(draft, this.#some(wanted, 3));
    const failure = this.#failure();
    const returns = made.length > 0 && this.#chance(0.4) ? this.#pick(made) : undefined;
    return {
      name: this.#number(),
      cpuMilli: 0,
      steps: draft.steps,
      resultBytes: this.#sizeBytes(),
      ...(returns === undefined ? {} : { returns }),
      ...(failure ? { failure } : {}),
    };
  }

  /** Values that are written down with their record, and so are never made again once somebody has seen them. */
  #marked(draft: Draft): TaskPlan {
    const returns = draft.add({ do: 'put', salt: this.#number(), bytes: LEAST_VALUE_BYTES + this.#below(200) });
    draft.add({ do: 'work', ms: this.#workMs() });
    return {
      name: this.#number(),
      cpuMilli: 0,
      steps: draft.steps,
      resultBytes: LEAST_VALUE_BYTES + this.#below(200),
      returns,
      isMarked: true,
      ...(this.#chance(0.4) ? { failure: { kind: 'crashFirst', attempts: 1 } } : {}),
    };
  }

  #getAndOpen(draft: Draft, refs: readonly number[]): void {
    if (refs.length === 0) return;
    draft.add({ do: 'get', refs });
    const carriers = draft.carriers();
    if (carriers.length === 0 || !this.#chance(0.5) || !draft.outcomes(refs).every(({ ok }) => ok)) return;
    const inner = draft.add({ do: 'open', ref: this.#pick(carriers) });
    if (this.#chance(0.7)) draft.add({ do: 'get', refs: [inner] });
  }

  #failure(): Failure | undefined {
    const dice = this.#random.next();
    if (dice < 0.03) return { kind: 'throw' };
    if (dice < 0.07) return { kind: 'throwFirst', attempts: 1 + this.#below(3) };
    if (dice < 0.1) return { kind: 'crashFirst', attempts: 1 + this.#below(2) };
    return dice < 0.11 ? { kind: 'crash' } : undefined;
  }

  #optionsFor({ failure }: TaskPlan): number {
    if (failure?.kind === 'throwFirst') return OPTIONS.retryExceptions;
    if (failure?.kind === 'crash') return OPTIONS.oneRetry;
    const dice = this.#random.next();
    if (dice < 0.1) return OPTIONS.halfCpu;
    if (dice < 0.2) return OPTIONS.twoCpus;
    // What ends without any fault of its own costs no retry (rule L4).
    return failure === undefined && dice < 0.4 ? OPTIONS.noRetry : OPTIONS.plain;
  }

  /** Most tasks are short, some are not. */
  #workMs(): number {
    const dice = this.#random.next();
    if (dice < 0.5) return this.#random.next() * 0.4;
    return dice < 0.9 ? this.#random.next() * 60 : this.#random.next() * 2_000;
  }

  /** In the record, in the message, or in the store; the last sometimes in more than one chunk. */
  #sizeBytes(): number {
    const dice = this.#random.next();
    if (dice < 0.7) return LEAST_VALUE_BYTES + this.#below(200);
    if (dice < 0.9) return 1_100 + this.#below(20_000);
    return INLINE_BYTES + this.#below(400_000);
  }

  /** Of a task: it is named by its content, so that a later attempt finds it again. */
  #putBytes(): number {
    return this.#sizeBytes();
  }

  #number(): number {
    return Math.floor(this.#random.next() * 2 ** 32);
  }

  #below(count: number): number {
    return Math.floor(this.#random.next() * count);
  }

  #chance(share: number): boolean {
    return this.#random.next() < share;
  }

  #pick<T>(list: readonly [T, ...T[]] | readonly T[]): T {
    return list[this.#below(list.length)] as T; // never called with an empty list
  }

  /** Up to `most` different ones. */
  #some(list: readonly number[], most: number): number[] {
    const count = list.length === 0 ? 0 : this.#below(most + 1);
    return [...new Set(Array.from({ length: count }, () => this.#pick(list)))];
  }
}
