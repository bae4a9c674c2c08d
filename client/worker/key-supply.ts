/**
 * Names for what a program makes, out of ranges that the raylet gave it: naming an object never waits for anybody.
 */
import { BackPressureError } from '#shared/errors/daylight-error.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';

/** The keys of one worker. */
export class KeySupply {
  readonly #askForMore: (left: number) => void;
  readonly #later: { readonly from: number; readonly to: number }[] = [];
  #next = 0;
  #end = 0;
  #threshold = 0;
  #asked = false;

  /** @param askForMore called once when less than a quarter of a range is left */
  constructor(askForMore: (left: number) => void) {
    this.#askForMore = askForMore;
  }

  /** A range from the raylet: `from` up to `to`, not included. */
  add(from: number, to: number): void {
    this.#asked = false;
    this.#later.push({ from, to });
    if (this.#next === this.#end) this.#advance();
  }

  /** The next key. @throws BackPressureError when the raylet has not given enough. */
  take(): ObjectKey {
    if (this.#next === this.#end && !this.#advance()) {
      throw new BackPressureError(
        'this program makes objects faster than its node can name them: use fn.map(items), or await context().ready() in the loop',
      );
    }
    const key = this.#next++;
    if (this.#end - this.#next < this.#threshold && !this.#asked && this.#later.length === 0) {
      this.#asked = true;
      this.#askForMore(this.#end - this.#next);
    }
    return key;
  }

  #advance(): boolean {
    const range = this.#later.shift();
    if (range === undefined) return false;
    this.#next = range.from;
    this.#end = range.to;
    this.#threshold = (range.to - range.from) / 4;
    return true;
  }
}
