import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SuccessiveHalving, survivors } from './halving.ts';

/** Runs a search whose trial t has `scores[rung][t]`; `pick` chooses which of the running trials finishes next. */
function run(scores: number[][], trialCount: number, pick: (running: number) => number) {
  const halving = new SuccessiveHalving(trialCount, scores.length);
  const rungs: number[][] = [];
  let running = [...halving.members];
  while (running.length > 0) {
    const [trial] = running.splice(pick(running.length), 1);
    const next = halving.report(trial ?? 0, scores[halving.rung]?.[trial ?? 0] ?? 0);
    if (next.length > 0) {
      rungs.push([...next]);
      running = [...next];
    }
  }
  return { rungs, winner: halving.winner };
}

describe('SuccessiveHalving', () => {
  it('keeps the better half of each rung; the winner is the best of the last', () => {
    const scores = [
      [0.1, 0.9, 0.5, 0.7],
      [1, 0.2, 1, 0.3],
    ];
    expect(run(scores, 4, () => 0)).toEqual({ rungs: [[1, 3]], winner: 3 });
  });

  it('prefers the lower trial number between equal scores', () => {
    expect(
      run(
        [
          [0.5, 0.5, 0.5, 0.5],
          [0, 0, 0, 0],
        ],
        4,
        (running) => running - 1,
      ),
    ).toEqual({ rungs: [[0, 1]], winner: 0 });
  });

  it('decides the same whatever the order in which trials finish', () => {
    const search = fc.integer({ min: 1, max: 20 }).chain((trialCount) =>
      fc.record({
        trialCount: fc.constant(trialCount),
        // Few different scores, so that ties are common.
        scores: fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: trialCount, maxLength: trialCount }), {
          minLength: 1,
          maxLength: 5,
        }),
        picks: fc.infiniteStream(fc.nat()),
      }),
    );
    fc.assert(
      fc.property(search, ({ trialCount, scores, picks }) => {
        const inOrder = run(scores, trialCount, () => 0);
        const shuffled = run(scores, trialCount, (running) => (picks.next().value ?? 0) % running);
        expect(shuffled).toEqual(inOrder);
        expect(inOrder.rungs.map((members) => members.length)).toEqual(
          scores.slice(1).map((_, rung) => Math.ceil(trialCount / 2 ** (rung + 1))),
        );
      }),
    );
  });

  it('refuses scores nobody waits for', () => {
    const halving = new SuccessiveHalving(4, 2);
    halving.report(0, 1);
    expect(() => halving.report(0, 1)).toThrow('trial 0 is not awaited in rung 0');
    expect(() => halving.report(4, 1)).toThrow('trial 4 is not awaited');
    for (const trial of [1, 2, 3]) {
      halving.report(trial, 0);
    }
    expect(halving.members).toEqual([0, 1]);
    expect(() => halving.report(2, 1)).toThrow('trial 2 is not awaited in rung 1');
    halving.report(0, 1);
    halving.report(1, 2);
    expect(halving.winner).toBe(1);
    expect(() => halving.report(1, 2)).toThrow('not awaited');
  });

  it('refuses a search without trials or rungs', () => {
    expect(() => new SuccessiveHalving(0, 1)).toThrow(RangeError);
    expect(() => new SuccessiveHalving(1, 0)).toThrow(RangeError);
    expect(() => new SuccessiveHalving(Number.NaN, 1)).toThrow(RangeError);
  });

  it('never halves to nothing', () => {
    expect([1, 2, 3, 4, 5].map(survivors)).toEqual([1, 1, 2, 2, 3]);
  });
});
