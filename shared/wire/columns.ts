/**
 * Columns: many values of one field, encoded together. Each column starts with a byte that says which of a few encodings its
 * writer found smallest, chosen by looking at the values once: most fields of a journal are constant (parent, function, status)
 * or count up (task numbers), and then cost nothing per record.
 *
 * A *dense* column must spend at least one bit per value. Readers rely on it: the number of values in a flattened array column
 * comes from the input, so without that rule a few bytes could ask for billions of values.
 */
import type { ByteReader } from './byte-reader.ts';
import { type ByteWriter, zigzagSize } from './byte-writer.ts';
import { type Codec, literalAt, unencodable } from './schema.ts';
import { WireError } from './wire-error.ts';

/** Writes and reads `count` values of one field. */
export interface Column {
  write(writer: ByteWriter, values: readonly unknown[], dense: boolean): void;
  /** `count` is already bounded by the caller. */
  read(reader: ByteReader, count: number, dense: boolean): unknown[];
}

const CONSTANT = 0;
const PROGRESSION = 1;
const DELTAS = 2;
const PLAIN = 3;
const WIDE = 4;

/** Flattened values a column of arrays may have per array before its elements must be dense. */
const SPARSE_FACTOR = 4;

/** The column for a codec: a specialised one where its shape is known, else value after value. */
export function columnFor(codec: Codec<unknown>): Column {
  const shape = codec.shape;
  switch (shape?.type) {
    case 'integer':
      return new IntegerColumn(shape.signed);
    case 'literal':
      return new LiteralColumn(shape.literals);
    case 'bool':
      return boolColumn;
    case 'f64':
      return f64Column;
    case 'bytes':
      return new BlobColumn(shape.maxBytes, bytesBlob);
    case 'str':
      return new BlobColumn(shape.maxBytes, textBlob);
    case 'optional':
      return new OptionalColumn(columnFor(shape.inner));
    case 'array':
      return new ArrayColumn(columnFor(shape.element), shape.maxCount);
    case undefined:
      return rowColumn(codec);
  }
}

/** Whole numbers: constant, arithmetic progression, differences, or plain, whichever is smallest. */
class IntegerColumn implements Column {
  readonly #min: number;

  constructor(signed: boolean) {
    this.#min = signed ? Number.MIN_SAFE_INTEGER : 0;
  }

  write(writer: ByteWriter, values: readonly unknown[], dense: boolean): void {
    const count = values.length;
    if (count === 0) return;
    const encoding = this.#choose(values, dense);
    const first = values[0] as number;
    writer.u8(encoding);
    if (encoding === PLAIN) {
      for (let index = 0; index < count; index++) writer.zigzag(values[index] as number);
      return;
    }
    writer.zigzag(first);
    if (encoding === PROGRESSION) writer.zigzag((values[1] as number) - first);
    if (encoding !== DELTAS) return;
    let previous = first;
    for (let index = 1; index < count; index++) {
      const value = values[index] as number;
      writer.zigzag(value - previous);
      previous = value;
    }
  }

  /** Checks every value, and finds the smallest encoding. */
  #choose(values: readonly unknown[], dense: boolean): number {
    const min = this.#min;
    const count = values.length;
    const first = checkInteger(values[0], min);
    let previous = first;
    let step = 0;
    let even = true;
    let safe = true;
    let plainBytes = zigzagSize(first);
    let deltaBytes = plainBytes;
    for (let index = 1; index < count; index++) {
      const value = checkInteger(values[index], min);
      const delta = value - previous;
      if (index === 1) step = delta;
      else if (delta !== step) even = false;
      // Two safe integers can be further apart than a safe integer; such columns stay plain.
      if (delta > Number.MAX_SAFE_INTEGER || delta < Number.MIN_SAFE_INTEGER) safe = false;
      plainBytes += zigzagSize(value);
      deltaBytes += zigzagSize(delta);
      previous = value;
    }
    if (even && safe && !dense) return step === 0 ? CONSTANT : PROGRESSION;
    return safe && deltaBytes < plainBytes ? DELTAS : PLAIN;
  }

  read(reader: ByteReader, count: number, dense: boolean): number[] {
    if (count === 0) return [];
    const min = this.#min;
    const encoding = reader.u8();
    if (encoding === DELTAS || encoding === PLAIN) {
      if (count > reader.remaining) throw new WireError('truncated', `${count} integers do not fit the bytes left`);
    } else if (dense || encoding > PLAIN) {
      throw new WireError('malformed', `integer column encoding ${encoding}`);
    }
    let value = reader.zigzag();
    if (value < min) throw new WireError('malformed', 'negative value in an unsigned column');
    if (encoding === CONSTANT) return new Array<number>(count).fill(value);
    const values = new Array<number>(count);
    values[0] = value;
    const step = encoding === PROGRESSION ? reader.zigzag() : 0;
    for (let index = 1; index < count; index++) {
      if (encoding === PLAIN) value = reader.zigzag();
      else value += encoding === PROGRESSION ? step : reader.zigzag();
      if (value < min || value > Number.MAX_SAFE_INTEGER)
        throw new WireError('malformed', 'integer column leaves its range');
      values[index] = value;
    }
    return values;
  }
}

