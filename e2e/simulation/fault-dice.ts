/**
 * Chance for faults: each draws from a source of its own, so that the others strike as they did when one is left out.
 */
import type { Random } from '#shared/ports/random.ts';

/** Dice that are changed for every fault. */
export class FaultDice implements Random {
  #source: Random;

  /** @param source what is drawn from before the first fault */
  constructor(source: Random) {
    this.#source = source;
  }

  /** The fault at hand draws from this. */
  throwFor(source: Random): void {
    this.#source = source;
  }

  next(): number {
    return this.#source.next();
  }
}
