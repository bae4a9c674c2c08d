/**
 * Values of the simulated programs: a number that depends on everything that went into the task, in as many bytes as the program
 * wants, each of which depends on the number; so a byte of another value, or too few of them, shows. The reply of an actor
 * carries a note as well: which life of the actor gave it, and when.
 */

const HEADER_BYTES = 8;
const NOTE_BYTES = 12;
/** In the word that holds the size: there is a note. */
const HAS_NOTE = 0x8000_0000;
/** Of a large value every byte so far apart is looked at, and the last. */
const STRIDE = 251;

/** What a reply of an actor says of its making. */
export interface ReplyNote {
  readonly life: number;
  /** Calls that this life answered before. */
  readonly position: number;
  /** A number that depends on all of them. */
  readonly state: number;
}

/** Bytes of a value. */
export function valueBytes(digest: number, sizeBytes: number, target: Uint8Array, note?: ReplyNote): Uint8Array {
  const view = new DataView(target.buffer, target.byteOffset);
  view.setUint32(0, digest);
  view.setUint32(4, note ? sizeBytes + HAS_NOTE : sizeBytes);
  if (note) [note.life, note.position, note.state].forEach((word, n) => view.setUint32(HEADER_BYTES + 4 * n, word));
  const start = note ? LEAST_REPLY_BYTES : HEADER_BYTES;
  for (let at = start; at < sizeBytes; at += STRIDE) target[at] = fill(digest, at);
  if (sizeBytes > start) target[sizeBytes - 1] = fill(digest, sizeBytes - 1);
  return target;
}

/** The number in a value; undefined if these are not the bytes that were written. */
export function digestIn(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const digest = view.getUint32(0);
  const sizeWord = view.getUint32(4);
  const start = sizeWord >= HAS_NOTE ? LEAST_REPLY_BYTES : HEADER_BYTES;
  if (sizeWord % HAS_NOTE !== bytes.length) return undefined;
  for (let at = start; at < bytes.length - 1; at += STRIDE) if (bytes[at] !== fill(digest, at)) return undefined;
  const last = bytes.length - 1;
  return last < start || bytes[last] === fill(digest, last) ? digest : undefined;
}

/** The note in a value, if it is the reply of an actor. */
export function noteIn(bytes: Uint8Array): ReplyNote | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(4) < HAS_NOTE) return undefined;
  return { life: view.getUint32(8), position: view.getUint32(12), state: view.getUint32(16) };
}

export const LEAST_VALUE_BYTES = HEADER_BYTES;
export const LEAST_REPLY_BYTES = HEADER_BYTES + NOTE_BYTES;

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
