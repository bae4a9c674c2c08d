/**
 * What the header of a NumPy file says: type and shape of its array, and where the values begin. Values are read as far as a
 * browser has them.
 */

/** See above. */
export interface NpyHeader {
  /** NumPy's name: `<f4`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Offset of the first value. */
  readonly dataOffset: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const TYPE_WORDS: Readonly<Record<string, string>> = {
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

/** `<f4` → `float32`; what is not known stays as it is. */
export function dtypeWords(dtype: string): string {
  return TYPE_WORDS[dtype.replace(/^[<>|=]/, '')] ?? dtype;
}

/** `10 × 3`; of a plain list its length. */
export function shapeWords(shape: readonly number[]): string {
  return shape.length === 0 ? 'one value' : shape.map((size) => size.toLocaleString('en')).join(' × ');
}

/** @returns undefined for what is no such file */
export function readNpyHeader(bytes: Uint8Array): NpyHeader | undefined {
  if (bytes.length < 10 || MAGIC.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLong = (bytes[6] ?? 0) >= 2;
  const start = isLong ? 12 : 10;
  if (bytes.length < start) return undefined;
  const dataOffset = start + (isLong ? view.getUint32(8, true) : view.getUint16(8, true));
  if (bytes.length < dataOffset) return undefined;
  const text = new TextDecoder('latin1').decode(bytes.subarray(start, dataOffset));
  const dtype = /'descr':\s*'([^']+)'/.exec(text)?.[1];
  const shape = /'shape':\s*\(([^)]*)\)/.exec(text)?.[1];
  if (dtype === undefined || shape === undefined) return undefined;
  const sizes = shape
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  return sizes.every(Number.isSafeInteger) ? { dtype, shape: sizes, dataOffset } : undefined;
}

type Reader = (view: DataView, offset: number) => number | bigint;
const READERS: Readonly<Record<string, { readonly size: number; readonly read: Reader }>> = {
  '|i1': { size: 1, read: (view, at) => view.getInt8(at) },
  '|u1': { size: 1, read: (view, at) => view.getUint8(at) },
  '<i2': { size: 2, read: (view, at) => view.getInt16(at, true) },
  '<u2': { size: 2, read: (view, at) => view.getUint16(at, true) },
  '<i4': { size: 4, read: (view, at) => view.getInt32(at, true) },
  '<u4': { size: 4, read: (view, at) => view.getUint32(at, true) },
  '<i8': { size: 8, read: (view, at) => view.getBigInt64(at, true) },
  '<u8': { size: 8, read: (view, at) => view.getBigUint64(at, true) },
  '<f4': { size: 4, read: (view, at) => view.getFloat32(at, true) },
  '<f8': { size: 8, read: (view, at) => view.getFloat64(at, true) },
};

/** The first values of the array, `count` at most; none if their type is not known. */
export function firstValues(bytes: Uint8Array, { dtype, dataOffset }: NpyHeader, count: number): (number | bigint)[] {
  const reader = READERS[dtype];
  if (!reader) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const there = Math.floor((bytes.length - dataOffset) / reader.size);
  return Array.from({ length: Math.min(count, there) }, (_, index) =>
    reader.read(view, dataOffset + index * reader.size),
  );
}
