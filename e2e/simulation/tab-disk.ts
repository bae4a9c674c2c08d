/**
 * What a browser keeps for a tab (rules O4, M4): values that are there again for the next tab of the profile. As IndexedDB it
 * answers late and in the order of the questions, keeps a value whole or not at all, and loses what was not written when the
 * tab ends, and the last of it when the machine loses its power. It may refuse writes, and its owner may empty it at any time.
 */
import type { ColdRow, ColdStore } from '#client/object-store/cold-store.ts';
import { digest128Bytes } from '#shared/ids/content-id.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';

/** A question takes so long. */
const ANSWER_MS = 0.5;
const BYTES_PER_MS = 200_000;
/** What the system has not written out when the power goes. */
const UNSYNCED_MS = 300;

interface Value {
  readonly row: ColdRow;
  readonly bytes: Uint8Array;
  readonly atMs: number;
}

/** The life that a store belongs to. */
export interface TabLife {
  nowMs(): number;
  /** Calls back later, unless the life is over by then. */
  arriveAt(atMs: number, callback: () => void): void;
}

/** The storage of one profile. */
export class TabDisk {
  readonly limitBytes: number;
  readonly values = new Map<ObjectKey, Value>();
  usedBytes = 0;
  /** Writes fail, however much room there seems to be. */
  isFull = false;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** The same values in another profile. */
  copy(): TabDisk {
    const copy = new TabDisk(this.limitBytes);
    for (const value of this.values.values()) copy.set(value);
    return copy;
  }

  /** Opens it for a life of the tab. @param foundAgain told when the life finds what an earlier one left */
  open(life: TabLife, foundAgain: () => void): ColdStore {
    return new TabStore(this, life, foundAgain);
  }

  /** The browser, or its owner, clears it. Returns false if there was nothing. */
  empty(): boolean {
    const had = this.values.size > 0;
    this.values.clear();
    this.usedBytes = 0;
    return had;
  }

  /** The machine has no power: what was written last is not there. */
  losePower(nowMs: number): void {
    for (const { row, atMs } of [...this.values.values()]) if (nowMs - atMs < UNSYNCED_MS) this.remove(row.key);
  }

  set(value: Value): void {
    this.remove(value.row.key);
    this.values.set(value.row.key, value);
    this.usedBytes += value.row.sizeBytes;
  }

  remove(key: ObjectKey): void {
    this.usedBytes -= this.values.get(key)?.row.sizeBytes ?? 0;
    this.values.delete(key);
  }
}

class TabStore implements ColdStore {
  readonly #disk: TabDisk;
  readonly #life: TabLife;
  readonly #foundAgain: () => void;
  /** By key: what was asked of it last. An older `put` comes to nothing. */
  readonly #newest = new Map<ObjectKey, object>();
  #reservedBytes = 0;
  #lastAnswerMs = 0;

  constructor(disk: TabDisk, life: TabLife, foundAgain: () => void) {
    this.#disk = disk;
    this.#life = life;
    this.#foundAgain = foundAgain;
  }

  get freeBytes(): number {
    return Math.max(0, this.#disk.limitBytes - this.usedBytes - this.#reservedBytes);
  }

  get usedBytes(): number {
    return this.#disk.usedBytes;
  }

  put(
    key: ObjectKey,
    bytes: Uint8Array,
    nested: readonly ObjectKey[],
    done: (digest: Uint8Array | undefined) => void,
  ): void {
    const sizeBytes = bytes.length;
    const ask = {};
    this.#newest.set(key, ask);
    const fits = sizeBytes <= this.freeBytes;
    if (fits) this.#reservedBytes += sizeBytes;
    this.#answer(sizeBytes, () => {
      if (fits) this.#reservedBytes -= sizeBytes;
      if (!fits || this.#disk.isFull || this.#newest.get(key) !== ask) {
        done(undefined);
        return;
      }
      const digest = digest128Bytes(bytes);
      const row = { key, sizeBytes, digest, nested: [...nested] };
      this.#disk.set({ row, bytes: bytes.slice(), atMs: this.#life.nowMs() });
      done(digest);
    });
  }

  get(key: ObjectKey, done: (bytes: ArrayBuffer | undefined) => void): void {
    this.#answer(this.#disk.values.get(key)?.row.sizeBytes ?? 0, () => {
      const found = this.#disk.values.get(key);
      done(found && new Uint8Array(found.bytes).buffer);
    });
  }

  delete(key: ObjectKey): void {
    this.#newest.delete(key);
    this.#answer(0, () => this.#disk.remove(key));
  }

  list(done: (rows: readonly ColdRow[]) => void): void {
    this.#answer(0, () => {
      const rows = [...this.#disk.values.values()].map(({ row }) => row);
      if (rows.length > 0) this.#foundAgain();
      done(rows);
    });
  }

  clear(done: () => void): void {
    this.#newest.clear();
    this.#answer(0, () => {
      this.#disk.empty();
      done();
    });
  }

  /** Never before those that were asked for earlier. */
  #answer(bytes: number, answer: () => void): void {
    this.#lastAnswerMs = Math.max(this.#lastAnswerMs, this.#life.nowMs() + ANSWER_MS + bytes / BYTES_PER_MS);
    this.#life.arriveAt(this.#lastAnswerMs, answer);
  }
}
