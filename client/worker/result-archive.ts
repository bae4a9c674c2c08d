/**
 * What a submitted job's `main` returns, as people take it home: a zip archive with `result.json` and one `.npy` file for each
 * typed array in it. It is made where the job ran, because the server never reads the inside of a value (rule T3).
 */
import { strToU8, type Zippable, zipSync } from 'fflate';
import { SerializationError } from '#shared/errors/daylight-error.ts';
import { MAX_RESULT_BYTES, RESULT_FILE } from '#shared/task/main-function.ts';
import type { EncodedValue } from '#shared/serialization/value-codec.ts';
import { isActorHandle } from '../api/actor-handle.ts';
import { ObjectRef } from '../api/object-ref.ts';

/** Levels of nesting in a result. */
const MAX_DEPTH = 100;
/** Text of `result.json`, about: what is referred to from several places stands at each of them, and may so become any number. */
const MAX_TEXT_CHARS = 256 * 1024 * 1024;
/** Of a value, with its comma, its line and what it is indented by. */
const VALUE_CHARS = 8;
/** Of an object beside what is in it. */
const OBJECT_CHARS = 24;
/** The zip format counts its files in 16 bits. */
const MAX_FILES = 65_000;
const MAX_NAME_CHARS = 60;

/** The result of `main` as the bytes of its object: the archive itself, which no `get` reads. @throws as {@link packResult} */
export function encodeResult(value: unknown): EncodedValue {
  const archive = packResult(value);
  return {
    sizeBytes: archive.length,
    references: [],
    writeInto: (target, offset) => target.set(archive, offset),
    toBytes: () => archive.slice(),
  };
}

/** NumPy's names of element types, little-endian. */
const DTYPES: Readonly<Record<string, string>> = {
  Int8Array: '|i1',
  Uint8Array: '|u1',
  Uint8ClampedArray: '|u1',
  Int16Array: '<i2',
  Uint16Array: '<u2',
  Int32Array: '<i4',
  Uint32Array: '<u4',
  Float16Array: '<f2',
  Float32Array: '<f4',
  Float64Array: '<f8',
  BigInt64Array: '<i8',
  BigUint64Array: '<u8',
};

/**
 * Packs a result. In `result.json` a typed array or buffer stands as `{ "$npy": file, "dtype", "length" }`, Map and Set as arrays,
 * Date as ISO text, BigInt as text, an error as its name and message, NaN and infinities as text, undefined as null. Any other
 * object is what `JSON.stringify` makes of it: what its `toJSON` says, or else its own fields. What that would leave nothing of (a
 * promise, a regular expression, an object that keeps all in private fields) is refused: it would be missed only at home.
 *
 * @throws SerializationError for what no file can hold, naming its place, for more than `MAX_RESULT_BYTES`, and for more arrays or
 * text than an archive takes
 */
export function packResult(value: unknown): Uint8Array {
  const files: Zippable = {};
  const plain = new Packer(files).plain(value, 'result', 0);
  files[RESULT_FILE] = [strToU8(`${textOf(plain)}\n`), { level: 6 }];
  const archive = zipSync(files, { level: 0 });
  if (archive.length > MAX_RESULT_BYTES) throw tooLarge(archive.length);
  return archive;
}

function textOf(plain: unknown): string {
  try {
    return JSON.stringify(plain, undefined, 2);
  } catch (error) {
    // Longer than an engine's strings can be.
    throw error instanceof RangeError ? tooMuchText() : error;
  }
}

function tooLarge(sizeBytes: number): SerializationError {
  const [megabytes, limit] = [sizeBytes, MAX_RESULT_BYTES].map((bytes) => Math.ceil(bytes / 1024 / 1024));
  return new SerializationError(
    `the result of main has ${megabytes} MB and at most ${limit} MB are kept: return less, or publish files`,
  );
}

function tooMuchText(): SerializationError {
  const limit = MAX_TEXT_CHARS / 1024 / 1024;
  return new SerializationError(
    `the result of main has more than ${limit} MB beside its arrays: return typed arrays, or less; what several places refer to is written at each`,
  );
}

/** What became of an object, for the other places where it stands. */
interface Packed {
  readonly plain: unknown;
  readonly textChars: number;
  /** Levels of nesting in it. */
  readonly levels: number;
}

class Packer {
  readonly #files: Zippable;
  #fileCount = 0;
  #fileBytes = 0;
  /** By the name that a file would have if it were the only one: the last number that was put behind it. */
  readonly #numbers = new Map<string, number>();
  /** Objects that were met; undefined for those that are just being packed. */
  readonly #packed = new Map<object, Packed | undefined>();
  #textChars = 0;
  /** The deepest level that was reached in the object that is being packed. */
  #deepest = 0;

  constructor(files: Zippable) {
    this.#files = files;
  }

  plain(value: unknown, path: string, depth: number): unknown {
    this.#reach(depth, path);
    switch (typeof value) {
      case 'undefined':
        return null;
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'string':
        this.#spend(value.length);
        return value;
      case 'bigint':
        return String(value);
      case 'function':
      case 'symbol':
        throw new SerializationError(`${path} is a ${typeof value}: main can return data only`);
      case 'object':
        return value === null ? null : this.#once(value, path, depth);
      default:
        return value;
    }
  }

