/**
 * Randomness as a port, so that a simulated world is a function of its seed.
 */

/** A source of random numbers. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/**
 * A seeded generator (a 32-bit counter through a mixing function). Good for tests, jitter and sampling; not for secrets.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      mixed ^= mixed >>> 15;
      return (mixed >>> 0) / 2 ** 32;
    },
  };
}
