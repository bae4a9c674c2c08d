/**
 * The seam between a run and the code that it runs: methods of production classes are replaced for its time, from outside, to
 * count or to plant a bug, so production code needs no hook. What was replaced comes back when the seam is disposed of, also if
 * the run threw.
 */

let isOpen = false;

/** What is replaced now. There is one at a time: two runs with different bugs at once would be neither. */
export class Seam implements Disposable {
  readonly #undo: (() => void)[] = [];

  /** @param plant replaces what is to be replaced; if it throws nothing stays replaced */
  constructor(plant: (seam: Seam) => void) {
    if (isOpen) throw new Error('another run is under way, with or without a bug: one after the other');
    isOpen = true;
    try {
      plant(this);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Puts a method that is made of the original in its place. */
  replace<T extends object, K extends keyof T>(owner: T, name: K, make: (original: T[K]) => T[K]): void {
    const original = owner[name];
    owner[name] = make(original);
    this.#undo.push(() => {
      owner[name] = original;
    });
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo.splice(0).toReversed()) undo();
    isOpen = false;
  }
}
