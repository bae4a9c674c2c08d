/**
 * One commit as one buffer: what the control state writes and a storage engine reads.
 *
 * A batch crosses to the storage thread as a single transferred ArrayBuffer, because posting objects costs a structured
 * clone per row on the server's only loop. The format lives for one hop between threads of one release: it is never stored.
 *
 * Layout, little-endian: header [used u32][mutations u32][epoch f64][owner string], then mutations
 * [op u8][table u8][length u32][key f64][length bytes]; a string is [code units × 2 + wide u32][units as u8 or u16].
 */
import { HISTORY_COLUMNS, HISTORY_TABLE_NAMES, TABLE_NAMES } from './storage.ts';
import type { ColumnKind, HistoryRow, HistoryTableName, HistoryValue, TableName } from './storage.ts';

/** One finished batch. `buffer` belongs to the store while a commit is under way and is detached then. */
export interface MutationBatch {
  readonly owner: string;
  readonly epoch: number;
  readonly mutationCount: number;
  readonly sizeBytes: number;
  buffer: ArrayBuffer;
}

/** What a reader of a batch is told, in the order in which it was written. `row` is a view onto the batch. */
export interface MutationVisitor {
  put(table: TableName, key: number, row: Uint8Array): void;
  delete(table: TableName, key: number): void;
  /** `values` in column order, without the key; the array is reused for the next row. */
  appendHistory(table: HistoryTableName, key: number, values: readonly HistoryValue[]): void;
}

const OP_PUT = 0;
const OP_DELETE = 1;
const OP_HISTORY = 2;
const HEADER_BYTES = 16;
const MUTATION_HEADER_BYTES = 14;
const FIRST_CAPACITY_BYTES = 16 * 1024;

// Object maps, not indexOf: the table is looked up for every row.
const TABLE_CODE = Object.fromEntries(TABLE_NAMES.map((name, i) => [name, i])) as Record<TableName, number>;
const HISTORY_CODE = Object.fromEntries(HISTORY_TABLE_NAMES.map((name, i) => [name, i])) as Record<
  HistoryTableName,
  number
>;
interface ColumnLayout {
  readonly column: string;
  readonly kind: ColumnKind;
  /** `kind` taken apart once: this is read for every value. */
  readonly type: 'integer' | 'text' | 'blob';
  readonly nullable: boolean;
}

/** Columns of each history table in batch order. */
const HISTORY_LAYOUT: readonly (readonly ColumnLayout[])[] = HISTORY_TABLE_NAMES.map((name) =>
  Object.entries<ColumnKind>(HISTORY_COLUMNS[name]).map(([column, kind]) => ({
    column,
    kind,
    type: kind.startsWith('integer') ? 'integer' : kind.startsWith('text') ? 'text' : 'blob',
    nullable: kind.endsWith('?'),
  })),
);

/**
 * Gathers mutations until `finish()`; then starts over with a new buffer. One builder serves one owner and epoch for its
 * life. Rows are copied in at once, so the caller may reuse its own buffer. A later mutation of the same key wins.
 */
export class MutationBatchBuilder {
  readonly #owner: string;
  readonly #epoch: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #used = 0;
  #count = 0;

  /** `epoch`: positive safe integer from this owner's lease. */
  constructor(owner: string, epoch: number) {
    if (!Number.isSafeInteger(epoch) || epoch < 1)
      throw new RangeError(`epoch must be a positive integer, got ${epoch}`);
    this.#owner = owner;
    this.#epoch = epoch;
    this.#bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
    this.#begin();
  }

  /** Mutations gathered since the last `finish`. */
  get mutationCount(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#used;
  }

  /** Inserts or replaces a live row. `key`: non-negative safe integer. */
  put(table: TableName, key: number, row: Uint8Array): void {
    const at = this.#mutation(OP_PUT, TABLE_CODE[table], key, row.length);
    this.#bytes.set(row, at);
  }

  /** Deletes a live row; a row that is not there is no error. */
  delete(table: TableName, key: number): void {
    this.#mutation(OP_DELETE, TABLE_CODE[table], key, 0);
  }

  /** Adds a row of history, or replaces the one with its key. Throws a `TypeError` naming a column of the wrong type. */
  appendHistory<T extends HistoryTableName>(table: T, row: HistoryRow<T>): void {
    const code = HISTORY_CODE[table];
    const start = this.#used;
    const at = this.#mutation(OP_HISTORY, code, row.key, 0);
    const values: { readonly [column: string]: unknown } = row;
    try {
      for (const layout of HISTORY_LAYOUT[code] ?? []) this.#value(table, layout, values[layout.column]);
    } catch (error) {
      this.#used = start; // a half-written row must not reach the store
      this.#count--;
      throw error;
    }
    this.#view.setUint32(start + 2, this.#used - at, true);
  }

