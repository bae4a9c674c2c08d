import { describe, expect, it } from 'vitest';
import type { LogLine } from '#shared/api/schemas.ts';
import { filterLines, logFile } from './log-filter.ts';

const line = (number: number, level: number, text: string, task: string | null = null): LogLine => ({
  ...{ number, level, text, task },
  at: '2026-11-27T12:00:00.000Z',
  node: 'host-1',
});
const LINES = [line(1, 1, 'begins'), line(2, 2, 'Slow part', '3.7'), line(3, 3, 'fails')];

describe('a log', () => {
  it('is filtered by words, wherever they are, and by level', () => {
    const numbers = (text: string, level: number): number[] =>
      filterLines(LINES, { text, level }).map((each) => each.number);
    expect(numbers('', 0)).toEqual([1, 2, 3]);
    expect(numbers('', 2)).toEqual([2, 3]);
    expect(numbers(' slow ', 0)).toEqual([2]);
    expect(numbers('HOST-1', 3)).toEqual([3]);
    expect(numbers('nothing', 0)).toEqual([]);
  });

  it('is a text file with everything a line has', () => {
    expect(logFile(LINES.slice(0, 2))).toBe(
      '2026-11-27T12:00:00.000Z info [host-1] begins\n2026-11-27T12:00:00.000Z warning [host-1 3.7] Slow part\n',
    );
  });
});