/** Fixed strings as a column of their indices. */
class LiteralColumn implements Column {
  readonly #literals: readonly string[];
  readonly #indexOf: ReadonlyMap<unknown, number>;
  readonly #indices = new IntegerColumn(false);

  constructor(literals: readonly string[]) {
    this.#literals = literals;
    this.#indexOf = new Map(literals.map((literal, index) => [literal, index]));
  }

  write(writer: ByteWriter, values: readonly unknown[], dense: boolean): void {
    const indices = values.map((value) => {
      const index = this.#indexOf.get(value);
      if (index === undefined) throw unencodable(`one of ${this.#literals.join(', ')}`, value);
      return index;
    });
    this.#indices.write(writer, indices, dense);
  }

  read(reader: ByteReader, count: number, dense: boolean): string[] {
    return this.#indices.read(reader, count, dense).map((index) => literalAt(this.#literals, index));
  }
}

/** One bit per value, lowest bit first. */
const boolColumn: Column = {
  write(writer, values) {
    let byte = 0;
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      if (typeof value !== 'boolean') throw unencodable('boolean', value);
      if (value) byte |= 1 << (index & 7);
      if ((index & 7) === 7) {
        writer.u8(byte);
        byte = 0;
      }
    }
    if ((values.length & 7) !== 0) writer.u8(byte);
  },
  read(reader, count) {
    const bits = reader.raw(Math.ceil(count / 8));
    const values = new Array<boolean>(count);
    for (let index = 0; index < count; index++) values[index] = (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
    return values;
  },
};

/** Doubles: constant, or 8 bytes each. Equality is bit-like (`Object.is`), so -0 and NaN survive. */
const f64Column: Column = {
  write(writer, values, dense) {
    if (values.length === 0) return;
    const first = values[0];
    let constant = !dense;
    for (const value of values) {
      if (typeof value !== 'number') throw unencodable('number', value);
      if (!Object.is(value, first)) constant = false;
    }
    writer.u8(constant ? CONSTANT : WIDE);
    if (constant) writer.f64(first as number);
    else for (const value of values) writer.f64(value as number);
  },
  read(reader, count, dense) {
    if (count === 0) return [];
    const encoding = reader.u8();
    if (encoding === CONSTANT && !dense) return new Array<number>(count).fill(reader.f64());
    if (encoding !== WIDE) throw new WireError('malformed', `number column encoding ${encoding}`);
    if (count * 8 > reader.remaining) throw new WireError('truncated', `${count} numbers do not fit the bytes left`);
    return Array.from({ length: count }, () => reader.f64());
  },
};

/** What differs between byte strings and text: how one value is measured, written and read. */
interface Blob {
  /** Checks the type and compares with the first value of the column. */
  same(value: unknown, first: unknown): boolean;
  write(writer: ByteWriter, value: unknown): number;
  read(reader: ByteReader, sizeBytes: number): unknown;
}

const bytesBlob: Blob = {
  same(value, first) {
    if (!(value instanceof Uint8Array)) throw unencodable('Uint8Array', value);
    if (value === first) return true;
    if (!(first instanceof Uint8Array) || value.length !== first.length) return false;
    for (let index = 0; index < value.length; index++) if (value[index] !== first[index]) return false;
    return true;
  },
  write(writer, value) {
    writer.raw(value as Uint8Array);
    return (value as Uint8Array).length;
  },
  read: (reader, sizeBytes) => reader.raw(sizeBytes),
};

const textBlob: Blob = {
  same(value, first) {
    if (typeof value !== 'string') throw unencodable('string', value);
    return value === first;
  },
  write: (writer, value) => writer.rawString(value as string),
  read: (reader, sizeBytes) => reader.rawString(sizeBytes),
};

/** Byte strings or text: one for all, or the values end to end followed by a column of their lengths. */
class BlobColumn implements Column {
  readonly #maxBytes: number;
  readonly #blob: Blob;
  readonly #sizes = new IntegerColumn(false);

  constructor(maxBytes: number, blob: Blob) {
    this.#maxBytes = maxBytes;
    this.#blob = blob;
  }