  /** The batch gathered so far, possibly empty. The builder is empty afterwards. */
  finish(): MutationBatch {
    this.#view.setUint32(0, this.#used, true);
    this.#view.setUint32(4, this.#count, true);
    const batch: MutationBatch = {
      owner: this.#owner,
      epoch: this.#epoch,
      mutationCount: this.#count,
      sizeBytes: this.#used,
      buffer: this.#bytes.buffer,
    };
    // The next batch is about as large as this one: growing from small each time would copy it several times.
    const capacity = Math.max(FIRST_CAPACITY_BYTES, Math.min(this.#used * 1.25, 1 << 20));
    this.#bytes = new Uint8Array(Math.ceil(capacity));
    this.#view = new DataView(this.#bytes.buffer);
    this.#begin();
    return batch;
  }

  #begin(): void {
    this.#used = HEADER_BYTES;
    this.#count = 0;
    this.#view.setFloat64(8, this.#epoch, true);
    this.#string(this.#owner);
  }

  /** Writes a mutation's header with room for `length` bytes behind it; answers where they start. */
  #mutation(op: number, code: number | undefined, key: number, length: number): number {
    if (code === undefined) throw new RangeError('unknown table');
    if (!Number.isSafeInteger(key) || key < 0)
      throw new RangeError(`a key must be a non-negative safe integer, got ${key}`);
    const start = this.#used;
    const at = start + MUTATION_HEADER_BYTES;
    this.#reserve(MUTATION_HEADER_BYTES + length);
    const view = this.#view;
    view.setUint8(start, op);
    view.setUint8(start + 1, code);
    view.setUint32(start + 2, length, true);
    view.setFloat64(start + 6, key, true);
    this.#used = at + length;
    this.#count++;
    return at;
  }

  #value(table: string, layout: ColumnLayout, value: unknown): void {
    const { type } = layout;
    this.#reserve(9);
    if (value === null && layout.nullable) {
      this.#bytes[this.#used++] = 0;
      return;
    }
    this.#bytes[this.#used++] = 1;
    if (type === 'integer' && typeof value === 'number' && Number.isSafeInteger(value)) {
      this.#view.setFloat64(this.#used, value, true);
      this.#used += 8;
    } else if (type === 'text' && typeof value === 'string') {
      this.#string(value);
    } else if (type === 'blob' && value instanceof Uint8Array) {
      this.#reserve(4 + value.length);
      this.#view.setUint32(this.#used, value.length, true);
      this.#bytes.set(value, this.#used + 4);
      this.#used += 4 + value.length;
    } else {
      const found = value === null ? 'null' : typeof value;
      throw new TypeError(`${table}.${layout.column} must be ${layout.kind}, got ${found}`);
    }
  }

  /** One byte a unit while it fits (names, messages), two otherwise: no UTF-8 codec exists on every platform we name. */
  #string(text: string): void {
    this.#reserve(4 + text.length * 2);
    const at = this.#used + 4;
    let i = 0;
    for (; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 255) break;
      this.#bytes[at + i] = unit;
    }
    const wide = i < text.length;
    if (wide) for (i = 0; i < text.length; i++) this.#view.setUint16(at + i * 2, text.charCodeAt(i), true);
    this.#view.setUint32(this.#used, text.length * 2 + (wide ? 1 : 0), true);
    this.#used = at + text.length * (wide ? 2 : 1);
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Who wrote a batch: read before anything of it is applied. */
export function readBatchHeader(buffer: ArrayBuffer): { owner: string; epoch: number; mutationCount: number } {
  const reader = new BatchReader(buffer);
  return { owner: reader.owner, epoch: reader.epoch, mutationCount: reader.mutationCount };
}

/** Tells `visitor` every mutation of a batch in order. Trusts the format: it was made by a builder of this process. */
export function readMutationBatch(buffer: ArrayBuffer, visitor: MutationVisitor): void {
  new BatchReader(buffer).readAll(visitor);
}

class BatchReader {
  readonly mutationCount: number;
  readonly epoch: number;
  readonly owner: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  constructor(buffer: ArrayBuffer) {
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.#end = this.#view.getUint32(0, true);
    this.mutationCount = this.#view.getUint32(4, true);
    this.epoch = this.#view.getFloat64(8, true);
    this.#at = HEADER_BYTES;
    this.owner = this.#string();
  }

  readAll(visitor: MutationVisitor): void {
    const scratch: HistoryValue[][] = HISTORY_LAYOUT.map((columns) => columns.map(() => null));
    while (this.#at < this.#end) {
      const op = this.#view.getUint8(this.#at);
      const code = this.#view.getUint8(this.#at + 1);
      const length = this.#view.getUint32(this.#at + 2, true);
      const key = this.#view.getFloat64(this.#at + 6, true);
      this.#at += MUTATION_HEADER_BYTES;
      const end = this.#at + length;
      if (op === OP_HISTORY) {
        const values = scratch[code] ?? [];
        HISTORY_LAYOUT[code]?.forEach(({ type }, i) => (values[i] = this.#value(type)));
        visitor.appendHistory(HISTORY_TABLE_NAMES[code] ?? 'task_history', key, values);
      } else {
        const table = TABLE_NAMES[code] ?? 'meta';
        if (op === OP_PUT) visitor.put(table, key, this.#bytes.subarray(this.#at, end));
        else visitor.delete(table, key);
      }
      this.#at = end;
    }
  }

  #value(type: ColumnLayout['type']): HistoryValue {
    if (this.#bytes[this.#at++] === 0) return null;
    if (type === 'integer') {
      this.#at += 8;
      return this.#view.getFloat64(this.#at - 8, true);
    }
    if (type === 'text') return this.#string();
    const length = this.#view.getUint32(this.#at, true);
    this.#at += 4 + length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #string(): string {
    const head = this.#view.getUint32(this.#at, true);
    const length = head >>> 1;
    const wide = (head & 1) === 1;
    const start = this.#at + 4;
    this.#at = start + length * (wide ? 2 : 1);
    // Chunks, as an argument list has a bound; concatenation makes a rope, which is cheap.
    let text = '';
    for (let from = 0; from < length; from += 4096) {
      const to = Math.min(length, from + 4096);
      const units = wide
        ? Uint16Array.from({ length: to - from }, (_, i) => this.#view.getUint16(start + (from + i) * 2, true))
        : this.#bytes.subarray(start + from, start + to);
      text += String.fromCharCode(...units);
    }
    return text;
  }
}
