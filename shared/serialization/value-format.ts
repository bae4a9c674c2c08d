/**
 * The byte form of a value: what each tag means, and where buffers lie.
 *
 * Without binary data a value is its *body* alone: a tag, then what the tag asks for, nested. With binary data it is
 *
 *     0x00 · body size · segments · views · body · padding · segment · padding · segment …
 *
 * *Segments* are stretches of memory, at multiples of 8 bytes from the start of the value (64 from 1 KB on), so that a decoder
 * can lay typed arrays over them without a copy. *Views* say which type covers which part of which segment, in the order their
 * tags appear in the body. Objects are numbered in the order they are first met; BACK_REFERENCE names an earlier one, which is
 * how cycles and shared identity survive.
 */

/** Deepest nesting of a value. Keeps the recursion of either side within the smallest stack (a browser worker's). */
export const MAX_VALUE_DEPTH = 500;

/** Byte tags. Tags of {@link SMALL_INTEGER} and above are the whole numbers 0..127 themselves. */
export const TAG = {
  container: 0,
  undefined: 1,
  null: 2,
  false: 3,
  true: 4,
  integer: 5, // zigzag varint
  float64: 6,
  string: 7, // size, UTF-8
  utf16: 8, // count, code units: text with lone surrogates, which UTF-8 cannot carry
  bigint: 9, // sign, size, magnitude bytes low first
  array: 10, // count, values
  object: 11, // count, (key, value)
  map: 12, // count, (key, value)
  set: 13, // count, values
  date: 14, // f64 milliseconds
  regexp: 15, // source, flags
  error: 16, // see error-values.ts
  view: 17, // next entry of the view table
  backReference: 18, // object number
  instance: 19, // class id, value
  reference: 20, // kind, index into the value's references
  argument: 21, // index into the references: a top-level ref, given to the function as its value
  nan: 22,
} as const;

/** First tag of the whole numbers 0..127. */
export const SMALL_INTEGER = 0x80;

/** Kinds of things that lie in segments; the position in this list is the code on the wire. */
export const VIEW_KINDS = [
  'ArrayBuffer',
  'DataView',
  'Uint8Array',
  'Int8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Float16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float64Array',
] as const;

/** One of {@link VIEW_KINDS}. */
export type ViewKind = (typeof VIEW_KINDS)[number];

const ELEMENT_BYTES: Readonly<Record<ViewKind, number>> = {
  ArrayBuffer: 1,
  DataView: 1,
  Uint8Array: 1,
  Int8Array: 1,
  Uint8ClampedArray: 1,
  Int16Array: 2,
  Uint16Array: 2,
  Float16Array: 2,
  Int32Array: 4,
  Uint32Array: 4,
  Float32Array: 4,
  BigInt64Array: 8,
  BigUint64Array: 8,
  Float64Array: 8,
};

/** Bytes per element, 1 for ArrayBuffer and DataView. */
export function elementBytes(kind: ViewKind): number {
  return ELEMENT_BYTES[kind];
}

/** What must divide the start of a segment of that size, counted from the start of the value. */
export function segmentAlignment(sizeBytes: number): number {
  return sizeBytes >= 1024 ? 64 : 8;
}

/** The least multiple of `alignment` (a power of two) that is ≥ `offset`. */
export function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}
