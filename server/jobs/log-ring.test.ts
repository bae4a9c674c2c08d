import { describe, expect, it } from 'vitest';
import { charsOf, LogRing, MAX_LOG_CHARS, MAX_STRANGERS_CHARS, type NewLogLine } from './log-ring.ts';

function lineOf(text: string, isStrangers = false): NewLogLine {
  const line = { wallMs: 1, task: 0, node: 'n', level: 1, text };
  return isStrangers ? { ...line, isStrangers: true } : line;
}

describe('the newest lines of a job', () => {
  it('J2 are read after a number, at most so many, in order', () => {
    const ring = new LogRing();
    for (const text of ['a', 'b', 'c', 'd']) ring.add(lineOf(text));
    const read = (after: number, limit: number) => ring.after(after, limit).map(({ text }) => text);
    expect([read(0, 2), read(2, 10), read(4, 10), read(-5, 1)]).toEqual([['a', 'b'], ['c', 'd'], [], ['a']]);
  });

  it('J2 keep numbers that they had, and go on behind them', () => {
    const ring = new LogRing();
    // An earlier release counted from 1 again after a start.
    for (const number of [7, 9, 1, 2]) ring.add(lineOf(`${number}`), number);
    expect(ring.add(lineOf('new')).number).toBe(12);
    expect(ring.lines.map(({ number }) => number)).toEqual([7, 9, 10, 11, 12]);
  });

  it('B1 take a megabyte, whatever comes', () => {
    const ring = new LogRing();
    for (let line = 0; line < 1_000; line++) {
      ring.add(lineOf('x'.repeat(line * 7)));
      expect(ring.chars).toBeLessThanOrEqual(MAX_LOG_CHARS);
    }
    expect(ring.chars).toBeGreaterThan(MAX_LOG_CHARS * 0.9);
    expect(ring.chars).toBe(ring.lines.reduce((sum, line) => sum + charsOf(line), 0));
    expect(ring.lines.at(-1)?.number).toBe(1_000);
  });

  it('J2 of strangers push out only each other, for however long they come', () => {
    const ring = new LogRing();
    ring.add(lineOf('first'));
    for (let line = 0; line < 2_000; line++) ring.add(lineOf('x'.repeat(5_000), true));
    ring.add(lineOf('last'));
    const own = ring.lines.filter(({ isStrangers }) => !isStrangers);
    expect(own.map(({ number, text }) => [number, text])).toEqual([
      [1, 'first'],
      [2_002, 'last'],
    ]);
    expect(ring.chars).toBeLessThanOrEqual(MAX_STRANGERS_CHARS + 2 * charsOf(lineOf('first')));
    // Numbers have gaps now; who asks by number gets what follows.
    expect(ring.after(1, 1)[0]?.number).toBe(ring.lines[1]?.number);
    expect(ring.after(2_001, 10)).toHaveLength(1);
  });
});
