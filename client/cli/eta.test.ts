import { describe, expect, it } from 'vitest';
import { Eta } from './eta.ts';

describe('what is left', () => {
  it('is told once there is something to go by', () => {
    const eta = new Eta();
    expect(eta.update(0, 0)).toBeUndefined();
    expect(eta.update(0.1, 1000)).toBeUndefined();
    expect(eta.update(0.4, 4000)).toBeCloseTo(6000);
    expect(eta.update(0.4, 8000)).toBeCloseTo(12_000);
    expect(eta.update(1, 10_000)).toBeUndefined();
  });

  it('is not told while nothing moves', () => {
    const eta = new Eta();
    for (let second = 0; second < 300; second++) expect(eta.update(0.5, second * 1000)).toBeUndefined();
  });

  it('goes by the last minute', () => {
    const eta = new Eta();
    // Ten minutes for the first percent, then a percent each second.
    eta.update(0, 0);
    eta.update(0.01, 600_000);
    let leftMs: number | undefined;
    for (let second = 1; second <= 70; second++) leftMs = eta.update(0.01 + second / 100, 600_000 + second * 1000);
    expect(leftMs).toBeCloseTo(29_000, -1);
  });

  it('starts afresh when the work does', () => {
    const eta = new Eta();
    eta.update(0, 0);
    eta.update(0.9, 10_000);
    expect(eta.update(0, 20_000)).toBeUndefined();
    expect(eta.update(0.1, 30_000)).toBeCloseTo(90_000);
  });
});
