import { describe, expect, it } from 'vitest';
import { LineBudget } from './line-budget.ts';

/** Prints a line every so often for some seconds; returns how many lines and characters got through. */
function print(budget: LineBudget, { chars, perMs, seconds }: { chars: number; perMs: number; seconds: number }) {
  let lines = 0;
  for (let ms = 0; ms < seconds * 1_000; ms++) {
    for (let line = 0; line < perMs; line++) {
      if (!budget.take(ms)) continue;
      budget.use(chars);
      lines += 1;
    }
  }
  return { lines, chars: lines * chars };
}

describe('what a worker prints', () => {
  it('B1 is 10 000 lines at once and 2 000 a second, and the dropped ones are counted once', () => {
    const budget = new LineBudget();
    const { lines } = print(budget, { chars: 10, perMs: 20, seconds: 2 });
    expect(lines).toBeGreaterThan(13_900);
    expect(lines).toBeLessThan(14_100);
    expect(budget.takeDropped()).toBe(40_000 - lines);
    expect(budget.takeDropped()).toBe(0);
  });

  it('B1 is 4 MB at once and half a megabyte a second, however long the lines are', () => {
    const { chars } = print(new LineBudget(), { chars: 20_000, perMs: 2, seconds: 4 });
    expect(chars / 2 ** 20).toBeGreaterThan(5.9);
    expect(chars / 2 ** 20).toBeLessThan(6.1);
  });
});
