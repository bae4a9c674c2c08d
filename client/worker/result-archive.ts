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

/** Levels of nesting in a result; a cycle ends there. */
const MAX_DEPTH = 100;
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
  Float32Array: '<f4',
  Float64Array: '<f8',
  BigInt64Array: '<i8',
  BigUint64Array: '<u8',
};

/**
 * Packs a result. In `result.json` a typed array stands as `{ "$npy": file, "dtype", "length" }`, Map and Set as arrays, Date as
 * ISO text, BigInt as text, an error as its name and message, NaN and infinities as text, undefined as null.
 *
 * @throws SerializationError for what no file can hold, naming its place, and for more than `MAX_RESULT_BYTES`
 */
export function packResult(value: unknown): Uint8Array {
  const files: Zippable = {};
  const plain = new Packer(files).plain(value, 'result', 0);
  files[RESULT_FILE] = [strToU8(`${JSON.stringify(plain, undefined, 2) ?? 'null'}\n`), { level: 6 }];
  const archive = zipSync(files, { level: 0 });
  if (archive.length > MAX_RESULT_BYTES) {
    const [megabytes, limit] = [archive.length, MAX_RESULT_BYTES].map((bytes) => Math.ceil(bytes / 1024 / 1024));
    throw new SerializationError(
      `the result of main has ${megabytes} MB and at most ${limit} MB are kept: return less, or publish files`,
    );
  }
  return archive;
}

class Packer {
  readonly #files: Zippable;

  constructor(files: Zippable) {
    this.#files = files;
  }

  plain(value: unknown, path: string, depth: number): unknown {
    if (depth > MAX_DEPTH) throw new SerializationError(`${path} is nested too deep, or refers to itself`);
    switch (typeof value) {
      case 'undefined':
        return null;
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'bigint':
        return String(value);
      case 'function':
      case 'symbol':
        throw new SerializationError(`${path} is a ${typeof value}: main can return data only`);
      case 'object':
        return value === null ? null : this.#object(value, path, depth + 1);
      default:
        return value;
    }
  }

  #object(value: object, path: string, depth: number): unknown {
    if (value instanceof ObjectRef || isActorHandle(value))
      throw new SerializationError(
        `${path} is a reference, and the object behind it ends with the job: get() it first`,
      );
    if (Array.isArray(value)) return value.map((item, index) => this.plain(item, `${path}[${index}]`, depth));
    if (value instanceof ArrayBuffer) return this.#array(new Uint8Array(value), path);
    if (ArrayBuffer.isView(value)) return this.#array(value, path);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof Error) return { name: value.name, message: value.message };
    if (value instanceof Map)
      return [...value].map(([key, item], index) => [
        this.plain(key, `${path} key ${index}`, depth),
        this.plain(item, `${path} value ${index}`, depth),
      ]);
    if (value instanceof Set) return [...value].map((item, index) => this.plain(item, `${path} item ${index}`, depth));
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, this.plain(item, `${path}.${name}`, depth)]),
    );
  }

  #array(view: ArrayBufferView, path: string): unknown {
    const array = view instanceof DataView ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : view;
    const kind = Object.prototype.toString.call(array).slice('[object '.length, -1);
    const dtype = DTYPES[kind];
    const { length } = array as Uint8Array;
    if (dtype === undefined) throw new SerializationError(`${path} is a ${kind}, which no .npy file holds`);
    const file = this.#fileName(path);
    this.#files[file] = npy(array, dtype, length);
    return { $npy: file, dtype, length };
  }

  #fileName(path: string): string {
    const name = path.replace(/[^\w.-]+/g, '_').slice(0, MAX_NAME_CHARS);
    let file = `${name}.npy`;
    for (let number = 2; file in this.#files; number++) file = `${name}-${number}.npy`;
    return file;
  }
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
