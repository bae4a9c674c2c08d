/**
 * A table by object key that stays even with millions of entries: adding one costs the same whatever is there already.
 *
 * A `Map` doubles at times, and with a million entries that alone holds up everything else for a tenth of a second. The keys
 * of one session follow each other, so entries lie in pages of neighbours, and only the pages are in a map: 64 times fewer.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';

const PAGE_KEYS = 64;

interface Page<V> {
  readonly number: number;
  /** By the key's remainder; shorter than a page while its upper keys were never there. */
  readonly slots: (V | undefined)[];
  used: number;
}

/** Values by key, in pages; used as a `Map` is, save that the order is that of the keys within a page. */
export class KeyTable<V extends object> {
  readonly #pages = new Map<number, Page<V>>();
  /** The page that was used last: the next key is likely to be beside it. */
  #latest: Page<V> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: ObjectKey): V | undefined {
    return this.#pageOf(key)?.slots[key % PAGE_KEYS];
  }

  has(key: ObjectKey): boolean {
    return this.get(key) !== undefined;
  }

  set(key: ObjectKey, value: V): this {
    let page = this.#pageOf(key);
    if (!page) {
      page = { number: Math.floor(key / PAGE_KEYS), slots: [], used: 0 };
      this.#pages.set(page.number, page);
      this.#latest = page;
    }
    const slot = key % PAGE_KEYS;
    if (page.slots[slot] === undefined) {
      page.used += 1;
      this.#size += 1;
    }
    while (page.slots.length < slot) page.slots.push(undefined);
    page.slots[slot] = value;
    return this;
  }

  /** Returns false if it was not there. */
  delete(key: ObjectKey): boolean {
    const page = this.#pageOf(key);
    const slot = key % PAGE_KEYS;
    if (page?.slots[slot] === undefined) return false;
    page.slots[slot] = undefined;
    page.used -= 1;
    this.#size -= 1;
    if (page.used > 0) return true;
    this.#pages.delete(page.number);
    this.#latest = undefined;
    return true;
  }

  clear(): void {
    this.#pages.clear();
    this.#latest = undefined;
    this.#size = 0;
  }

  *keys(): Generator<ObjectKey, void> {
    for (const page of this.#pages.values())
      for (let slot = 0; slot < page.slots.length; slot++)
        if (page.slots[slot] !== undefined) yield page.number * PAGE_KEYS + slot;
  }

  /** What is added or removed meanwhile may be met or not. */
  *values(): Generator<V, void> {
    for (const { slots } of this.#pages.values())
      for (let slot = 0; slot < slots.length; slot++) {
        const value = slots[slot];
        if (value !== undefined) yield value;
      }
  }

  /** Those with keys below this one, the highest key first; what is added or removed meanwhile may be met or not. */
  *newest(below: ObjectKey): Generator<V, void> {
    const numbers = Float64Array.from(this.#pages.keys()).sort();
    for (let index = numbers.length - 1; index >= 0; index--) {
      const number = numbers[index] ?? 0;
      if (number * PAGE_KEYS >= below) continue;
      const slots = this.#pages.get(number)?.slots ?? [];
      for (let slot = Math.min(slots.length, below - number * PAGE_KEYS) - 1; slot >= 0; slot--) {
        const value = slots[slot];
        if (value !== undefined) yield value;
      }
    }
  }

  #pageOf(key: ObjectKey): Page<V> | undefined {
    const number = Math.floor(key / PAGE_KEYS);
    if (this.#latest?.number === number) return this.#latest;
    const page = this.#pages.get(number);
    if (page) this.#latest = page;
    return page;
  }
}
