/**
 * What tells one call of a durable `main` from another (rule J1): the server writes it down when a call comes, and a later run of
 * `main` compares. It has to be the same on both sides and cheap, for each child of `main` has one; it is no name, so it need not
 * be cryptographic. A program that makes another call is found out with all but 2⁻⁵² of certainty.
 */
import type { ObjectKey } from '../ids/object-key.ts';

/** What a call is, as far as two runs can be expected to agree. */
export interface DigestedCall {
  /** Of the function, class or method. */
  readonly name: string;
  /** The encoded arguments, in which references stand by their places. */
  readonly args: Uint8Array;
  /**
   * What the references are: the actor called, the arguments that the system resolves, those that arrive as references. One that
   * `main` did not make itself since its history begins counts as 0: it came inside a value, and a value that had to be made
   * again may refer to its parts by other keys.
   */
  readonly refs: readonly ObjectKey[];
}

/** A whole number from 0 to below 2⁵². */
export function callDigest({ name, args, refs }: DigestedCall): number {
  const lanes = new Lanes();
  for (let index = 0; index < name.length; index++) lanes.word(name.charCodeAt(index));
  lanes.word(name.length);
  lanes.bytes(args);
  for (const ref of refs) {
    lanes.word(ref);
    lanes.word(ref / 2 ** 32);
  }
  lanes.word(refs.length);
  return lanes.digest();
}

/** The same of bytes alone. */
export function bytesDigest(bytes: Uint8Array): number {
  const lanes = new Lanes();
  lanes.bytes(bytes);
  return lanes.digest();
}

/** The same of a text. */
export function textDigest(text: string): number {
  const lanes = new Lanes();
  for (let index = 0; index < text.length; index++) lanes.word(text.charCodeAt(index));
  return lanes.digest();
}

/** The same of names of objects, in their order; see {@link DigestedCall.refs} for which of them count. */
export function keysDigest(keys: readonly ObjectKey[]): number {
  const lanes = new Lanes();
  for (const key of keys) {
    lanes.word(key);
    lanes.word(key / 2 ** 32);
  }
  lanes.word(keys.length);
  return lanes.digest();
}

/** Two 32-bit lanes with different constants: numbers in this language have no cheap 64-bit product. */
class Lanes {
  #a = 0x9747b28c;
  #b = 0x3c6ef372;

  word(word: number): void {
    let k = Math.imul(word, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    const a = this.#a ^ k;
    this.#a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
    k = Math.imul(word, 0x85ebca77);
    k = Math.imul((k << 16) | (k >>> 16), 0xc2b2ae3d);
    const b = this.#b ^ k;
    this.#b = (Math.imul((b << 17) | (b >>> 15), 9) + 0x561ccd1b) | 0;
  }

  bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    let index = 0;
    for (; index + 4 <= length; index += 4)
      this.word(
        (bytes[index] ?? 0) |
          ((bytes[index + 1] ?? 0) << 8) |
          ((bytes[index + 2] ?? 0) << 16) |
          ((bytes[index + 3] ?? 0) << 24),
      );
    let tail = 0;
    for (; index < length; index++) tail = (tail << 8) | (bytes[index] ?? 0);
    this.word(tail);
    this.word(length);
  }

  digest(): number {
    const a = finish(this.#a ^ this.#b);
    const b = finish(this.#b + Math.imul(this.#a, 0x27d4eb2f));
    return a * 2 ** 20 + (b >>> 12);
  }
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
