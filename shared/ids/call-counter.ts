/**
 * The k of rule L1: how many equal calls an attempt has made before this one. Every call asks, so it must cost a fraction of a
 * microsecond and 16 bytes, and cannot wait for a cryptographic digest: calls are told apart by a 64-bit hash (two 32-bit lanes;
 * numbers in this language have no cheap 64-bit product). Should two calls of an attempt collide (10⁻⁷ for a million of them),
 * their counters merge; their names still differ, by the cryptographic digest.
 */

const INITIAL_SLOTS = 16;
const MAX_LOAD = 0.75;
const WORDS_PER_SLOT = 3; // lane a, lane b, count; count 0 marks an empty slot

/** Counts equal calls of one attempt. Open addressing in one typed array, which doubles when three quarters full. */
export class CallCounter {
  #slots = new Uint32Array(INITIAL_SLOTS * WORDS_PER_SLOT);
  #mask = INITIAL_SLOTS - 1;
  #size = 0;
  #laneA = 0;
  #laneB = 0;

  /** Number of different calls seen. */
  get size(): number {
    return this.#size;
  }

  /** Memory of the table. */
  get sizeBytes(): number {
    return this.#slots.byteLength;
  }

  /**
   * Counts a call and returns how many equal ones came before it.
   * @param functionIndex any number the attempt uses for the function (for an actor call: for actor and method)
   * @param args the encoded arguments
   * @param references a number per reference in the arguments, equal exactly for the same object: the bytes hold only indices
   */
  next(functionIndex: number, args: Uint8Array, references?: readonly number[]): number {
    this.#hash(functionIndex, args, references);
    let slot = this.#find(this.#slots, this.#mask, this.#laneA, this.#laneB);
    const before = this.#slots[slot + 2] ?? 0;
    if (before === 0) {
      if (this.#size + 1 > (this.#mask + 1) * MAX_LOAD) {
        this.#grow();
        slot = this.#find(this.#slots, this.#mask, this.#laneA, this.#laneB);
      }
      this.#size++;
      this.#slots[slot] = this.#laneA;
      this.#slots[slot + 1] = this.#laneB;
    }
    this.#slots[slot + 2] = before + 1;
    return before;
  }

  /** First word of the slot that holds these lanes, or of the empty one where they belong. */
  #find(slots: Uint32Array, mask: number, laneA: number, laneB: number): number {
    for (let index = laneA & mask; ; index = (index + 1) & mask) {
      const slot = index * WORDS_PER_SLOT;
      if (slots[slot + 2] === 0 || (slots[slot] === laneA && slots[slot + 1] === laneB)) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Uint32Array((this.#mask + 1) * WORDS_PER_SLOT);
    for (let slot = 0; slot < old.length; slot += WORDS_PER_SLOT) {
      if (old[slot + 2] === 0) continue;
      const target = this.#find(this.#slots, this.#mask, old[slot] ?? 0, old[slot + 1] ?? 0);
      this.#slots.set(old.subarray(slot, slot + WORDS_PER_SLOT), target);
    }
  }

  /** Two murmur3-like lanes with different seeds and constants over the same words. */
  #hash(functionIndex: number, args: Uint8Array, references: readonly number[] | undefined): void {
    const length = args.length;
    let a = mixA(0x9747b28c, functionIndex);
    let b = mixB(0x3c6ef372, functionIndex);
    let index = 0;
    for (; index + 4 <= length; index += 4) {
      const word =
        (args[index] ?? 0) |
        ((args[index + 1] ?? 0) << 8) |
        ((args[index + 2] ?? 0) << 16) |
        ((args[index + 3] ?? 0) << 24);
      a = mixA(a, word);
      b = mixB(b, word);
    }
    let tail = 0;
    for (; index < length; index++) tail = (tail << 8) | (args[index] ?? 0);
    a = mixA(a, tail);
    b = mixB(b, tail);
    a = mixA(a, length);
    b = mixB(b, length);
    for (const reference of references ?? []) {
      a = mixA(mixA(a, reference), reference / 0x100000000);
      b = mixB(mixB(b, reference), reference / 0x100000000);
    }
    this.#laneA = finish(a ^ b);
    this.#laneB = finish(b + Math.imul(a, 0x27d4eb2f));
  }
}

function mixA(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function mixB(hash: number, word: number): number {
  let k = Math.imul(word, 0x85ebca77);
  k = Math.imul((k << 16) | (k >>> 16), 0xc2b2ae3d);
  const h = hash ^ k;
  return (Math.imul((h << 17) | (h >>> 15), 9) + 0x561ccd1b) | 0;
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
