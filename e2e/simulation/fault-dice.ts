/**
 * Chance for faults: each draws from a source of its own, so that the others strike as they did when one is left out.
 */
import type { Random } from '#shared/ports/random.ts';

/** Dice that are changed for every fault. */
export class FaultDice implements Random {
  #source: Random | undefined;

  /** The fault at hand draws from this. */
  throwFor(source: Random): void {
    this.#source = source;
  }

  next(): number {
    if (!this.#source) throw new Error('no fault is at hand');
    return this.#source.next();
  }
}
