import { describe, expect, it } from 'vitest';
import { planSearch } from './search.ts';

describe('planSearch', () => {
  it('plans sixteen different trials in four rungs unless told otherwise', () => {
    const plan = planSearch({});
    expect(plan.seed).toBe(1);
    expect(plan.rungs).toEqual([
      { startEpoch: 0, epochs: 1, trials: 16 },
      { startEpoch: 1, epochs: 1, trials: 8 },
      { startEpoch: 2, epochs: 2, trials: 4 },
      { startEpoch: 4, epochs: 8, trials: 2 },
    ]);
    expect(plan.totalEpochs).toBe(16 + 8 + 8 + 16);
    expect(new Set(plan.trials.map((params) => JSON.stringify(params))).size).toBe(16);
  });

  it('plans a quick search over four learning rates', () => {
    const plan = planSearch({ quick: true, seed: 9 });
    expect(plan.seed).toBe(9);
    expect(plan.totalEpochs).toBe(4 + 2);
    expect(new Set(plan.trials.map((params) => params.learningRate)).size).toBe(4);
    expect(planSearch({ quick: true, trials: 1 }).rungs.map((rung) => rung.trials)).toEqual([1, 1]);
  });

  it('refuses what is no search', () => {
    for (const trials of [0, 17, 1.5, Number.NaN]) {
      expect(() => planSearch({ trials })).toThrow('trials must be a whole number from 1 to 16');
    }
    expect(() => planSearch({ seed: 0.5 })).toThrow('seed must be a whole number');
  });
});
