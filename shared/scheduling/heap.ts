/**
 * A binary heap whose items know their places, so that one can leave or move without being searched for.
 */

/** Least first by `isBefore`; `placed` tells an item where it is now, and that it left ({@link NO_PLACE}). */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #isBefore: (a: T, b: T) => boolean;
  readonly #placed: (item: T, place: number) => void;

  constructor(isBefore: (a: T, b: T) => boolean, placed: (item: T, place: number) => void) {
    this.#isBefore = isBefore;
    this.#placed = placed;
  }

  get size(): number {
    return this.#items.length;
  }

  first(): T | undefined {
    return this.#items[0];
  }

  /** Any of them, by its place. Those at low places are among the first, roughly. */
  at(place: number): T | undefined {
    return this.#items[place];
  }

  add(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Takes out what is at a place. */
  remove(place: number): void {
    const item = this.#items[place];
    const last = this.#items.pop();
    if (item === undefined || last === undefined) return;
    this.#placed(item, NO_PLACE);
    if (item === last) return;
    this.#items[place] = last;
    this.#settle(last, place);
  }

  /** What is at a place sorts otherwise than before. */
  moved(place: number): void {
    const item = this.#items[place];
    if (item !== undefined) this.#settle(item, place);
  }

  #settle(item: T, place: number): void {
    const parent = this.#items[(place - 1) >> 1];
    if (place > 0 && parent !== undefined && this.#isBefore(item, parent)) this.#rise(item, place);
    else this.#sink(item, place);
  }

  #rise(item: T, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above];
      if (parent === undefined || !this.#isBefore(item, parent)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(item, place);
  }

  #sink(item: T, from: number): void {
    let place = from;
    for (;;) {
      let below = place * 2 + 1;
      let child = this.#items[below];
      if (child === undefined) break;
      const other = this.#items[below + 1];
      if (other !== undefined && this.#isBefore(other, child)) {
        child = other;
        below += 1;
      }
      if (!this.#isBefore(child, item)) break;
      this.#put(child, place);
      place = below;
    }
    this.#put(item, place);
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    this.#placed(item, place);
  }
}

/** The place of what is in no heap. */
export const NO_PLACE = -1;
