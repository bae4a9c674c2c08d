/**
 * What the `main` of a submitted job did, as far as a later run of it has to know (rule J1): kept from its first call to its end,
 * or from its last checkpoint. Entries are appended to parts of a few kilobytes; a commit writes the last part again and leaves
 * the others alone.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { type HistoryEntry, readEntries, writeEntry } from '#shared/task/history-entries.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { array, bool, bytes, struct, uint } from '#shared/wire/schema.ts';
import type { ObjectRecord } from './entities.ts';
import { KeyTable } from './key-table.ts';

/** A part is closed once it has so many bytes. */
const PART_BYTES = 8 * 1024;
/** A row's key is that of its job and its part. */
const PARTS_PER_JOB = 2 ** 26;
const HEAD_PART = 0;
const STATE_PART = PARTS_PER_JOB - 1;

const headRow = struct({
  main: uint,
  position: uint,
  lines: uint,
  first: uint,
  last: uint,
  hasState: bool,
  nested: array(uint, { maxCount: 1_000_000 }),
});
const stateRow = struct({ state: bytes({ maxBytes: 64 * 1024 * 1024 }) });

/** What `context().checkpoint(state)` left. */
export interface Checkpoint {
  readonly state: Uint8Array;
  /** What the state refers to. */
  readonly nested: readonly ObjectKey[];
}

/** Job and part of a row's key. */
export function partOfRow(rowKey: number): { job: number; part: number } {
  return { job: Math.floor(rowKey / PARTS_PER_JOB), part: rowKey % PARTS_PER_JOB };
}

/** The history of one job. */
export class JobHistory {
  readonly job: number;
  /** The task whose history it is. */
  readonly main: ObjectKey;
  /** Calls and puts before the history begins. */
  position = 0;
  /** Lines that `main` printed since then: another run prints them again, and they are not to be seen twice. */
  lines = 0;
  checkpoint: Checkpoint | undefined;
  /** What it called and put, by the keys that another run gives them again. */
  readonly keys = new Set<ObjectKey>();
  /** Puts by their numbers, which are their names. */
  readonly puts = new Map<number, ObjectKey>();
  /** Puts whose values are lost and that the present run was told to put again. */
  promised: ReadonlySet<ObjectKey> = new Set();
  /** All that `main` holds. */
  readonly holdings = new KeyTable<ObjectRecord>();
  readonly #dirty: Set<number>;
  readonly #names = new Map<string, number>();
  readonly #parts = new Map<number, Uint8Array>();
  #first = 1;
  #last = 1;
  readonly #tail = new ByteWriter(PART_BYTES * 2);
  /** Calls and puts in this history. */
  #count = 0;

  /** @param dirty takes the keys of rows that are to be written */
  constructor(job: number, main: ObjectKey, dirty: Set<number>) {
    this.job = job;
    this.main = main;
    this.#dirty = dirty;
  }

  /** Rows that it has, head and state among them. */
  get rowCount(): number {
    return this.#last - this.#first + 2 + (this.checkpoint ? 1 : 0);
  }

