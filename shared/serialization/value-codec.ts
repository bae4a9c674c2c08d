/**
 * Values ↔ bytes: the entry of this folder. A value is one contiguous stretch of bytes, binary data included (see
 * `value-format.ts`), so that it can be written once into its place in shared memory, a file or a frame, and read in place.
 *
 * Kept: undefined, -0, NaN, BigInt, Date, RegExp, Map, Set, errors with stack, cause and own fields, all typed arrays, DataView,
 * ArrayBuffer, cycles, shared identity, and what `serializable` registers. Refused, naming the path: functions, symbols, promises,
 * other class instances. Not kept, as in structuredClone: symbol keys, getters (their value is sent), array holes (undefined)
 * and named properties of arrays, null prototypes, `lastIndex`; a Node Buffer comes back as Uint8Array.
 */
import { SerializationError } from '../errors/daylight-error.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { WireError } from '../wire/wire-error.ts';
import { type Moved, release } from './moved.ts';
import { placeSegments, type SegmentCopy } from './segments.ts';
import { type DecodeContext, ValueDecoder } from './value-decoder.ts';
import { type EncodeContext, type EncodedReference, ValueEncoder } from './value-encoder.ts';
import { TAG } from './value-format.ts';
import { refusedAt } from './value-path.ts';
import { ViewTable } from './view-table.ts';

/** A value ready to be written. Binary data is still the caller's memory: write it out before the caller can change it. */
export interface EncodedValue {
  readonly sizeBytes: number;
  /** The refs and handles inside, in order; numbered in the bytes as {@link EncodedReference} says. Part of the value's identity: a digest must cover them besides the bytes. */
  readonly references: readonly EncodedReference[];
  /** Writes `sizeBytes` bytes at `offset`: one copy per buffer. Memory given to `move` is detached afterwards. */
  writeInto(target: Uint8Array, offset: number): void;
  /** The bytes, owned by the caller who may transfer them. Without binary data always the same array, else a new one per call. */
  toBytes(): Uint8Array<ArrayBuffer>;
}

const NO_REFERENCES: readonly EncodedReference[] = [];

/** Kept for the next call: making one costs more than encoding a small value. Absent while an encoding is under way. */
let idleEncoder: ValueEncoder | undefined;

/**
 * Encodes any supported value. Equal values give equal bytes.
 * @throws SerializationError naming the path of what cannot be sent, e.g. `value.model.onClick is a function`.
 */
export function encodeValue(value: unknown, context: EncodeContext): EncodedValue {
  return encodeWith(context, 'value', (encoder) => encoder.write(value, 0));
}

/** Encodes the arguments of a call; an ObjectRef that is itself an argument becomes a slot (`topLevel`). No arguments are 0 bytes. */
export function encodeArgs(args: readonly unknown[], context: EncodeContext): EncodedValue {
  if (args.length === 0) return new FlatValue(new Uint8Array(0), NO_REFERENCES);
  return encodeWith(context, 'args', (encoder) => {
    encoder.body.varint(args.length);
    let index = 0;
    try {
      for (; index < args.length; index++) encoder.writeArgument(args[index]);
    } catch (error) {
      throw refusedAt(error, `[${index}]`);
    }
  });
}

/** Decodes what `encodeValue` made. @throws SerializationError if the bytes are not a value. */
export function decodeValue(bytes: Uint8Array, context: DecodeContext): unknown {
  return decodeWith(bytes, context, (decoder) => decoder.read(0));
}

/** Decodes what `encodeArgs` made; asks `context.argument` for each slot. */
export function decodeArgs(bytes: Uint8Array, context: DecodeContext): unknown[] {
  if (bytes.length === 0) return [];
  return decodeWith(bytes, context, (decoder, reader) => {
    const count = reader.varint();
    if (count > reader.remaining) throw new SerializationError('malformed arguments: the count passes the end');
    const args: unknown[] = [];
    for (let index = 0; index < count; index++) args.push(decoder.read(0));
    return args;
  });
}

