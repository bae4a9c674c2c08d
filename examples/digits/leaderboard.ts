// The board on which a search's trials are ranked. The job makes an actor of it: one place, somewhere in the cluster,
// that everybody can ask how the search is going.
import type { TrialResult } from './search.ts';

/** A trial's latest result, and by whom it was found. */
export interface Entry extends TrialResult {
  trial: number;
  /** The node that ran the trial's last rung. */
  node: string;
}

/** Keeps each trial's result from the highest rung it reached. Reports may come in any order and more than once. */
export class Leaderboard {
  #entries = new Map<number, Entry>();

  /**
   * Notes results, but for those older than what the board knows of the same trial. Returns the standings: every trial
   * once, best first: by rung, then accuracy, then trial number.
   */
  report(entries: readonly Entry[]): Entry[] {
    for (const entry of entries) {
      const known = this.#entries.get(entry.trial);
      if (known === undefined || known.rung <= entry.rung) {
        this.#entries.set(entry.trial, entry);
      }
    }
    return [...this.#entries.values()].sort(
      (a, b) => b.rung - a.rung || b.validationAccuracy - a.validationAccuracy || a.trial - b.trial,
    );
  }
}
