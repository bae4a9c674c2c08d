/**
 * What a node's memory holds of the values it keeps, and which of them leave when that is more than the limit (rule O4):
 * the one that was used longest ago. A value that cold storage has as well, a *covered* one, leaves at once; any other has
 * to be written first, is *leaving* meanwhile, and stays after all if it is used before that is done. Pure bookkeeping.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';

interface Entry {
  readonly sizeBytes: number;
  /** Counts uses: the smaller, the longer ago. */
  usedAt: number;
}

/** The order in which values leave memory. */
export class MemoryPolicy {
  /** May be changed at any time. */
  limitBytes: number;
  /** What is to be in memory at most: the limit, or less while somebody waits for room. */
  #targetBytes: number;
  /** Each ordered by use, the oldest first: a `Map` keeps the order of insertion. */
  readonly #plain = new Map<ObjectKey, Entry>();
  readonly #covered = new Map<ObjectKey, Entry>();
  readonly #leaving = new Map<ObjectKey, Entry>();
  #usedBytes = 0;
  #coveredBytes = 0;
  #leavingBytes = 0;
  #uses = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
    this.#targetBytes = limitBytes;
  }

  /** Bytes of all values in memory. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes that could leave at once. */
  get coveredBytes(): number {
    return this.#coveredBytes;
  }

  get count(): number {
    return this.#plain.size + this.#covered.size + this.#leaving.size;
  }

  get isOver(): boolean {
    return this.#usedBytes > this.#targetBytes;
  }

  /** Sets how much is to leave from now on. @param shortBytes so much at least, also if the limit is kept */
  aim(shortBytes: number): void {
    this.#targetBytes = Math.min(this.limitBytes, this.#usedBytes - shortBytes);
  }

  has(key: ObjectKey): boolean {
    return this.#plain.has(key) || this.#covered.has(key) || this.#leaving.has(key);
  }

  isCovered(key: ObjectKey): boolean {
    return this.#covered.has(key);
  }

  isLeaving(key: ObjectKey): boolean {
    return this.#leaving.has(key);
  }

  /** A value came into memory; it counts as used now. */
  add(key: ObjectKey, sizeBytes: number, isCovered: boolean): void {
    this.remove(key);
    this.#usedBytes += sizeBytes;
    if (isCovered) this.#coveredBytes += sizeBytes;
    (isCovered ? this.#covered : this.#plain).set(key, { sizeBytes, usedAt: ++this.#uses });
  }

  remove(key: ObjectKey): void {
    const plain = this.#plain.get(key) ?? this.#takeLeaving(key);
    const entry = plain ?? this.#covered.get(key);
    if (!entry) return;
    this.#usedBytes -= entry.sizeBytes;
    if (!plain) this.#coveredBytes -= entry.sizeBytes;
    this.#plain.delete(key);
    this.#covered.delete(key);
  }

  /** The value was used: it leaves later than all others, also if it was about to. */
  use(key: ObjectKey): void {
    const queue = this.#covered.has(key) ? this.#covered : this.#plain;
    const entry = queue.get(key) ?? this.#takeLeaving(key);
    if (!entry) return;
    queue.delete(key);
    entry.usedAt = ++this.#uses;
    queue.set(key, entry);
  }

  /** Cold storage has the value now. It counts as used: whoever still wants it gone removes it. */
  cover(key: ObjectKey): void {
    const entry = this.#plain.get(key) ?? this.#takeLeaving(key);
    if (!entry) return;
    this.#plain.delete(key);
    this.#coveredBytes += entry.sizeBytes;
    entry.usedAt = ++this.#uses;
    this.#covered.set(key, entry);
  }

  /** The value is being written in order to leave. */
  leave(key: ObjectKey): void {
    const entry = this.#plain.get(key);
    if (!entry) return;
    this.#plain.delete(key);
    this.#leaving.set(key, entry);
    this.#leavingBytes += entry.sizeBytes;
  }

  /**
   * The value to leave next, if what is leaving already is not enough.
   * @param mayWrite whether a value that has to be written first can be
   */
  next(mayWrite: (sizeBytes: number) => boolean): ObjectKey | undefined {
    if (this.#usedBytes - this.#leavingBytes <= this.#targetBytes) return undefined;
    const [covered] = this.#covered;
    const [plain] = this.#plain;
    if (plain && (!covered || plain[1].usedAt < covered[1].usedAt) && mayWrite(plain[1].sizeBytes)) return plain[0];
    return covered?.[0];
  }

  #takeLeaving(key: ObjectKey): Entry | undefined {
    const entry = this.#leaving.get(key);
    if (!entry) return undefined;
    this.#leaving.delete(key);
    this.#leavingBytes -= entry.sizeBytes;
    return entry;
  }
}
