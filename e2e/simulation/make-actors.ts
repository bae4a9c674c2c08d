/**
 * Actors in random programs: made by drivers and by tasks, called in bursts, handed to tasks that call them too, ended by hand,
 * by a call that ends their worker, or with whoever made them.
 */
import type { Dice } from './dice.ts';
import { Draft, type DraftArguments } from './draft.ts';
import { cpuMilliOf, type OptionsName, optionsNumber } from './job-module.ts';
import { leafPlan } from './leaf-plan.ts';
import type { Failure, TaskPlan } from './plan.ts';
import { LEAST_NOTED_BYTES } from './values.ts';

const KINDS: readonly OptionsName[] = [
  ...(['mortal', 'seated', 'async', 'retried', 'named', 'immortal'] as const),
  ...(['saving', 'saving', 'punctual'] as const),
];
/** A driver has no more than so many at a time. */
const MAX_ACTORS = 3;

/** Adds what programs do with actors. */
export class ActorMaker {
  readonly #dice: Dice;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  driverStep(draft: Draft): void {
    const dice = this.#dice;
    const handles = [...draft.handles];
    if (handles.length === 0 || (handles.length < MAX_ACTORS && dice.chance(0.2))) this.#create(draft);
    else if (dice.chance(0.06)) draft.add({ do: 'kill', ref: dice.pick(handles), noRestart: dice.chance(0.6) });
    else this.#burst(draft, dice.pick(handles));
  }

  /** @param mayCreate it is not too deep in a tree for an actor of its own */
  taskSteps(draft: Draft, mayCreate: boolean): void {
    const dice = this.#dice;
    if (mayCreate && dice.chance(0.04)) this.#create(draft);
    for (const handle of draft.handles) this.#burst(draft, handle);
  }

  #create(draft: Draft): void {
    const dice = this.#dice;
    const kind = dice.pick(KINDS);
    // Which of them is made nobody can tell beforehand: all of them can be.
    const refs = kind === 'named' ? [] : [...draft.live];
    const deps = dice.chance(0.3) ? dice.some(refs, 2) : [];
    const nested = dice.chance(0.2) ? dice.some(refs, 1) : [];
    const failure = kind === 'named' ? undefined : this.#failure(0.05, 0.05);
    const plan = this.#plan(this.#argumentsOf(draft, deps, nested), failure, dice.chance(0.5));
    const step = { options: optionsNumber(kind), deps, nested };
    draft.submit({ ...step, plan: { ...plan, once: true }, creates: true });
  }

  /** Some calls in a row. */
  #burst(draft: Draft, actor: number): void {
    const dice = this.#dice;
    for (let n = 1 + dice.below(4); n > 0; n--) {
      const refs = [...draft.live];
      const deps = dice.chance(0.3) ? dice.some(refs, 1) : [];
      const nested = dice.chance(0.15) ? dice.some(refs, 1) : [];
      const plan = this.#plan(
        this.#argumentsOf(draft, deps, nested),
        this.#failure(0.05, 0.02),
        dice.chance(0.3),
        0.02,
      );
      draft.submit({ plan, options: optionsNumber('method'), deps, nested, actor });
    }
  }

  #argumentsOf({ oracle }: Draft, deps: readonly number[], nested: readonly number[]): DraftArguments {
    return { deps: oracle.of(deps), nested: oracle.of(nested), handles: [] };
  }

  /**
   * What a method or a constructor does: it may call a task and wait for it, too. For nothing else: what it was given may wait
   * for this very actor.
   */
  #plan(args: DraftArguments, failure: Failure | undefined, keeps: boolean, leaves = 0): TaskPlan {
    const dice = this.#dice;
    const draft = new Draft(args);
    if (dice.chance(0.5)) draft.add({ do: 'work', ms: dice.workMs() / 4 });
    let returns: number | undefined;
    if (dice.chance(0.15)) {
      const call = { plan: leafPlan(dice, 'plain'), options: optionsNumber('plain') };
      const made = draft.submit({ ...call, deps: dice.some([...draft.seen], 1), nested: [] });
      if (dice.chance(0.4)) returns = made;
      if (dice.chance(0.6)) draft.add({ do: 'get', refs: [made] });
    }
    return {
      name: dice.number(),
      cpuMilli: cpuMilliOf('method'),
      steps: draft.steps,
      resultBytes: dice.chance(0.9) ? LEAST_NOTED_BYTES + dice.below(200) : dice.sizeBytes(),
      ...(returns === undefined ? {} : { returns }),
      ...(failure ? { failure } : {}),
      ...(keeps ? { keeps } : {}),
      ...(dice.chance(leaves) ? { leaves: true } : {}),
    };
  }

  #failure(throws: number, crashes: number): Failure | undefined {
    const kind = this.#dice.share();
    if (kind < throws) return { kind: 'throw' };
    return kind < throws + crashes ? { kind: 'crash' } : undefined;
  }
}
