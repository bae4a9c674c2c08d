/**
 * Hands out ranges of object keys to the workers of a node, so that a worker can name what it makes without asking.
 */
import { MAX_NUMBER_IN_SESSION, objectKey } from '#shared/ids/object-key.ts';

/** Keys in one range: also the number of objects one task may make before its worker is given more. */
export const KEYS_PER_RANGE = 2 ** 20;

/** A range of keys: from `from` up to `to`, not included. */
export interface KeyRange {
  readonly from: number;
  readonly to: number;
}

/** The keys of one session. */
export class KeyRanges {
  readonly #session: number;
  #next = 1;
  readonly #returned: KeyRange[] = [];

  constructor(session: number) {
    this.#session = session;
  }

  /** @throws RangeError when the session has used up its 4 billion keys. */
  take(): KeyRange {
    const again = this.#returned.pop();
    if (again) return again;
    if (this.#next + KEYS_PER_RANGE > MAX_NUMBER_IN_SESSION)
      throw new RangeError('this session has used up its object keys; join again');
    const from = objectKey(this.#session, this.#next);
    this.#next += KEYS_PER_RANGE;
    return { from, to: from + KEYS_PER_RANGE };
  }

  /** Takes back what a worker that ended had not used. */
  giveBack(range: KeyRange): void {
    if (range.to - range.from >= KEYS_PER_RANGE / 16) this.#returned.push(range);
  }
}
