/**
 * Cold storage made of a Map, for tests: it answers when the test lets it, and fails or is full when the test says so.
 */
import { digest128 } from '#shared/ids/content-id.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { ColdRow, ColdStore } from '../cold-store.ts';

interface Value {
  readonly row: ColdRow;
  readonly bytes: Uint8Array;
}

/** What a digest of these bytes is. */
export function digestOf(bytes: Uint8Array): Uint8Array {
  const hex = digest128(bytes);
  return Uint8Array.from({ length: 16 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16));
}

/** Values in memory, as if they were somewhere else. */
export class MemoryColdStore implements ColdStore {
  readonly values = new Map<ObjectKey, Value>();
  /** Writes fail. */
  isBroken = false;
  limitBytes = Infinity;
  usedBytes = 0;
  #reservedBytes = 0;
  readonly #isManual: boolean;
  #steps: (() => void)[] = [];
  /** Tells a `put` that something newer was asked of its key. */
  readonly #newest = new Map<ObjectKey, object>();

  /** @param isManual answers come when {@link step} is called; else by themselves, soon */
  constructor({ isManual = false } = {}) {
    this.#isManual = isManual;
  }

  get freeBytes(): number {
    return Math.max(0, this.limitBytes - this.usedBytes - this.#reservedBytes);
  }

  /** Questions without an answer yet. */
  get waiting(): number {
    return this.#steps.length;
  }

  /** Answers the oldest questions. */
  step(count = 1): void {
    for (const answer of this.#steps.splice(0, count)) answer();
  }

  /** Answers until nothing more is asked. */
  settle(): void {
    while (this.#steps.length > 0) this.step();
  }

  put(
    key: ObjectKey,
    bytes: Uint8Array,
    nested: readonly ObjectKey[],
    done: (digest: Uint8Array | undefined) => void,
  ): void {
    const token = {};
    this.#newest.set(key, token);
    const fits = bytes.length <= this.freeBytes;
    if (fits) this.#reservedBytes += bytes.length;
    this.#later(() => {
      if (fits) this.#reservedBytes -= bytes.length;
      if (!fits || this.isBroken || this.#newest.get(key) !== token) {
        done(undefined);
        return;
      }
      const digest = digestOf(bytes);
      this.#remove(key);
      this.usedBytes += bytes.length;
      this.values.set(key, { row: { key, sizeBytes: bytes.length, digest, nested }, bytes: bytes.slice() });
      done(digest);
    });
  }

  get(key: ObjectKey, done: (bytes: ArrayBuffer | undefined) => void): void {
    this.#later(() => {
      const found = this.values.get(key);
      done(found && new Uint8Array(found.bytes).buffer);
    });
  }

  delete(key: ObjectKey): void {
    this.#newest.delete(key);
    this.#later(() => this.#remove(key));
  }

  list(done: (rows: readonly ColdRow[]) => void): void {
    this.#later(() => done([...this.values.values()].map(({ row }) => row)));
  }

  clear(done: () => void): void {
    this.#newest.clear();
    this.#later(() => {
      for (const key of this.values.keys()) this.#remove(key);
      done();
    });
  }

  #remove(key: ObjectKey): void {
    this.usedBytes -= this.values.get(key)?.row.sizeBytes ?? 0;
    this.values.delete(key);
  }

  #later(answer: () => void): void {
    if (this.#isManual) this.#steps.push(answer);
    else queueMicrotask(answer);
  }
}