  /** Bytes of its entries. */
  get sizeBytes(): number {
    let size = this.#tail.length;
    for (const part of this.#parts.values()) size += part.length;
    return size;
  }

  /** A new task of `main`, an actor or a call of one. */
  addCall(key: ObjectKey, name: string, digest: number): void {
    let fn = this.#names.get(name);
    if (fn === undefined) {
      fn = this.#names.size;
      this.#names.set(name, fn);
      this.#append({ kind: 'name', name });
    }
    this.keys.add(key);
    this.#count += 1;
    this.#append({ kind: 'call', key, fn, digest });
  }

  /** @param n its number among all calls and puts */
  addPut(key: ObjectKey, n: number, { sizeBytes, digest }: { sizeBytes: number; digest: number }): void {
    this.keys.add(key);
    this.puts.set(n, key);
    this.#count += 1;
    this.#append({ kind: 'put', key, sizeBytes, digest });
  }

  add(entry: HistoryEntry): void {
    this.#append(entry);
  }

  /** It begins: even of one in which nothing happens another run has to know. */
  begin(): void {
    this.#touch(HEAD_PART);
  }

  /** `main` printed a line. */
  printed(): void {
    this.lines += 1;
    this.#touch(HEAD_PART);
  }

  /** What led to the checkpoint is forgotten. */
  cut(checkpoint: Checkpoint, position: number): void {
    for (let part = this.#first; part <= this.#last; part++) this.#touch(part);
    this.checkpoint = checkpoint;
    this.position = position;
    this.lines = 0;
    this.keys.clear();
    this.puts.clear();
    this.#names.clear();
    this.#parts.clear();
    this.#tail.reset();
    this.#count = 0;
    this.#last += 1;
    this.#first = this.#last;
    this.#touch(HEAD_PART);
    this.#touch(STATE_PART);
  }

  /** The references that count in a digest (see `DigestedCall.refs`). */
  own(keys: readonly ObjectKey[]): ObjectKey[] {
    return keys.map((key) => (this.keys.has(key) ? key : 0));
  }

  /**
   * Entries from a part on, about `maxBytes` of them.
   *
   * @param from 0 for the beginning
   * @returns with where to go on; 0 at the end
   */
  read(from: number, maxBytes: number): { entries: Uint8Array; next: number } {
    const writer = new ByteWriter(Math.min(maxBytes, this.sizeBytes) + PART_BYTES);
    let part = Math.max(from, this.#first);
    for (; part <= this.#last && writer.length < maxBytes; part++) writer.raw(this.#partBytes(part));
    return { entries: writer.finish(), next: part > this.#last ? 0 : part };
  }

  /** Everything of it is to be deleted. */
  remove(): void {
    this.#touch(HEAD_PART);
    this.#touch(STATE_PART);
    for (let part = this.#first; part <= this.#last; part++) this.#touch(part);
  }

  /** The bytes of a row; undefined if there is none. */
  row(part: number): Uint8Array | undefined {
    const writer = new ByteWriter(256);
    if (part === HEAD_PART) {
      headRow.write(writer, {
        main: this.main,
        position: this.position,
        lines: this.lines,
        first: this.#first,
        last: this.#last,
        hasState: this.checkpoint !== undefined,
        nested: [...(this.checkpoint?.nested ?? [])],
      });
      return writer.finish();
    }
    if (part === STATE_PART) {
      if (!this.checkpoint) return undefined;
      stateRow.write(writer, { state: this.checkpoint.state });
      return writer.finish();
    }
    return part < this.#first || part > this.#last ? undefined : this.#partBytes(part);
  }

  /** Takes a row of an earlier life of the server; those of a job come by their parts. */
  restore(part: number, row: Uint8Array): void {
    if (part === HEAD_PART) {
      const { position, lines, first, last, hasState, nested } = headRow.read(new ByteReader(row));
      this.position = position;
      this.lines = lines;
      this.#first = first;
      this.#last = last;
      // The state itself is in the last row.
      if (hasState) this.checkpoint = { state: NO_BYTES, nested };
    } else if (part === STATE_PART) {
      const state = stateRow.read(new ByteReader(row)).state.slice();
      this.checkpoint = { state, nested: this.checkpoint?.nested ?? [] };
    } else {
      for (const entry of readEntries(new ByteReader(row))) this.#restored(entry);
      if (part === this.#last) this.#tail.raw(row);
      else this.#parts.set(part, row.slice());
    }
  }

  #restored(entry: HistoryEntry): void {
    if (entry.kind === 'name') this.#names.set(entry.name, this.#names.size);
    if (entry.kind !== 'call' && entry.kind !== 'put') return;
    this.keys.add(entry.key);
    if (entry.kind === 'put') this.puts.set(this.position + this.#count, entry.key);
    this.#count += 1;
  }

  #append(entry: HistoryEntry): void {
    if (this.#tail.length >= PART_BYTES) {
      this.#parts.set(this.#last, this.#tail.finish());
      this.#tail.reset();
      this.#last += 1;
      this.#touch(HEAD_PART);
    }
    writeEntry(this.#tail, entry);
    this.#touch(this.#last);
  }

  #partBytes(part: number): Uint8Array {
    return part === this.#last ? this.#tail.finish() : (this.#parts.get(part) ?? NO_BYTES);
  }

  #touch(part: number): void {
    this.#dirty.add(this.job * PARTS_PER_JOB + part);
  }
}

const NO_BYTES = new Uint8Array(0);

/** The task whose history a head row begins; undefined for another row. */
export function mainOfRow(part: number, row: Uint8Array): ObjectKey | undefined {
  return part === HEAD_PART ? headRow.read(new ByteReader(row)).main : undefined;
}
