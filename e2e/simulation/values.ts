/**
 * Values of the simulated programs: a number that depends on everything that went into the task, in as many bytes as the program
 * wants, each of which depends on the number; so a byte of another value, or too few of them, shows. Some carry a note as well:
 * the reply of an actor says which life of it gave it, and when; what a marked task makes says in which attempt.
 */

const HEADER_BYTES = 8;
const NOTE_BYTES = 12;
/** In the word that holds the size: there is a note of an actor, … */
const IS_REPLY = 0x8000_0000;
/** … or of a marked task. */
const IS_MARKED = 0x4000_0000;
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

/** What a value of a marked task says of its making. */
export interface Mark {
  readonly attempt: number;
}

/** What a value may say of its making. It has no part in its number. */
export type Note = ReplyNote | Mark;

/** Bytes of a value. */
export function valueBytes(digest: number, sizeBytes: number, target: Uint8Array, note?: Note): Uint8Array {
  const view = new DataView(target.buffer, target.byteOffset);
  view.setUint32(0, digest);
  const isMarked = note !== undefined && 'attempt' in note;
  view.setUint32(4, sizeBytes + (isMarked ? IS_MARKED : note ? IS_REPLY : 0));
  const words = isMarked ? [note.attempt, 0, 0] : note ? [note.life, note.position, note.state] : [];
  words.forEach((word, n) => view.setUint32(HEADER_BYTES + 4 * n, word));
  const start = note ? LEAST_NOTED_BYTES : HEADER_BYTES;
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
  const start = sizeWord >= IS_MARKED ? LEAST_NOTED_BYTES : HEADER_BYTES;
  if (sizeWord % IS_MARKED !== bytes.length) return undefined;
  for (let at = start; at < bytes.length - 1; at += STRIDE) if (bytes[at] !== fill(digest, at)) return undefined;
  const last = bytes.length - 1;
  return last < start || bytes[last] === fill(digest, last) ? digest : undefined;
}

/** The note in a value, if it has one. */
export function noteIn(bytes: Uint8Array): Note | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const sizeWord = view.getUint32(4);
  if (sizeWord < IS_MARKED) return undefined;
  if (sizeWord < IS_REPLY) return { attempt: view.getUint32(HEADER_BYTES) };
  return { life: view.getUint32(8), position: view.getUint32(12), state: view.getUint32(16) };
}

export const LEAST_VALUE_BYTES = HEADER_BYTES;
export const LEAST_NOTED_BYTES = HEADER_BYTES + NOTE_BYTES;

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
