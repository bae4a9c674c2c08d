/**
 * The reading side of {@link ByteWriter}. Every read is checked against the end first: hostile input ends in a
 * {@link WireError}, never in a wrong value from beyond the frame, and never in an allocation larger than the frame itself.
 */
import { decodeName, decodeUtf8 } from './utf8.ts';
import { WireError } from './wire-error.ts';

/** Reads one frame front to back. Byte strings are `subarray` views of the frame, not copies: they keep the whole frame alive. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #position: number;
  #view: DataView | undefined;

  /** Reads `bytes[start, end)`; the frame must not change while values read from it are in use. */
  constructor(bytes: Uint8Array, start: number = 0, end: number = bytes.length) {
    if (!(start >= 0 && start <= end && end <= bytes.length))
      throw new WireError('malformed', 'reader range is outside the bytes');
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  /** Index of the next byte, counted from the start of the underlying bytes. */
  get position(): number {
    return this.#position;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#end - this.#position;
  }

  /** One byte, 0..255. */
  u8(): number {
    if (this.#position >= this.#end) throw truncated(1, 0);
    return this.#bytes[this.#position++] ?? 0;
  }

  /** Four bytes, little-endian, unsigned. */
  u32(): number {
    const at = this.#take(4);
    return this.#dataView().getUint32(at, true);
  }

  /** Eight bytes, IEEE 754 little-endian. */
  f64(): number {
    const at = this.#take(8);
    return this.#dataView().getFloat64(at, true);
  }

  /** A whole number 0..2^53-1. @throws WireError `malformed` when it is larger or takes more than 8 bytes. */
  varint(): number {
    const first = this.u8();
    if (first < 0x80) return first;
    return this.#varintRest(first & 0x7f);
  }

  /** A safe integer of either sign, see {@link ByteWriter.zigzag}. */
  zigzag(): number {
    const first = this.u8();
    let magnitude = (first & 0x7f) >> 1;
    if (first >= 0x80) {
      magnitude += this.varint() * 64;
      if (magnitude > Number.MAX_SAFE_INTEGER) throw new WireError('malformed', 'signed integer is above 2^53-1');
    }
    if ((first & 1) === 0) return magnitude;
    if (magnitude >= Number.MAX_SAFE_INTEGER) throw new WireError('malformed', 'signed integer is below -(2^53-1)');
    return -magnitude - 1;
  }

  /** A length-prefixed byte string of at most `maxBytes`, as a view of the frame. */
  bytes(maxBytes: number): Uint8Array {
    return this.raw(this.#length(maxBytes));
  }

  /** The next `count` bytes, as a view of the frame. */
  raw(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** A length-prefixed UTF-8 string of at most `maxBytes` bytes. */
  string(maxBytes: number): string {
    return this.rawString(this.#length(maxBytes));
  }

  /** Like {@link string}, for names that come again and again: see `decodeName`. */
  name(maxBytes: number): string {
    const count = this.#length(maxBytes);
    const at = this.#take(count);
    return decodeName(this.#bytes, at, at + count);
  }

  /** The next `count` bytes as UTF-8. */
  rawString(count: number): string {
    const at = this.#take(count);
    return decodeUtf8(this.#bytes, at, at + count);
  }

  /** @throws WireError `malformed` unless everything was read. */
  expectEnd(): void {
    if (this.#position !== this.#end)
      throw new WireError('malformed', `${this.remaining} bytes left over after the message`);
  }

  #length(maxBytes: number): number {
    const length = this.varint();
    if (length > maxBytes) throw new WireError('oversized', `${length} bytes where at most ${maxBytes} are allowed`);
    return length;
  }

  #take(count: number): number {
    const at = this.#position;
    if (count > this.#end - at) throw truncated(count, this.#end - at);
    this.#position = at + count;
    return at;
  }

  #varintRest(low: number): number {
    let value = low;
    let scale = 0x80;
    for (let index = 1; index < 8; index++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new WireError('malformed', 'varint is above 2^53-1');
  }

  #dataView(): DataView {
    this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    return this.#view;
  }
}

function truncated(needed: number, left: number): WireError {
  return new WireError('truncated', `input ends early: ${needed} bytes needed, ${left} left`);
}
