import { describe, expect, it } from 'vitest';
import { measureRounds, median, quantile, warmUp } from './measure.ts';

describe('median', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('quantile', () => {
  it('is the value that so many lie below', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
    expect(quantile(hundred, 0.5)).toBe(51);
    expect(quantile(hundred, 0.99)).toBe(100);
    expect(quantile(hundred, 1)).toBe(100);
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });
});

describe('measureRounds', () => {
  const timing = { warmUpMs: 0, rounds: 3, roundMs: 0 };

  it('counts the calls of every round and orders min, median, max', async () => {
    const { calls, min, median: middle, max } = await measureRounds(() => Promise.resolve(10), timing);
    expect(calls).toBe(30);
    expect(min).toBeGreaterThan(0);
    expect(min).toBeLessThanOrEqual(middle);
    expect(middle).toBeLessThanOrEqual(max);
  });

  it('rejects with the first wrong result', async () => {
    const wrong = (): Promise<number> => Promise.reject(new Error('wrong'));
    await expect(measureRounds(wrong, timing)).rejects.toThrow('wrong');
    await expect(warmUp(wrong, timing)).rejects.toThrow('wrong');
  });
});
