/**
 * Batches of records, column by column: the form of a journal frame. Records keep their order; per kind of record, each field
 * is one {@link Column}. A no-op task's two records cost a few bytes instead of the dozens they take one by one.
 */
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { type Column, columnFor } from './columns.ts';
import { describeFields, unencodable, type UnionOf, type Variants } from './schema.ts';
import { WireError } from './wire-error.ts';

/** Codec for arrays of records told apart by `kind`. */
export interface RecordBatch<V extends Variants> {
  /** Appends the batch. The records are only read. @throws WireError `unencodable`; the writer then holds a torn tail to truncate. */
  write(writer: ByteWriter, records: readonly UnionOf<'kind', V>[]): void;
  /**
   * Reads one batch of at most `maxRecords`. Byte strings are views of the frame, and equal ones may be one shared view. Every
   * field is present in a record read, absent optional ones as `undefined`.
   */
  read(reader: ByteReader, limits: { maxRecords: number }): UnionOf<'kind', V>[];
  /** Canonical text of the schema. */
  describe(): string;
}

/** The type of one record of a batch. */
export type RecordOf<B> = B extends RecordBatch<infer V> ? UnionOf<'kind', V> : never;

type Row = Record<string, unknown>;

interface Kind {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly column: Column }[];
  /** A row with every field, cloned for each record read so that all records of a kind share one hidden class. */
  readonly template: Row;
}

const RUNS = 0;
const ONE_BY_ONE = 1;
const MAX_KINDS = 256;

/** A batch codec for the given kinds of records. Append new kinds, and new fields of a kind, at the end. */
export function recordBatch<const V extends Variants>(variants: V): RecordBatch<V> {
  const kinds = Object.entries(variants).map(([name, fields]): Kind => {
    const columns = Object.entries(fields).map(([field, codec]) => ({ name: field, column: columnFor(codec) }));
    return {
      name,
      fields: columns,
      template: { kind: name, ...Object.fromEntries(columns.map((column) => [column.name, undefined])) },
    };
  });
  if (kinds.length > MAX_KINDS) throw new Error(`a record batch has at most ${MAX_KINDS} kinds`);
  const indexOf = new Map<unknown, number>(kinds.map((kind, index) => [kind.name, index]));
  return {
    write: (writer, records) => writeBatch(writer, records, kinds, indexOf),
    // The rows were built from the same variants that the type is computed from; the loop over names hides it.
    read: (reader, limits) => readBatch(reader, limits.maxRecords, kinds) as unknown as UnionOf<'kind', V>[],
    describe: () =>
      `batch{${Object.entries(variants)
        .map(([name, fields]) => `${name}{${describeFields(fields)}}`)
        .join(';')}}`,
  };
}

function writeBatch(
  writer: ByteWriter,
  records: readonly Row[],
  kinds: readonly Kind[],
  indexOf: ReadonlyMap<unknown, number>,
): void {
  const count = records.length;
  writer.varint(count);
  if (count === 0) return;
  const order = new Uint8Array(count);
  const rowsOf: Row[][] = kinds.map(() => []);
  let runs = 1;
  for (let index = 0; index < count; index++) {
    const row = records[index] ?? {};
    const kind = indexOf.get(row['kind']);
    if (kind === undefined) throw unencodable(`kind of ${kinds.map(({ name }) => name).join(', ')}`, row['kind']);
    order[index] = kind;
    if (index > 0 && order[index - 1] !== kind) runs++;
    rowsOf[kind]?.push(row);
  }
  writeOrder(writer, order, runs);
  kinds.forEach((kind, index) => {
    const rows = rowsOf[index] ?? [];
    if (rows.length === 0) return;
    const values = new Array<unknown>(rows.length);
    for (const { name, column } of kind.fields) {
      for (let row = 0; row < rows.length; row++) values[row] = rows[row]?.[name];
      try {
        column.write(writer, values, false);
      } catch (error) {
        if (error instanceof WireError) throw new WireError(error.code, `${kind.name}.${name}: ${error.message}`);
        throw error;
      }
    }
  });
}

function writeOrder(writer: ByteWriter, order: Uint8Array, runs: number): void {
  if (runs * 2 > order.length + 1) {
    writer.u8(ONE_BY_ONE);
    writer.raw(order);
    return;
  }
  writer.u8(RUNS);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && order[end] === order[start]) end++;
    writer.u8(order[start] ?? 0);
    writer.varint(end - start);
    start = end;
  }
}

function readBatch(reader: ByteReader, maxRecords: number, kinds: readonly Kind[]): Row[] {
  const count = reader.varint();
  if (count > maxRecords) throw new WireError('oversized', `${count} records where at most ${maxRecords} are allowed`);
  if (count === 0) return [];
  const order = readOrder(reader, count, kinds.length);
  const records = new Array<Row>(count);
  const positionsOf: number[][] = kinds.map(() => []);
  for (let index = 0; index < count; index++) {
    const kind = order[index] ?? 0;
    records[index] = { ...kinds[kind]?.template };
    positionsOf[kind]?.push(index);
  }
  kinds.forEach((kind, index) => {
    const positions = positionsOf[index] ?? [];
    if (positions.length === 0) return;
    for (const { name, column } of kind.fields) {
      const values = column.read(reader, positions.length, false);
      for (let row = 0; row < positions.length; row++) {
        const record = records[positions[row] ?? 0];
        if (record !== undefined) record[name] = values[row];
      }
    }
  });
  return records;
}

function readOrder(reader: ByteReader, count: number, kindCount: number): Uint8Array {
  const encoding = reader.u8();
  let order: Uint8Array;
  if (encoding === ONE_BY_ONE) {
    order = reader.raw(count);
  } else if (encoding === RUNS) {
    order = new Uint8Array(count);
    for (let start = 0; start < count;) {
      const kind = reader.u8();
      const length = reader.varint();
      if (length === 0 || length > count - start)
        throw new WireError('malformed', 'a run of records is empty or passes the end');
      order.fill(kind, start, start + length);
      start += length;
    }
  } else {
    throw new WireError('malformed', `record order encoding ${encoding}`);
  }
  for (const kind of order)
    if (kind >= kindCount) throw new WireError('unknown-tag', `record kind ${kind} is not known here`);
  return order;
}
