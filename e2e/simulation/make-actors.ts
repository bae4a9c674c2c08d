/**
 * Actors in random programs: made by drivers and by tasks, called in bursts, handed to tasks that call them too, ended by hand,
 * by a call that ends their worker, or with whoever made them.
 */
import type { Dice } from './dice.ts';
import type { Draft } from './draft.ts';
import { cpuMilliOf, type OptionsName, optionsNumber } from './job-module.ts';
import type { Failure, Step, TaskPlan } from './plan.ts';
import { LEAST_REPLY_BYTES } from './values.ts';

const KINDS: readonly OptionsName[] = ['mortal', 'seated', 'immortal'];
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

  #create(draft: Draft): number {
    const dice = this.#dice;
    const kind = dice.pick(KINDS);
    const refs = [...draft.live];
    const failure = this.#failure(0.05, 0.05);
    return draft.submit({
      plan: this.#plan(failure, dice.chance(0.5)),
      options: optionsNumber(kind),
      deps: dice.chance(0.3) ? dice.some(refs, 2) : [],
      nested: dice.chance(0.2) ? dice.some(refs, 1) : [],
      creates: true,
    });
  }

  /** Some calls in a row. */
  #burst(draft: Draft, actor: number): void {
    const dice = this.#dice;
    for (let n = 1 + dice.below(4); n > 0; n--) {
      const refs = [...draft.live];
      draft.submit({
        plan: this.#plan(this.#failure(0.05, 0.02), dice.chance(0.3)),
        options: optionsNumber('method'),
        deps: dice.chance(0.3) ? dice.some(refs, 1) : [],
        nested: dice.chance(0.15) ? dice.some(refs, 1) : [],
        actor,
      });
    }
  }

  /** What a method or a constructor does. */
  #plan(failure: Failure | undefined, keeps: boolean): TaskPlan {
    const dice = this.#dice;
    const steps: Step[] = dice.chance(0.5) ? [{ do: 'work', ms: dice.workMs() / 4 }] : [];
    return {
      name: dice.number(),
      cpuMilli: cpuMilliOf('method'),
      steps,
      resultBytes: dice.chance(0.9) ? LEAST_REPLY_BYTES + dice.below(200) : dice.sizeBytes(),
      ...(failure ? { failure } : {}),
      ...(keeps ? { keeps } : {}),
    };
  }

  #failure(throws: number, crashes: number): Failure | undefined {
    const kind = this.#dice.share();
    if (kind < throws) return { kind: 'throw' };
    return kind < throws + crashes ? { kind: 'crash' } : undefined;
  }
}
