import { describe, expect, it } from 'vitest';
import {
  counted,
  formatAgo,
  formatBytes,
  formatDuration,
  formatNumber,
  formatPercent,
  formatRemaining,
} from './format.ts';

describe('figures', () => {
  it.each([
    [0.42, '0.4 ms'],
    [350.4, '350 ms'],
    [1240, '1.2 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min'],
    [245_000, '4 min 5 s'],
    [3_599_600, '1 h'],
    [12_000_000, '3 h 20 min'],
    [86_390_000, '1 d'],
    [187_200_000, '2 d 4 h'],
  ])('%d ms is %s', (durationMs, text) => expect(formatDuration(durationMs)).toBe(text));

  it('what is left is whole seconds, never none', () => {
    expect([100, 1600, 61_000].map(formatRemaining)).toEqual(['1 s', '2 s', '1 min 1 s']);
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KB'],
    [1024 * 1023.9, '1 MB'],
    [20 * 2 ** 20, '20 MB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it('times are relative, and dates when they are long past', () => {
    const nowMs = Date.parse('2026-03-10T12:00:00Z');
    const ago = (iso: string): string => formatAgo(iso, nowMs);
    expect(ago('2026-03-10T11:59:59.500Z')).toBe('just now');
    expect(ago('2026-03-10T12:00:05Z')).toBe('just now');
    expect(ago('2026-03-10T11:59:18Z')).toBe('42 s ago');
    expect(ago('2026-03-10T11:15:00Z')).toBe('45 min ago');
    expect(ago('2026-03-09T13:00:00Z')).toBe('23 h ago');
    expect(ago('2026-03-01T13:00:00Z')).toBe('8 d ago');
    expect(ago('2025-12-24T13:00:00Z')).toBe('2025-12-24');
  });

  it('100 % is said only of the whole', () => {
    expect([0, 0.004, 0.5, 0.999, 1].map(formatPercent)).toEqual(['0 %', '0 %', '50 %', '99 %', '100 %']);
  });

  it('numbers and counts', () => {
    expect([2, 1.5, 0.1 + 0.2].map(formatNumber)).toEqual(['2', '1.5', '0.3']);
    expect([counted(1, 'task'), counted(0, 'task')]).toEqual(['1 task', '0 tasks']);
  });
});
