/**
 * Message schemas as values: a {@link Codec} writes a type, reads it back checked, and describes itself. TypeScript types are
 * inferred from the schema, so a message has one definition; the description is hashed by a test, so that a change of the
 * protocol cannot go unnoticed. No code generation: pages with a strict content policy forbid it.
 */
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { type JsonValue, parseSafeJson, stringifySafeJson } from './safe-json.ts';
import { WireError } from './wire-error.ts';

/** How one type lies on the wire. Both directions check: `write` throws `unencodable`, `read` any other {@link WireError}. */
export interface Codec<T> {
  write(writer: ByteWriter, value: T): void;
  /** Reads exactly one value. Byte strings in it are views of the frame. */
  read(reader: ByteReader): T;
  /** Canonical text: equal texts mean equal bytes on the wire. */
  describe(): string;
  /** Fewest bytes a value takes; lets a reader refuse a count before it allocates. Absent means 0. */
  readonly minBytes?: number;
  /** What a column of such values looks like to the columnar encoder; absent means row by row. */
  readonly shape?: CodecShape;
}

/** The structure of a codec, as far as columns make use of it. */
export type CodecShape =
  | { readonly type: 'integer'; readonly signed: boolean }
  | { readonly type: 'f64' }
  | { readonly type: 'bool' }
  | { readonly type: 'str'; readonly maxBytes: number }
  | { readonly type: 'bytes'; readonly maxBytes: number }
  | { readonly type: 'literal'; readonly literals: readonly string[] }
  | { readonly type: 'optional'; readonly inner: Codec<unknown> }
  | { readonly type: 'array'; readonly element: Codec<unknown>; readonly maxCount: number };

/** The TypeScript type a codec carries. */
export type Infer<C> = C extends Codec<infer T> ? T : never;

/** Field name → codec. Order matters: it is the order on the wire. */
export type Fields = { readonly [name: string]: Codec<unknown> };

type OptionalName<F extends Fields> = { [K in keyof F]: undefined extends Infer<F[K]> ? K : never }[keyof F];
type Flat<T> = { [K in keyof T]: T[K] };

/** The object type of a set of fields; fields that admit `undefined` may be absent when writing, and are present when read. */
export type StructOf<F extends Fields> = Flat<
  { [K in Exclude<keyof F, OptionalName<F>>]: Infer<F[K]> } & { [K in OptionalName<F>]?: Infer<F[K]> }
>;

/** Field sets by tag. */
export type Variants = { readonly [tag: string]: Fields };

/** A discriminated union: one member per tag, told apart by the property named `Key`. */
export type UnionOf<Key extends string, V extends Variants> = {
  [Tag in keyof V & string]: Flat<{ [K in Key]: Tag } & StructOf<V[Tag]>>;
}[keyof V & string];

/** A whole number 0..2^53-1, as varint. */
export const uint: Codec<number> = {
  write: (writer, value) => writer.varint(value),
  read: (reader) => reader.varint(),
  describe: () => 'uint',
  minBytes: 1,
  shape: { type: 'integer', signed: false },
};

/** A safe integer of either sign, small magnitudes short. */
export const int: Codec<number> = {
  write: (writer, value) => writer.zigzag(value),
  read: (reader) => reader.zigzag(),
  describe: () => 'int',
  minBytes: 1,
  shape: { type: 'integer', signed: true },
};

/** Any number, 8 bytes. */
export const f64: Codec<number> = {
  write: (writer, value) => {
    if (typeof value !== 'number') throw unencodable('number', value);
    writer.f64(value);
  },
  read: (reader) => reader.f64(),
  describe: () => 'f64',
  minBytes: 8,
  shape: { type: 'f64' },
};

/** true or false, one byte. */
export const bool: Codec<boolean> = {
  write: (writer, value) => {
    if (typeof value !== 'boolean') throw unencodable('boolean', value);
    writer.u8(value ? 1 : 0);
  },
  read: readBool,
  describe: () => 'bool',
  minBytes: 1,
  shape: { type: 'bool' },
};

/** UTF-8 text of at most `maxBytes` bytes. */
export function str({ maxBytes }: { maxBytes: number }): Codec<string> {
  return {
    write: (writer, value) => {
      if (typeof value !== 'string') throw unencodable('string', value);
      if (writer.string(value) > maxBytes)
        throw new WireError('unencodable', `string is longer than ${maxBytes} bytes`);
    },
    read: (reader) => reader.string(maxBytes),
    describe: () => `str(${maxBytes})`,
    minBytes: 1,
    shape: { type: 'str', maxBytes },
  };
}

