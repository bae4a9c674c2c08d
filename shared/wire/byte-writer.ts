/**
 * A growable byte buffer with the primitives every frame is made of. One writer is meant to be kept and reused (`reset()`):
 * after the first frames it no longer allocates, except for the exact-length result.
 */
import { encodeUtf8, maxUtf8Bytes } from './utf8.ts';
import { WireError } from './wire-error.ts';

const INITIAL_BYTES = 256;
const MAX_VARINT_BYTES = 8; // 53 bits, 7 to a byte

/** Writes little-endian numbers, varints, byte strings and text one after the other; grows as needed. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(initialBytes: number = INITIAL_BYTES) {
    this.#bytes = new Uint8Array(Math.max(16, initialBytes));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written since the last `reset()`. */
  get length(): number {
    return this.#length;
  }

  /** One byte, 0..255; higher bits are dropped. */
  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Four bytes, little-endian, unsigned. */
  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** Eight bytes, IEEE 754 little-endian. NaN payloads are not kept. */
  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** A whole number 0..2^53-1 in 1..8 bytes, seven bits each, low bits first. @throws WireError `unencodable` for anything else. */
  varint(value: number): void {
    if (value < 0x80 && value >= 0 && (value | 0) === value) {
      this.#reserve(1);
      this.#bytes[this.#length++] = value;
      return;
    }
    if (!Number.isSafeInteger(value) || value < 0)
      throw new WireError('unencodable', `not a whole number ≥ 0: ${value}`);
    this.#varintTail(value);
  }

  /** A safe integer of either sign: like {@link varint} with the sign in the lowest bit of the first byte. -0 is written as 0. */
  zigzag(value: number): void {
    if (!Number.isSafeInteger(value)) throw new WireError('unencodable', `not a safe integer: ${value}`);
    // The usual 2·|x| would pass 2^53 for large x, hence only the first byte's six bits are doubled.
    const negative = value < 0 ? 1 : 0;
    const magnitude = negative === 1 ? -(value + 1) : value;
    if (magnitude < 64) {
      this.#reserve(1);
      this.#bytes[this.#length++] = (magnitude << 1) | negative;
      return;
    }
    this.#reserve(1 + MAX_VARINT_BYTES);
    this.#bytes[this.#length++] = 0x80 | ((magnitude % 64) << 1) | negative;
    this.#varintTail(Math.floor(magnitude / 64));
  }

  /** A length as varint, then the bytes (copied). */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value);
  }

  /** The bytes alone (copied); the reader must know how many. */
  raw(value: Uint8Array): void {
    const length = value.length;
    this.#reserve(length);
    if (length <= 16) {
      // TypedArray.set costs ~40 ns a call; most values here are one to three bytes.
      const target = this.#bytes;
      const start = this.#length;
      for (let index = 0; index < length; index++) target[start + index] = value[index] ?? 0;
    } else {
      this.#bytes.set(value, this.#length);
    }
    this.#length += length;
  }

  /** Byte length as varint, then UTF-8. Lone surrogates become U+FFFD. Returns the UTF-8 byte length. */
  string(value: string): number {
    const room = maxUtf8Bytes(value);
    this.#reserve(room + MAX_VARINT_BYTES);
    const start = this.#length;
    // The length is known only afterwards: guess that it needs one byte (or as many as the character count) and shift if wrong.
    const guess = varintSize(value.length);
    const written = encodeUtf8(value, this.#bytes, start + guess);
    const needed = varintSize(written);
    if (needed !== guess) this.#bytes.copyWithin(start + needed, start + guess, start + guess + written);
    this.#varintTail(written);
    this.#length = start + needed + written;
    return written;
  }

  /** UTF-8 without a length. Returns the bytes written. */
  rawString(value: string): number {
    this.#reserve(maxUtf8Bytes(value));
    const written = encodeUtf8(value, this.#bytes, this.#length);
    this.#length += written;
    return written;
  }

  /** A copy of exactly what was written; the caller owns it, and may transfer it. The writer stays usable. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** A view of what was written, without a copy; valid until the next write or `reset()`. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written and keeps the memory. */
  reset(): void {
    this.#length = 0;
  }

  /** Drops what was written after `length`: takes back a value that did not fit a frame. */
  truncate(length: number): void {
    if (length < this.#length) this.#length = length;
  }

  #varintTail(value: number): void {
    this.#reserve(MAX_VARINT_BYTES);
    const bytes = this.#bytes;
    let position = this.#length;
    let rest = value;
    while (rest > 0x7fffffff) {
      bytes[position++] = 0x80 | (rest % 0x80);
      rest = Math.floor(rest / 0x80);
    }
    while (rest > 0x7f) {
      bytes[position++] = 0x80 | (rest & 0x7f);
      rest >>>= 7;
    }
    bytes[position++] = rest;
    this.#length = position;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Bytes {@link ByteWriter.varint} takes for `value`. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  if (value < 0x10000000) return 4;
  if (value < 0x800000000) return 5;
  if (value < 0x40000000000) return 6;
  if (value < 0x2000000000000) return 7;
  return 8;
}

/** Bytes {@link ByteWriter.zigzag} takes for `value`. */
export function zigzagSize(value: number): number {
  const magnitude = value < 0 ? -(value + 1) : value;
  return magnitude < 64 ? 1 : 1 + varintSize(Math.floor(magnitude / 64));
}
