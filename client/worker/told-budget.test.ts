import { describe, expect, it } from 'vitest';
import { ToldBudget } from './told-budget.ts';

describe('ToldBudget', () => {
  it('O4 gives out what was told, and no more until it hears of more', () => {
    const budget = new ToldBudget();
    expect(budget.tryReserve(1)).toBe(false);
    budget.told(1000);
    expect([budget.tryReserve(600), budget.tryReserve(600), budget.tryReserve(400)]).toEqual([true, false, true]);
    expect(budget.freeBytes).toBe(0);
    budget.told(700);
    expect(budget.tryReserve(600)).toBe(true);
  });
});