  #reach(depth: number, path: string): void {
    if (depth > MAX_DEPTH) throw new SerializationError(`${path} is nested too deep`);
    this.#deepest = Math.max(this.#deepest, depth);
  }

  #spend(chars: number): void {
    this.#textChars += chars;
    if (this.#textChars > MAX_TEXT_CHARS) throw tooMuchText();
  }

  /** An object is packed once, and costs its text wherever it stands: so time is bounded by what there is, and text by its limit. */
  #once(value: object, path: string, depth: number): unknown {
    const known = this.#packed.get(value);
    if (known) {
      this.#reach(depth + known.levels, path);
      this.#spend(known.textChars);
      return known.plain;
    }
    if (this.#packed.has(value)) throw new SerializationError(`${path} refers to itself`);
    this.#packed.set(value, undefined);
    const [charsBefore, deepestBefore] = [this.#textChars, this.#deepest];
    this.#deepest = depth;
    this.#spend(OBJECT_CHARS);
    const plain = this.#object(value, path, depth + 1);
    this.#packed.set(value, { plain, textChars: this.#textChars - charsBefore, levels: this.#deepest - depth });
    this.#deepest = Math.max(this.#deepest, deepestBefore);
    return plain;
  }

  #object(value: object, path: string, depth: number): unknown {
    if (value instanceof ObjectRef || isActorHandle(value))
      throw new SerializationError(
        `${path} is a reference, and the object behind it ends with the job: get() it first`,
      );
    if (hasMethod(value, 'then')) throw new SerializationError(`${path} is a promise: await it first`);
    if (Array.isArray(value)) return this.#list(value, depth, (index) => `${path}[${index}]`);
    if (ArrayBuffer.isView(value)) return this.#array(value, path);
    if (value instanceof ArrayBuffer || isSharedBuffer(value)) return this.#array(new Uint8Array(value), path);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof Error)
      return this.#fields(Object.entries({ name: value.name, message: value.message }), path, depth);
    if (hasMethod(value, 'toJSON')) {
      const said: unknown = value.toJSON('');
      if (said !== value) return this.plain(said, path, depth);
    }
    if (value instanceof Map) {
      this.#spend(value.size * (OBJECT_CHARS + 2 * VALUE_CHARS));
      return [...value].map(([key, item], index) => [
        this.plain(key, `${path} key ${index}`, depth),
        this.plain(item, `${path} value ${index}`, depth),
      ]);
    }
    if (value instanceof Set) return this.#list([...value], depth, (index) => `${path} item ${index}`);
    if (value instanceof Number || value instanceof String || value instanceof Boolean || value instanceof BigInt)
      return this.plain(value.valueOf(), path, depth);
    return this.#fields(fieldsOf(value, path), path, depth);
  }

  #list(items: readonly unknown[], depth: number, pathOf: (index: number) => string): unknown[] {
    // By its length: what was never set is written, too.
    this.#spend(items.length * VALUE_CHARS);
    return items.map((item, index) => this.plain(item, pathOf(index), depth));
  }

  #fields(fields: readonly [string, unknown][], path: string, depth: number): unknown {
    return Object.fromEntries(
      fields.map(([name, item]) => {
        this.#spend(name.length + VALUE_CHARS);
        return [name, this.plain(item, `${path}.${name}`, depth)];
      }),
    );
  }

  #array(view: ArrayBufferView, path: string): unknown {
    const array = view instanceof DataView ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : view;
    const kind = className(array);
    const dtype = DTYPES[kind];
    const { length } = array as Uint8Array;
    if (dtype === undefined) throw new SerializationError(`${path} is a ${kind}, which no .npy file holds`);
    this.#fileCount += 1;
    if (this.#fileCount > MAX_FILES)
      throw new SerializationError(
        `the result of main has more than ${MAX_FILES} arrays, and each is a file: join them into larger ones`,
      );
    this.#fileBytes += array.byteLength;
    if (this.#fileBytes > MAX_RESULT_BYTES) throw tooLarge(this.#fileBytes);
    const file = this.#fileName(path);
    this.#files[file] = npy(array, dtype, length);
    return { $npy: file, dtype, length };
  }

  #fileName(path: string): string {
    const name = path.replace(/[^\w.-]+/g, '_').slice(0, MAX_NAME_CHARS);
    let number = this.#numbers.get(name) ?? 0;
    let file: string;
    do {
      number += 1;
      file = number === 1 ? `${name}.npy` : `${name}-${number}.npy`;
    } while (file in this.#files);
    this.#numbers.set(name, number);
    return file;
  }
}

function hasMethod<N extends string>(value: object, name: N): value is { readonly [K in N]: (key: string) => unknown } {
  return typeof Reflect.get(value, name) === 'function';
}

/** Pages that are not isolated do not have the class. */
function isSharedBuffer(value: object): value is SharedArrayBuffer {
  return typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer;
}

/** An object of no class, also one of another realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function fieldsOf(value: object, path: string): [string, unknown][] {
  const fields: [string, unknown][] = Object.entries(value);
  if (fields.length > 0 || isPlain(value)) return fields;
  throw new SerializationError(
    `${path} is of class ${className(value)}, of which nothing can be written: return its parts, or give it a toJSON`,
  );
}

/** As the language calls it, or else as its program does. */
function className(value: object): string {
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return tag === 'Object' ? String(Object(Reflect.get(value, 'constructor')).name) : tag;
}

/** NumPy's format, version 1.0: magic, length of the header, header padded to 64 bytes, the elements. */
function npy(array: ArrayBufferView, dtype: string, length: number): Uint8Array {
  const text = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${length},), }`;
  const head = 10;
  const padded = text.padEnd(Math.ceil((head + text.length + 1) / 64) * 64 - head - 1) + '\n';
  const bytes = new Uint8Array(head + padded.length + array.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 0xff, padded.length >> 8]);
  bytes.set(strToU8(padded), head);
  bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), head + padded.length);
  return bytes;
}
