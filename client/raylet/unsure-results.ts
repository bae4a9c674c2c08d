/**
 * Results of leased tasks that the server has not taken yet, by the record that tells of them. Once that is durable nothing that
 * refuses it can come any more: what follows from a record is said before it is acknowledged (rule L2).
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';

/** In the order of their records. */
export class UnsureResults {
  readonly #recordOf = new Map<ObjectKey, number>();
  readonly #sure: (key: ObjectKey) => void;

  constructor(sure: (key: ObjectKey) => void) {
    this.#sure = sure;
  }

  get count(): number {
    return this.#recordOf.size;
  }

  /** The record with this number, the last so far, tells of a result. */
  told(key: ObjectKey, record: number): void {
    // Another attempt of the same task comes behind those since.
    this.#recordOf.delete(key);
    this.#recordOf.set(key, record);
  }

  /** Records up to this number are durable. */
  durable(record: number): void {
    for (const [key, told] of this.#recordOf) {
      if (told > record) return;
      this.#recordOf.delete(key);
      this.#sure(key);
    }
  }
}
