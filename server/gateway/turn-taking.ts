/**
 * Whose frame is handled next: sessions take turns, one frame each, and after two milliseconds the event loop has its
 * turn, so neither a flood from one node nor many busy ones keep the rest waiting (rules B1, T3).
 */

/** Work one turn of the event loop may do before it yields. */
const SLICE_MS = 2;

/** A queue of frames that takes part. */
export interface TurnTaker {
  /** Handles one frame. Returns true if more are waiting. */
  handleNext(): boolean;
}

/** What the queue needs. */
export interface TurnOptions {
  readonly nowMs: () => number;
  /** Calls back after other events had their turn. */
  readonly yieldTurn: (callback: () => void) => void;
  /** A slice of work ended: what it produced can be sent. */
  sliceEnded(): void;
}

/** Round robin over those who have frames waiting. */
export class TurnQueue {
  readonly #options: TurnOptions;
  readonly #ready = new Set<TurnTaker>();
  #spentMs = 0;
  #scheduled = false;
  #working = false;

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#ready.size;
  }

  /** The taker has a frame. It is handled at once if this turn of the event loop has time left. */
  add(taker: TurnTaker): void {
    this.#ready.add(taker);
    if (this.#working) return;
    if (this.#spentMs < SLICE_MS) this.#work();
    else this.#schedule();
  }

  remove(taker: TurnTaker): void {
    this.#ready.delete(taker);
  }

  #work(): void {
    this.#working = true;
    const startMs = this.#options.nowMs();
    let nowMs = startMs;
    for (const taker of this.#ready) {
      // A Set visits what is added during the visit: putting the taker back makes it the last in turn.
      this.#ready.delete(taker);
      if (taker.handleNext()) this.#ready.add(taker);
      nowMs = this.#options.nowMs();
      if (this.#spentMs + nowMs - startMs >= SLICE_MS) break;
    }
    this.#spentMs += nowMs - startMs;
    this.#working = false;
    this.#options.sliceEnded();
    this.#schedule();
  }

  /** The next turn of the event loop starts with a fresh slice. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.yieldTurn(() => {
      this.#scheduled = false;
      this.#spentMs = 0;
      if (this.#ready.size > 0) this.#work();
    });
  }
}
