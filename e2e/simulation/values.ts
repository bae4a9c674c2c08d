/**
 * Values of the simulated programs: a number that depends on everything that went into the task, in as many bytes as the program
 * wants, each of which depends on the number; so a byte of another value, or too few of them, shows.
 */

const HEADER_BYTES = 12;
/** Of a large value every byte so far apart is looked at, and the last. */
const STRIDE = 251;

/** Bytes of a value. @param mark what else it says; it has no part in the number */
export function valueBytes(digest: number, mark: number, target: Uint8Array): Uint8Array {
  const sizeBytes = target.length;
  const view = new DataView(target.buffer, target.byteOffset);
  view.setUint32(0, digest);
  view.setUint32(4, sizeBytes);
  view.setUint32(8, mark);
  for (let at = HEADER_BYTES; at < sizeBytes; at += STRIDE) target[at] = fill(digest, at);
  if (sizeBytes > HEADER_BYTES) target[sizeBytes - 1] = fill(digest, sizeBytes - 1);
  return target;
}

/** The number in a value; undefined if these are not the bytes that were written. */
export function digestIn(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const digest = view.getUint32(0);
  if (view.getUint32(4) !== bytes.length) return undefined;
  for (let at = HEADER_BYTES; at < bytes.length - 1; at += STRIDE) if (bytes[at] !== fill(digest, at)) return undefined;
  const last = bytes.length - 1;
  return last < HEADER_BYTES || bytes[last] === fill(digest, last) ? digest : undefined;
}

/** The mark of a value. */
export function markIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(8);
}

export const LEAST_VALUE_BYTES = HEADER_BYTES;

/** Mixes a number into another. */
export function mix(into: number, value: number): number {
  let mixed = Math.imul(into ^ value, 0x21f0aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed + 0x9e3779b9, 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

function fill(digest: number, at: number): number {
  return (Math.imul(digest, 31) + at) & 0xff;
}
