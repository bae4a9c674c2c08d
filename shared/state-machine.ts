/**
 * A life as a table of legal steps. Every state of the system that decides something has one, and every change goes through
 * it: an illegal step fails where it happens, and the simulator counts which of the legal ones were ever taken.
 *
 * Records with such a state declare it `readonly` and have one function that moves them, so no other way compiles.
 */

/** The states of one kind of thing, and which may follow which. */
export class StateMachine<S extends string> {
  /** What lives it, for people. */
  readonly name: string;
  /** Every legal step, as `from→to`. Staying is no step. */
  readonly steps: readonly string[];
  readonly #next: Readonly<Record<S, readonly S[]>>;

  constructor(name: string, next: Readonly<Record<S, readonly S[]>>) {
    this.name = name;
    this.#next = next;
    const following: readonly [string, readonly S[]][] = Object.entries(next);
    this.steps = following.flatMap(([from, all]) => all.map((to) => `${from}→${to}`));
  }

  /** The state after a step. @throws Error if the step is not in the table */
  step(from: S, to: S): S {
    if (from !== to && !this.#next[from].includes(to))
      throw new Error(`the ${this.name} cannot go from ${from} to ${to}`);
    return to;
  }
}
