import { describe, expect, it } from 'vitest';
import {
  clipText,
  formatAmount,
  formatBytes,
  formatClock,
  formatCount,
  formatCountdown,
  formatDuration,
} from './words.ts';

const BERLIN = { locale: 'de', timeZone: 'Europe/Berlin' };
const NOON_MS = Date.UTC(2026, 6, 15, 10);
const HOUR_MS = 3_600_000;

describe('words', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [999.6, '1 KB'],
    [34_200_000, '34 MB'],
    [1_240_000, '1.2 MB'],
    [999_600_000, '1 GB'],
    [4e15, '4,000 TB'],
    [-5, '0 bytes'],
  ])('T1 tells %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [2 * HOUR_MS, '2 h'],
    [2 * HOUR_MS + 300_000, '2 h 5 min'],
    [76 * HOUR_MS, '3 d 4 h'],
  ])('T1 tells %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('T1 counts down to the second, and never to 0 too early', () => {
    expect([7400, 7000, 1, 0, -5, 300_000].map(formatCountdown)).toEqual(['8 s', '7 s', '1 s', '0 s', '0 s', '5 min']);
  });

  it('T1 says whether a time is today, tomorrow or later', () => {
    const inHours = (hours: number): string => formatClock(NOON_MS + hours * HOUR_MS, NOON_MS, BERLIN);
    expect([0, 3, 12, 36].map(inHours)).toEqual(['12:00', '15:00', 'tomorrow, 00:00', 'Fri, 00:00']);
  });

  it('T1 counts in the singular and in short', () => {
    expect([formatCount(1, 'task'), formatCount(1234, 'task')]).toEqual(['1 task', '1,234 tasks']);
    expect([formatAmount(9_999_999), formatAmount(123_456_789)]).toEqual(['9,999,999', '123.5M']);
  });

  it("T1 takes what turns text around, line breaks and control characters out of a stranger's words", () => {
    expect(clipText(' a\u202eevil\u2066\u0000b\n\u2028c\u200f ', 40)).toBe('a evil b c');
    expect(clipText('مشروع', 40)).toBe('مشروع');
  });

  it("T1 shortens a stranger's words by characters, not in the middle of one", () => {
    expect(clipText('😀'.repeat(5), 5)).toBe('😀'.repeat(5));
    expect(clipText('😀'.repeat(6), 5)).toBe(`${'😀'.repeat(4)}…`);
    expect(clipText('x'.repeat(1_000_000), 10)).toBe(`${'x'.repeat(9)}…`);
  });
});
