import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Leaderboard } from './leaderboard.ts';
import type { Entry } from './leaderboard.ts';

const params = { learningRate: 0.1, hidden: 32, momentum: 0 };
const entry = (trial: number, rung: number, validationAccuracy: number): Entry => ({
  trial,
  params,
  rung,
  validationAccuracy,
  node: `node of ${trial}, ${rung}`,
});

describe('Leaderboard', () => {
  it('ranks by rung, then accuracy, then trial number, each trial once', () => {
    const best = entry(3, 1, 0.6);
    const entries = [entry(0, 0, 0.9), entry(1, 0, 0.95), entry(3, 0, 0.99), entry(2, 0, 0.9), best];
    expect(new Leaderboard().report(entries).map(({ trial }) => trial)).toEqual([3, 1, 0, 2]);
    expect(new Leaderboard().report(entries)[0]).toEqual(best);
  });

  it('ends with the same standings whatever the order of the reports and however often they come', () => {
    const entries = [0, 1, 2, 3].flatMap((trial) =>
      [0, 1, 2].map((rung) => entry(trial, rung, ((trial * 7 + rung) % 5) / 5)),
    );
    const expected = new Leaderboard().report(entries);
    const repeated = fc.shuffledSubarray([...entries, ...entries], { minLength: 2 * entries.length });
    fc.assert(
      fc.property(repeated, (reports) => {
        const board = new Leaderboard();
        for (const report of reports) {
          board.report([report]);
        }
        expect(board.report([])).toEqual(expected);
      }),
    );
  });
});
