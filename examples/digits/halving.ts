// Successive halving: train every trial a little, keep the better half, train that more, and so on. Most of the work
// then goes to the trials that deserve it. This is only the bookkeeping: it knows neither tasks nor networks, and its
// decisions depend on the scores alone, not on the order in which they arrive, because a rung is judged only when it
// is complete. (Judging each score on arrival keeps more workers busy, but gives another winner on every run.)

/** Which trials are in which rung of a search, and which go on. Trials and rungs are numbered from 0. */
export class SuccessiveHalving {
  readonly #rungCount: number;
  /** The trials of the current rung, best first in the rung before. */
  #members: readonly number[];
  #rung = 0;
  #scores = new Map<number, number>();
  #winner: number | undefined;

  /** Throws a `RangeError` unless there is at least one trial and one rung. */
  constructor(trialCount: number, rungCount: number) {
    if (!(trialCount >= 1 && rungCount >= 1)) {
      throw new RangeError(`a search needs at least one trial and one rung, got ${trialCount} and ${rungCount}`);
    }
    this.#rungCount = rungCount;
    this.#members = Array.from({ length: trialCount }, (_, trial) => trial);
  }

  /** The rung whose scores are awaited; the last one once there is a winner. */
  get rung(): number {
    return this.#rung;
  }

  /** The trials of the current rung: to be trained and reported, each once. */
  get members(): readonly number[] {
    return this.#members;
  }

  /** The best trial of the last rung; undefined until that is complete. */
  get winner(): number | undefined {
    return this.#winner;
  }

  /**
   * Takes the score (higher is better) of a member of the current rung. Returns the trials to be trained in the next
   * rung if this score was the last one missing, else none. Between equal scores the lower trial number is better.
   * Throws on a trial that is not in the current rung or was reported in it already.
   */
  report(trial: number, score: number): readonly number[] {
    if (this.#winner !== undefined || !this.#members.includes(trial) || this.#scores.has(trial)) {
      throw new Error(`trial ${trial} is not awaited in rung ${this.#rung}`);
    }
    this.#scores.set(trial, score);
    return this.#scores.size < this.#members.length ? [] : this.#judge();
  }

  #judge(): readonly number[] {
    const ranked = [...this.#scores].sort(([a, scoreA], [b, scoreB]) => scoreB - scoreA || a - b);
    const trials = ranked.map(([trial]) => trial);
    if (this.#rung === this.#rungCount - 1) {
      this.#winner = trials[0];
      return [];
    }
    this.#rung += 1;
    this.#scores = new Map();
    this.#members = trials.slice(0, survivors(trials.length));
    return this.#members;
  }
}

/** How many of a rung's `trials` enter the next one: the half, rounded up. */
export function survivors(trials: number): number {
  return Math.ceil(trials / 2);
}
