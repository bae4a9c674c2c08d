/**
 * Which of its screens the page shows, and what it remembers for that: a node that has stopped tells nothing of what it
 * did, but the thanks for it do.
 */
import type { Donor } from '#client/host/browser/donor.ts';
import type { TabStatus } from '#client/host/browser/tab-status.ts';

/**
 * `elsewhere`: another tab runs the node and has not told of itself yet. `ended`: it ran and was stopped. `erased`: and
 * everything was removed.
 */
export type Screen = 'intro' | 'elsewhere' | 'running' | 'failed' | 'ended' | 'erased';

/** See above. */
export class ScreenChooser {
  #lastRun: TabStatus | undefined;
  #isErased = false;

  /** The last that was seen of a node that ran. */
  get lastRun(): TabStatus | undefined {
    return this.#lastRun;
  }

  /** Everything was removed: also what this page remembers. */
  noteErased(): void {
    this.#isErased = true;
    this.#lastRun = undefined;
  }

  /** To be asked at every change. */
  choose(donor: Pick<Donor, 'status' | 'runsHere' | 'runsSomewhere'>): Screen {
    const { status, runsHere, runsSomewhere } = donor;
    if (status.phase === 'failed') return 'failed';
    if (status.phase !== 'stopped') {
      this.#lastRun = status;
      this.#isErased = false;
      return 'running';
    }
    if (this.#isErased) return 'erased';
    if (runsSomewhere && !runsHere) return 'elsewhere';
    return this.#lastRun === undefined ? 'intro' : 'ended';
  }
}
