// Values that fill a store many times over. Every one is checked where it is read.

import { get, put, remote } from 'daylight';

/** Bytes that no two values have in common. */
function pattern(length: number, seed: number): Uint32Array {
  const words = new Uint32Array(length / 4);
  let state = seed + 1;
  for (let i = 0; i < words.length; i++) {
    state = Math.imul(state, 1664525) + 1013904223;
    words[i] = state;
  }
  return words;
}

/** True if these are the words of `pattern`. */
export function isPattern(words: Uint32Array, length: number, seed: number): boolean {
  let state = seed + 1;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    if (words[i] !== state) return false;
  }
  return words.byteLength === length;
}

export const make = remote((length: number, seed: number) => pattern(length, seed));
export const verify = remote((words: Uint32Array, length: number, seed: number) => isPattern(words, length, seed));

/** Writes values here, or in tasks, reads them in another order, here and in tasks, and says how many were as they were made. */
export default async function main({ count = 40, sizeBytes = 2_000_000, reads = 100, inTasks = false } = {}) {
  const refs = Array.from({ length: count }, (_, seed) =>
    inTasks ? make.remote(sizeBytes, seed) : put(pattern(sizeBytes, seed)),
  );
  let good = 0;
  for (let read = 0; read < reads; read++) {
    const seed = (read * 7919) % count;
    const ref = refs[seed];
    if (ref && isPattern(await get(ref), sizeBytes, seed)) good += 1;
  }
  let verified = 0;
  const left = refs.entries();
  // A few at a time, so that this is about stores and not about the links between them.
  const readers = [1, 2].map(async () => {
    for (const [seed, ref] of left) if (await get(verify.remote(ref, sizeBytes, seed))) verified += 1;
  });
  await Promise.all(readers);
  return { good, verified };
}
