import { describe, expect, it } from 'vitest';
import { expNonPositive } from './portable-math.ts';

describe('expNonPositive', () => {
  it('agrees with the exponential of the engine to fifteen digits', () => {
    for (let x = 0; x > -700; x -= 0.0137) {
      const expected = Math.exp(x);
      expect(Math.abs(expNonPositive(x) - expected) / expected).toBeLessThan(1e-15);
    }
  });

  it('is exactly 1 at 0, and 0 where the result would be too small to be a number of full precision', () => {
    expect(expNonPositive(0)).toBe(1);
    expect(expNonPositive(-708)).toBeGreaterThan(0);
    expect(expNonPositive(-708.1)).toBe(0);
    expect(expNonPositive(-Infinity)).toBe(0);
  });

  it('gives these bits on every engine', () => {
    let sum = 0;
    for (let k = 0; k < 10_000; k += 1) {
      sum += expNonPositive(-k / 333);
    }
    expect(sum).toBe(EXPECTED_SUM);
  });
});

const EXPECTED_SUM = 333.50025025018374;
