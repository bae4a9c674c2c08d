import { describe, expect, it } from 'vitest';
import { FloodGate } from './flood-gate.ts';

const MS_PER_FRAME = 0.1;

describe('flood gate', () => {
  it('B1 lets an honest worker through for ever, also what gathered while nobody read', () => {
    const gate = new FloodGate();
    let nowMs = 0;
    for (let frame = 0; frame < 100_000; frame += 1) expect(gate.admitFrame((nowMs += MS_PER_FRAME))).toBe(true);
    nowMs += 5_000;
    for (let frame = 0; frame < 50_000; frame += 1) expect(gate.admitFrame((nowMs += 0.001))).toBe(true);
  });

  it('B1 stops a flood within seconds', () => {
    const gate = new FloodGate();
    let nowMs = 0;
    while (gate.admitFrame((nowMs += 1 / 60))) expect(nowMs).toBeLessThan(5_000);
    expect(nowMs).toBeGreaterThan(1_000);
  });

  it('B1 frames of tens of thousands of messages are a flood before they are many', () => {
    const gate = new FloodGate();
    let nowMs = 0;
    let frames = 0;
    while (gate.admitMessages(65_536, (nowMs += 20))) frames += 1;
    expect(frames).toBeLessThan(100);
    for (nowMs += 5_000, frames = 0; frames < 10_000; frames += 1)
      expect(gate.admitMessages(256, (nowMs += 1))).toBe(true);
  });

  it('B1 lines count by themselves', () => {
    const gate = new FloodGate();
    expect(gate.admitLines(25_000, 0)).toBe(true);
    expect(gate.admitLines(1, 0)).toBe(false);
    expect(gate.admitFrame(0)).toBe(true);
    expect(gate.admitLines(4_000, 1_000)).toBe(true);
  });
});