/** A byte string of at most `maxBytes`. Written by copy; read as a view of the frame, so copy what must outlive the frame. */
export function bytes({ maxBytes }: { maxBytes: number }): Codec<Uint8Array> {
  return {
    write: (writer, value) => {
      if (!(value instanceof Uint8Array)) throw unencodable('Uint8Array', value);
      if (value.length > maxBytes)
        throw new WireError('unencodable', `${value.length} bytes where at most ${maxBytes} are allowed`);
      writer.bytes(value);
    },
    read: (reader) => reader.bytes(maxBytes),
    describe: () => `bytes(${maxBytes})`,
    minBytes: 1,
    shape: { type: 'bytes', maxBytes },
  };
}

/** The value or `undefined`. */
export function optional<T>(inner: Codec<T>): Codec<T | undefined> {
  return {
    write: (writer, value) => {
      writer.u8(value === undefined ? 0 : 1);
      if (value !== undefined) inner.write(writer, value);
    },
    read: (reader) => (readBool(reader) ? inner.read(reader) : undefined),
    describe: () => `optional(${inner.describe()})`,
    minBytes: 1,
    shape: { type: 'optional', inner },
  };
}

/** At most `maxCount` values in order. */
export function array<T>(element: Codec<T>, { maxCount }: { maxCount: number }): Codec<T[]> {
  return {
    write: (writer, values) => {
      if (!Array.isArray(values)) throw unencodable('array', values);
      if (values.length > maxCount)
        throw new WireError('unencodable', `${values.length} items where at most ${maxCount} are allowed`);
      writer.varint(values.length);
      for (const value of values) element.write(writer, value);
    },
    read: (reader) => {
      const count = readCount(reader, maxCount, element.minBytes ?? 0);
      const values: T[] = [];
      for (let index = 0; index < count; index++) values.push(element.read(reader));
      return values;
    },
    describe: () => `array(${element.describe()},${maxCount})`,
    minBytes: 1,
    shape: { type: 'array', element, maxCount },
  };
}

/** String keys to values, in insertion order, as a Map (an object would have to forbid keys such as `__proto__`). */
export function map<T>(
  value: Codec<T>,
  limits: { maxCount: number; maxKeyBytes: number },
): Codec<ReadonlyMap<string, T>> {
  const key = str({ maxBytes: limits.maxKeyBytes });
  return {
    write: (writer, entries) => {
      if (!(entries instanceof Map)) throw unencodable('Map', entries);
      if (entries.size > limits.maxCount)
        throw new WireError('unencodable', `more than ${limits.maxCount} map entries`);
      writer.varint(entries.size);
      for (const [name, item] of entries) {
        key.write(writer, name);
        value.write(writer, item);
      }
    },
    read: (reader) => {
      const count = readCount(reader, limits.maxCount, 1 + (value.minBytes ?? 0));
      const entries = new Map<string, T>();
      for (let index = 0; index < count; index++) entries.set(key.read(reader), value.read(reader));
      if (entries.size !== count) throw new WireError('malformed', 'a map key appears twice');
      return entries;
    },
    describe: () => `map(${key.describe()},${value.describe()},${limits.maxCount})`,
    minBytes: 1,
  };
}

/** {@link map} as a plain object without prototype: for small tables such as labels and resources. */
export function record<T>(
  value: Codec<T>,
  limits: { maxCount: number; maxKeyBytes: number },
): Codec<Readonly<Record<string, T>>> {
  const entries = map(value, limits);
  return {
    write: (writer, table) => {
      if (typeof table !== 'object' || table === null) throw unencodable('object', table);
      entries.write(writer, new Map(Object.entries(table)));
    },
    read: (reader) => {
      const table: Record<string, T> = Object.create(null);
      for (const [name, item] of entries.read(reader)) table[name] = item;
      return table;
    },
    describe: () => `record(${entries.describe()})`,
    minBytes: 1,
  };
}

/** Fields one after the other, no names on the wire. */
export function struct<const F extends Fields>(fields: F): Codec<StructOf<F>> {
  const entries = Object.entries(fields);
  const codec: Codec<Record<string, unknown>> = {
    write: (writer, value) => {
      if (typeof value !== 'object' || value === null) throw unencodable('object', value);
      for (const [name, field] of entries) writeField(writer, name, field, value[name]);
    },
    read: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, field] of entries) value[name] = field.read(reader);
      return value;
    },
    describe: () => `struct{${describeFields(fields)}}`,
    minBytes: entries.reduce((sum, [, field]) => sum + (field.minBytes ?? 0), 0),
  };
  return codec as unknown as Codec<StructOf<F>>; // the loop over names is beyond the type system
}