  write(writer: ByteWriter, values: readonly unknown[], dense: boolean): void {
    const count = values.length;
    if (count === 0) return;
    const first = values[0];
    let constant = !dense;
    for (let index = 0; index < count; index++) if (!this.#blob.same(values[index], first)) constant = false;
    writer.u8(constant ? CONSTANT : PLAIN);
    if (constant) {
      this.#writePayload(writer, [first], dense);
      return;
    }
    this.#writePayload(writer, values, dense);
  }

  #writePayload(writer: ByteWriter, values: readonly unknown[], dense: boolean): void {
    // Sizes of text are known only once it is encoded, but must come first: encode, then move behind the sizes.
    const start = writer.length;
    const sizes = values.map((value) => {
      const sizeBytes = this.#blob.write(writer, value);
      if (sizeBytes > this.#maxBytes)
        throw new WireError('unencodable', `${sizeBytes} bytes where at most ${this.#maxBytes} are allowed`);
      return sizeBytes;
    });
    const payload = writer.view().slice(start);
    writer.truncate(start);
    this.#sizes.write(writer, sizes, dense);
    writer.raw(payload);
  }

  read(reader: ByteReader, count: number, dense: boolean): unknown[] {
    if (count === 0) return [];
    const encoding = reader.u8();
    if (encoding === CONSTANT && !dense) return new Array<unknown>(count).fill(this.#readPayload(reader, 1, dense)[0]);
    if (encoding !== PLAIN) throw new WireError('malformed', `blob column encoding ${encoding}`);
    return this.#readPayload(reader, count, dense);
  }

  #readPayload(reader: ByteReader, count: number, dense: boolean): unknown[] {
    const sizes: unknown[] = this.#sizes.read(reader, count, dense);
    for (let index = 0; index < count; index++) {
      const sizeBytes = sizes[index] as number;
      if (sizeBytes > this.#maxBytes)
        throw new WireError('oversized', `${sizeBytes} bytes where at most ${this.#maxBytes} are allowed`);
      sizes[index] = this.#blob.read(reader, sizeBytes);
    }
    return sizes;
  }
}

/** A bit per value for presence, then a column of the values that are there. */
class OptionalColumn implements Column {
  readonly #inner: Column;

  constructor(inner: Column) {
    this.#inner = inner;
  }

  write(writer: ByteWriter, values: readonly unknown[], dense: boolean): void {
    const present = values.filter((value) => value !== undefined);
    const encoding =
      dense || (present.length > 0 && present.length < values.length)
        ? PLAIN
        : present.length > 0
          ? PROGRESSION
          : CONSTANT;
    writer.u8(encoding); // CONSTANT: none, PROGRESSION: all, PLAIN: by bitmap
    if (encoding === PLAIN)
      boolColumn.write(
        writer,
        values.map((value) => value !== undefined),
        true,
      );
    this.#inner.write(writer, present, dense);
  }

  read(reader: ByteReader, count: number, dense: boolean): unknown[] {
    const encoding = reader.u8();
    if (encoding === CONSTANT && !dense) return new Array<unknown>(count).fill(undefined);
    if (encoding === PROGRESSION && !dense) return this.#inner.read(reader, count, dense);
    if (encoding !== PLAIN) throw new WireError('malformed', `optional column encoding ${encoding}`);
    const present = boolColumn.read(reader, count, true);
    const inner = this.#inner.read(
      reader,
      present.reduce<number>((sum, bit) => sum + (bit === true ? 1 : 0), 0),
      dense,
    );
    let next = 0;
    return present.map((bit) => (bit === true ? inner[next++] : undefined));
  }
}

/** A column of counts, then one column of all elements. */
class ArrayColumn implements Column {
  readonly #element: Column;
  readonly #maxCount: number;
  readonly #counts = new IntegerColumn(false);

  constructor(element: Column, maxCount: number) {
    this.#element = element;
    this.#maxCount = maxCount;
  }

  write(writer: ByteWriter, values: readonly unknown[], dense: boolean): void {
    const counts: number[] = [];
    const elements: unknown[] = [];
    for (const list of values) {
      if (!Array.isArray(list)) throw unencodable('array', list);
      if (list.length > this.#maxCount)
        throw new WireError('unencodable', `${list.length} items where at most ${this.#maxCount} are allowed`);
      counts.push(list.length);
      for (const item of list) elements.push(item);
    }
    this.#counts.write(writer, counts, dense);
    this.#element.write(writer, elements, dense || elements.length > SPARSE_FACTOR * counts.length);
  }

  read(reader: ByteReader, count: number, dense: boolean): unknown[][] {
    const counts = this.#counts.read(reader, count, dense);
    let total = 0;
    for (const length of counts) {
      if (length > this.#maxCount)
        throw new WireError('oversized', `${length} items where at most ${this.#maxCount} are allowed`);
      total += length;
    }
    const packed = dense || total > SPARSE_FACTOR * count;
    if (packed && total > reader.remaining * 8)
      throw new WireError('truncated', `${total} items do not fit the bytes left`);
    const elements = this.#element.read(reader, total, packed);
    let start = 0;
    return counts.map((length) => elements.slice(start, (start += length)));
  }
}

/** Everything else: value after value. */
function rowColumn(codec: Codec<unknown>): Column {
  return {
    write(writer, values) {
      for (const value of values) codec.write(writer, value);
    },
    read(reader, count) {
      if (count * (codec.minBytes ?? 0) > reader.remaining)
        throw new WireError('truncated', `${count} values do not fit the bytes left`);
      return Array.from({ length: count }, () => codec.read(reader));
    },
  };
}

function checkInteger(value: unknown, min: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) {
    throw unencodable(min === 0 ? 'whole number ≥ 0' : 'safe integer', value);
  }
  return value;
}
