/** Bytes to values: the mirror of the encoder. The bytes may come from a stranger: every count is checked before it is believed. */
import { SerializationError } from '../errors/daylight-error.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import { registeredById } from './class-registry.ts';
import { createError, setErrorField } from './error-values.ts';
import type { ReferenceKind } from './value-encoder.ts';
import { MAX_VALUE_DEPTH, SMALL_INTEGER, TAG } from './value-format.ts';
import type { ViewTable } from './view-table.ts';

/** What a decoder is told about its surroundings. */
export interface DecodeContext {
  /**
   * true: typed arrays own their memory. false: they are views of the bytes where alignment allows (give the bytes at a multiple
   * of 64), must not be written, and keep the bytes alive. ArrayBuffers are always copied.
   */
  readonly copy: boolean;
  /** The ObjectRef or ActorHandle with that number among the value's references that are not argument slots. */
  reference?(index: number, kind: ReferenceKind, description: string): object;
  /** The resolved value of an argument slot, see `decodeArgs`; what it throws passes through. */
  argument?(index: number): unknown;
}

/** The text that comes with an actor reference: a class name and its methods. */
const MAX_DESCRIPTION_BYTES = 64 * 1024;

/** Takes the number of an instance whose state is still being read. */
const UNFINISHED = Symbol('unfinished');

/** Decodes one value or argument list. */
export class ValueDecoder {
  readonly #reader: ByteReader;
  readonly #views: ViewTable | undefined;
  readonly #context: DecodeContext;
  readonly #objects: unknown[] = [];

  constructor(reader: ByteReader, views: ViewTable | undefined, context: DecodeContext) {
    this.#reader = reader;
    this.#views = views;
    this.#context = context;
  }

  /** Reads one value. @throws SerializationError or WireError on bytes no encoder makes. */
  read(depth: number): unknown {
    const reader = this.#reader;
    const tag = reader.u8();
    if (tag >= SMALL_INTEGER) return tag - SMALL_INTEGER;
    switch (tag) {
      case TAG.undefined:
        return undefined;
      case TAG.null:
        return null;
      case TAG.false:
        return false;
      case TAG.true:
        return true;
      case TAG.integer:
        return reader.zigzag();
      case TAG.float64:
        return reader.f64();
      case TAG.nan:
        return Number.NaN;
      case TAG.string:
        return reader.string(Infinity);
      case TAG.utf16:
        return this.#utf16();
      case TAG.bigint:
        return this.#bigint();
      default:
        if (depth >= MAX_VALUE_DEPTH)
          throw new SerializationError(`malformed value: nests deeper than ${MAX_VALUE_DEPTH} levels`);
        return this.#object(tag, depth);
    }
  }