/** One of a few fixed strings, written as its index. Append new ones at the end. */
export function literalUnion<const L extends readonly string[]>(...literals: L): Codec<L[number]> {
  const indexOf = new Map<string, number>(literals.map((literal, index) => [literal, index]));
  return {
    write: (writer, value) => {
      const index = indexOf.get(value);
      if (index === undefined) throw unencodable(`one of ${literals.join(', ')}`, value);
      writer.varint(index);
    },
    read: (reader) => literalAt(literals, reader.varint()),
    describe: () => `literal(${literals.join('|')})`,
    minBytes: 1,
    shape: { type: 'literal', literals },
  };
}

/** A union of structs told apart by the string property `key`; the tag is written as its index. Append new tags at the end. */
export function taggedUnion<const Key extends string, const V extends Variants>(
  key: Key,
  variants: V,
): Codec<UnionOf<Key, V>> {
  const tags = Object.keys(variants);
  const tag = literalUnion(...tags);
  const bodies = new Map(Object.entries(variants).map(([name, fields]) => [name, Object.entries(fields)]));
  const codec: Codec<Record<string, unknown>> = {
    write: (writer, value) => {
      const name = value[key];
      const body = typeof name === 'string' ? bodies.get(name) : undefined;
      if (body === undefined || typeof name !== 'string') throw unencodable(`${key} of ${tags.join(', ')}`, name);
      tag.write(writer, name);
      for (const [field, inner] of body) writeField(writer, `${name}.${field}`, inner, value[field]);
    },
    read: (reader) => {
      const name = tag.read(reader);
      const value: Record<string, unknown> = { [key]: name };
      for (const [field, inner] of bodies.get(name) ?? []) value[field] = inner.read(reader);
      return value;
    },
    describe: () =>
      `union(${key}){${Object.entries(variants)
        .map(([name, fields]) => `${name}{${describeFields(fields)}}`)
        .join(';')}}`,
    minBytes: 1,
  };
  return codec as unknown as Codec<UnionOf<Key, V>>;
}

/** Small free-form data as checked JSON text of at most `maxBytes` bytes; see `safe-json.ts` for what is refused. */
export function json(maxBytes: number): Codec<JsonValue> {
  const text = str({ maxBytes });
  return {
    write: (writer, value) => text.write(writer, stringifySafeJson(value)),
    read: (reader) => parseSafeJson(text.read(reader)),
    describe: () => `json(${maxBytes})`,
    minBytes: 1,
  };
}

/** The canonical text of a field set. */
export function describeFields(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, field]) => `${name}:${field.describe()}`)
    .join(',');
}

/** The literal of an index that came off the wire. @throws WireError `unknown-tag`. */
export function literalAt<L extends string>(literals: readonly L[], index: number): L {
  const literal = literals[index];
  if (literal === undefined)
    throw new WireError('unknown-tag', `tag ${index} is not known here (${literals.length} are)`);
  return literal;
}

/** The error for a value of the wrong type handed to a writer. */
export function unencodable(expected: string, value: unknown): WireError {
  const shown =
    typeof value === 'string'
      ? JSON.stringify(value.slice(0, 40))
      : typeof value === 'object' && value !== null
        ? 'an object'
        : String(value);
  return new WireError('unencodable', `expected ${expected}, got ${shown}`);
}

function writeField(writer: ByteWriter, name: string, field: Codec<unknown>, value: unknown): void {
  try {
    field.write(writer, value);
  } catch (error) {
    if (error instanceof WireError) throw new WireError(error.code, `${name}: ${error.message}`);
    throw error;
  }
}

function readBool(reader: ByteReader): boolean {
  const byte = reader.u8();
  if (byte > 1) throw new WireError('malformed', `byte ${byte} where 0 or 1 is expected`);
  return byte === 1;
}

function readCount(reader: ByteReader, maxCount: number, minBytes: number): number {
  const count = reader.varint();
  if (count > maxCount) throw new WireError('oversized', `${count} items where at most ${maxCount} are allowed`);
  if (count * minBytes > reader.remaining)
    throw new WireError('truncated', `${count} items do not fit the ${reader.remaining} bytes left`);
  return count;
}