/** The canonical bytes of a value, for digests: the same for equal content whatever the order of keys or where it was made. */
export function canonicalBytes(value: unknown, context: EncodeContext = {}): Uint8Array<ArrayBuffer> {
  return encodeValue(value, { ...context, canonical: true }).toBytes();
}

function encodeWith(context: EncodeContext, root: string, write: (encoder: ValueEncoder) => void): EncodedValue {
  const encoder = idleEncoder ?? new ValueEncoder();
  idleEncoder = undefined;
  encoder.context = context;
  try {
    write(encoder);
    return encoder.segments.isEmpty
      ? new FlatValue(encoder.body.finish(), encoder.references)
      : flatWithSegments(encoder);
  } catch (error) {
    throw refusedAt(error, '').toSerializationError(root);
  } finally {
    encoder.reset();
    idleEncoder = encoder;
  }
}

function flatWithSegments(encoder: ValueEncoder): FlatValue {
  const head = new ByteWriter(64 + encoder.body.length);
  head.u8(TAG.container);
  head.varint(encoder.body.length);
  const segments = encoder.segments.writeTables(head);
  head.raw(encoder.body.view());
  const { copies, end } = placeSegments(segments, head.length);
  return new FlatValue(head.finish(), encoder.references, { copies, sizeBytes: end, moved: encoder.moved });
}

function decodeWith<T>(
  bytes: Uint8Array,
  context: DecodeContext,
  read: (decoder: ValueDecoder, reader: ByteReader) => T,
): T {
  try {
    if (bytes[0] !== TAG.container) {
      const reader = new ByteReader(bytes);
      const value = read(new ValueDecoder(reader, undefined, context), reader);
      reader.expectEnd();
      return value;
    }
    const head = new ByteReader(bytes, 1);
    const bodyBytes = head.varint();
    const views = new ViewTable(head, bytes, context.copy);
    const bodyStart = head.position;
    if (bodyBytes > head.remaining) throw new SerializationError('malformed value: the body passes the end');
    views.place(bodyStart + bodyBytes);
    const reader = new ByteReader(bytes, bodyStart, bodyStart + bodyBytes);
    const value = read(new ValueDecoder(reader, views, context), reader);
    reader.expectEnd();
    views.expectEnd();
    return value;
  } catch (error) {
    if (error instanceof WireError) throw new SerializationError(`malformed value: ${error.message}`, { cause: error });
    throw error;
  }
}

interface Segments {
  readonly copies: readonly SegmentCopy[];
  readonly sizeBytes: number;
  readonly moved: readonly Moved[];
}

class FlatValue implements EncodedValue {
  readonly sizeBytes: number;
  readonly references: readonly EncodedReference[];
  /** Everything before the segments. */
  readonly #head: Uint8Array<ArrayBuffer>;
  readonly #segments: Segments | undefined;
  #released = false;

  constructor(head: Uint8Array<ArrayBuffer>, references: readonly EncodedReference[], segments?: Segments) {
    this.#head = head;
    this.#segments = segments;
    this.references = references;
    this.sizeBytes = segments?.sizeBytes ?? head.length;
  }

  writeInto(target: Uint8Array, offset: number): void {
    if (this.#released) throw new SerializationError('the value was moved: its memory is gone after the first write');
    target.set(this.#head, offset);
    if (this.#segments === undefined) return;
    let end = offset + this.#head.length;
    for (const { offset: start, source } of this.#segments.copies) {
      target.fill(0, end, offset + start); // the target may hold old data, and equal values must be equal bytes
      target.set(source, offset + start);
      end = offset + start + source.length;
    }
    for (const moved of this.#segments.moved) {
      release(moved);
      this.#released = true;
    }
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    if (this.#segments === undefined) return this.#head;
    const bytes = new Uint8Array(this.sizeBytes);
    this.writeInto(bytes, 0);
    return bytes;
  }
}
