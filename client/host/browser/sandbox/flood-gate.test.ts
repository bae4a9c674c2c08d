import { describe, expect, it } from 'vitest';
import { FloodGate } from './flood-gate.ts';

describe('flood gate', () => {
  it('B1 lets an honest worker through for ever and stops a flood within its first second', () => {
    const gate = new FloodGate();
    let nowMs = 0;
    for (let frame = 0; frame < 100_000; frame += 1) expect(gate.admitFrame((nowMs += 0.1))).toBe(true);
    let admitted = 0;
    nowMs += 2_000;
    while (gate.admitFrame((nowMs += 0.001))) admitted += 1;
    expect(admitted).toBe(20_000);
  });

  it('B1 lines count by themselves, and anew each second', () => {
    const gate = new FloodGate();
    expect(gate.admitFrame(0) && gate.admitLines(20_000)).toBe(true);
    expect(gate.admitLines(1)).toBe(false);
    expect(gate.admitFrame(1_001) && gate.admitLines(20_000)).toBe(true);
  });
});