  #object(tag: number, depth: number): unknown {
    switch (tag) {
      case TAG.object:
        return this.#plainObject(depth);
      case TAG.array:
        return this.#array(depth);
      case TAG.backReference:
        return this.#backReference();
      case TAG.view:
        return this.#remember(this.#view());
      case TAG.map:
        return this.#map(depth);
      case TAG.set:
        return this.#set(depth);
      case TAG.date:
        return this.#remember(new Date(this.#reader.f64()));
      case TAG.regexp:
        return this.#remember(this.#regexp());
      case TAG.error:
        return this.#error(depth);
      case TAG.instance:
        return this.#instance(depth);
      case TAG.reference:
        return this.#remember(this.#reference());
      case TAG.argument:
        return this.#argument(depth);
      default:
        throw new SerializationError(`malformed value: tag ${tag}`);
    }
  }

  #remember<T>(object: T): T {
    this.#objects.push(object);
    return object;
  }

  #count(minBytesEach: number): number {
    const count = this.#reader.varint();
    if (count * minBytesEach > this.#reader.remaining)
      throw new SerializationError('malformed value: a count passes the end');
    return count;
  }

  #plainObject(depth: number): object {
    const count = this.#count(2);
    const object: Record<string, unknown> = this.#remember({});
    for (let index = 0; index < count; index++) {
      const key = this.#reader.name(Infinity);
      const value = this.read(depth + 1);
      // Assignment to `__proto__` would call its setter and change what the object inherits.
      if (key === '__proto__')
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
      else object[key] = value;
    }
    return object;
  }

  #array(depth: number): unknown[] {
    const count = this.#count(1);
    const values: unknown[] = this.#remember([]);
    for (let index = 0; index < count; index++) values.push(this.read(depth + 1));
    return values;
  }

  #map(depth: number): Map<unknown, unknown> {
    const count = this.#count(2);
    const map = this.#remember(new Map<unknown, unknown>());
    for (let index = 0; index < count; index++) {
      const key = this.read(depth + 1);
      map.set(key, this.read(depth + 1));
    }
    return map;
  }

  #set(depth: number): Set<unknown> {
    const count = this.#count(1);
    const set = this.#remember(new Set<unknown>());
    for (let index = 0; index < count; index++) set.add(this.read(depth + 1));
    return set;
  }

  #backReference(): unknown {
    const object = this.#objects[this.#reader.varint()];
    if (object === undefined || object === UNFINISHED)
      throw new SerializationError('malformed value: reference to an object not read yet');
    return object;
  }

  #view(): ArrayBuffer | ArrayBufferView {
    if (this.#views === undefined) throw new SerializationError('malformed value: a view without buffers');
    return this.#views.next();
  }

  #regexp(): RegExp {
    const source = this.#text();
    const flags = this.#text();
    try {
      return new RegExp(source, flags);
    } catch (cause) {
      throw new SerializationError('malformed value: regular expression', { cause });
    }
  }

  #error(depth: number): Error {
    const reader = this.#reader;
    const kind = reader.string(Infinity);
    const name = this.#text();
    const message = this.#text();
    const stack = this.read(depth + 1);
    if (stack !== undefined && typeof stack !== 'string')
      throw new SerializationError('malformed value: stack of an error');
    const error = this.#remember(createError(kind, name, message, stack));
    const count = this.#count(2);
    for (let index = 0; index < count; index++) {
      const key = reader.name(Infinity);
      setErrorField(error, key, this.read(depth + 1));
    }
    return error;
  }

  #instance(depth: number): object {
    const id = this.#reader.string(Infinity);
    const registered = registeredById(id);
    if (registered === undefined) {
      throw new SerializationError(
        `class '${id}' is not registered here: call serializable() at the top level of its module`,
      );
    }
    const number = this.#objects.push(UNFINISHED) - 1;
    const state = this.read(depth + 1);
    try {
      const instance = registered.from(state);
      this.#objects[number] = instance;
      return instance;
    } catch (cause) {
      throw new SerializationError(
        `class '${id}': from() threw: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }

  #reference(): object {
    const kind = this.#reader.u8() === 0 ? 'object' : 'actor';
    const index = this.#reader.varint();
    const description = kind === 'actor' ? this.#reader.string(MAX_DESCRIPTION_BYTES) : '';
    if (this.#context.reference === undefined)
      throw new SerializationError('the value holds references, and none can be resolved here');
    return this.#context.reference(index, kind, description);
  }

  #argument(depth: number): unknown {
    const index = this.#reader.varint();
    if (depth > 0 || this.#context.argument === undefined)
      throw new SerializationError('malformed value: argument slot outside an argument list');
    return this.#context.argument(index);
  }

  #text(): string {
    const text = this.read(MAX_VALUE_DEPTH); // at this depth only scalars are read
    if (typeof text !== 'string') throw new SerializationError('malformed value: text expected');
    return text;
  }

  #utf16(): string {
    const count = this.#count(2);
    let text = '';
    for (let index = 0; index < count; index++) {
      const low = this.#reader.u8();
      text += String.fromCharCode(low | (this.#reader.u8() << 8));
    }
    return text;
  }

  #bigint(): bigint {
    const negative = this.#reader.u8() === 1;
    const bytes = this.#reader.raw(this.#count(1));
    let hex = '';
    for (let index = bytes.length - 1; index >= 0; index--) hex += (bytes[index] ?? 0).toString(16).padStart(2, '0');
    const magnitude = BigInt(`0x${hex || '0'}`);
    return negative ? -magnitude : magnitude;
  }
}
