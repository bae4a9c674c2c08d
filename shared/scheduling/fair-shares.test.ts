import { describe, expect, it } from 'vitest';
import { cpuTimeUs, FairShares } from './fair-shares.ts';

describe('FairShares', () => {
  it('S5 a job that comes back has saved nothing up', () => {
    const shares = new FairShares();
    const [a, b] = [shares.of(1), shares.of(2)];
    shares.entered(a);
    shares.charge(a, 1_000_000, 0);
    shares.entered(b);
    expect(b.served).toBe(a.served);
    shares.left(b);
    shares.charge(a, 5_000_000, 0);
    shares.entered(b);
    expect(b.served).toBe(a.served);
  });

  it('S5 a job that had more than the others is not let off for a break', () => {
    const shares = new FairShares();
    const [a, b] = [shares.of(1), shares.of(2)];
    shares.entered(a);
    shares.entered(b);
    shares.charge(a, 1_000_000, 0);
    shares.left(a);
    shares.entered(a);
    expect(a.served).toBeGreaterThan(b.served);
  });

  it('S5 service is forgotten by halves, over any time', () => {
    const shares = new FairShares();
    const [a, b] = [shares.of(1), shares.of(2)];
    shares.entered(a);
    shares.entered(b);
    shares.charge(a, 1_000_000, 0);
    shares.charge(b, 400_000, 120_000);
    expect(a.served).toBeGreaterThan(b.served);
    shares.charge(b, 200_000, 120_000);
    expect(a.served).toBeLessThan(b.served);
    const year = 365 * 86_400_000;
    shares.charge(a, 2, year);
    shares.charge(b, 1, year);
    expect(a.served).toBeCloseTo(2);
    expect(b.served).toBeCloseTo(1);
  });

  it('B1 forgets jobs without work beyond a number, and no other', () => {
    const shares = new FairShares();
    const busy = shares.of(1);
    shares.entered(busy);
    shares.charge(shares.of(2), 5, 0);
    for (let job = 3; job < 3_000; job++) shares.of(job);
    expect(shares.of(1)).toBe(busy);
    expect(shares.of(2).served).toBe(0);
  });

  it('S5 a task is charged for its CPUs, and for something if it asks for none', () => {
    expect(cpuTimeUs(100, { cpuMilli: 4000, custom: {} })).toBe(400);
    expect(cpuTimeUs(100, { cpuMilli: 0, custom: { GPU: 1000 } })).toBe(10);
  });
});
