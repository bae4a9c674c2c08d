// Seeded random numbers for the examples. A task may run anywhere and, after a failure, run again somewhere else:
// its result is only reproducible if its randomness comes from its arguments. `Math.random()` cannot be seeded.

/** A stream of random numbers, fully determined by its seed. */
export interface Random {
  /** The next number, uniform in [0, 1), a multiple of 2^-32. */
  next(): number;
  /** The next whole number, uniform in 0 … `bound` - 1, for `bound` up to 2^32. */
  below(bound: number): number;
}

/**
 * A generator for the stream named by `parts` (whole numbers, for example a seed, a purpose and an epoch). Streams of
 * different names are unrelated, so each user takes one of their own instead of sharing a position in one stream.
 * Integer arithmetic only (mulberry32): the same numbers on every JavaScript engine.
 */
export function seededRandom(...parts: number[]): Random {
  let state = parts.reduce((hash, part) => scramble(hash ^ scramble(part)), 0x9e3779b9);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    return scramble(state) / 2 ** 32;
  };
  return { next, below: (bound) => Math.floor(next() * bound) };
}

/** Spreads every bit of a 32-bit whole number over all bits of the result, which is unsigned. */
function scramble(value: number): number {
  let bits = Math.imul((value ^ (value >>> 16)) + 0x7f4a7c15, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Shuffles `items` in place (Fisher–Yates): every order is equally likely, and `random` decides which. */
export function shuffle(items: Uint16Array, random: Random): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    const moved = items[last] ?? 0;
    items[last] = items[other] ?? 0;
    items[other] = moved;
  }
}
