import { describe, expect, it } from 'vitest';
import { formatDuration, formatMicros } from './durations.ts';
import { formatAmount, formatNoun, formatQuantity, formatRate, formatShare, formatShort } from './numbers.ts';
import { shortFunction } from './function-name.ts';
import { remainingMs, shareDone } from './remaining.ts';
import { formatBandwidth, formatMemory, formatSize } from './sizes.ts';
import { formatAgo, formatClock, formatMoment, formatRunTime } from './times.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NOON = Date.parse('2026-11-27T12:00:00Z');
const UTC = { timeZone: 'UTC' };

describe('numbers', () => {
  it('are whole with thousands apart, and short when they are long', () => {
    expect([0, 999, 1234, 9_999_999, 12_345_678].map(formatQuantity)).toEqual([
      '0',
      '999',
      '1,234',
      '9,999,999',
      '12.3M',
    ]);
    expect([0.25, 950, 1200, 2_500_000].map(formatShort)).toEqual(['0.25', '950', '1.2K', '2.5M']);
  });

  it('have as many digits after the point as matter', () => {
    expect([0, 0.256, 12.34, 99.96, 1240.7].map(formatRate)).toEqual(['0', '0.26', '12.3', '100', '1,241']);
    expect([2, 0.5, 1.005].map(formatAmount)).toEqual(['2', '0.5', '1.01']);
  });

  it('say neither all nor nothing before it is so', () => {
    expect([0, 0.0001, 0.004, 0.123, 0.999, 1, 1.2, Number.NaN].map(formatShare)).toEqual([
      '0 %',
      '< 0.1 %',
      '0.4 %',
      '12 %',
      '99 %',
      '100 %',
      '100 %',
      '0 %',
    ]);
  });

  it('agree with their noun', () => {
    expect([formatNoun(1, 'task'), formatNoun(2000, 'task'), formatNoun(2, 'copy', 'copies')]).toEqual([
      '1 task',
      '2,000 tasks',
      '2 copies',
    ]);
  });
});

describe('names of functions', () => {
  it('are the variables they were assigned to', () => {
    expect([shortFunction('examples/hello/job#square'), shortFunction('add'), shortFunction('a#')]).toEqual([
      'square',
      'add',
      'a#',
    ]);
  });
});

describe('sizes', () => {
  it('count memory in powers of two', () => {
    expect([0, 1023, 1024, 1536, 1024 ** 2 - 1, 1024 ** 3 * 1.5].map(formatMemory)).toEqual([
      '0 B',
      '1023 B',
      '1 KiB',
      '1.5 KiB',
      '1 MiB',
      '1.5 GiB',
    ]);
  });

  it('count what is stored and sent in powers of ten', () => {
    expect([999, 1000, 34_200_000, 999_960, 1e15, 1e18].map(formatSize)).toEqual([
      '999 B',
      '1 kB',
      '34.2 MB',
      '1 MB',
      '1 PB',
      '1000 PB',
    ]);
    expect(formatBandwidth(12_000_000)).toBe('12 MB/s');
  });
});

describe('durations', () => {
  it('take two units at most', () => {
    const spans = [0, 0.04, 0.44, 35.4, 999.6, 1234, 9960, 42_000, 59_700, 185_000, HOUR_MS - 1, HOUR_MS, 7_500_000];
    expect(spans.map(formatDuration)).toEqual([
      '0 s',
      '< 0.1 ms',
      '0.4 ms',
      '35 ms',
      '1 s',
      '1.2 s',
      '10 s',
      '42 s',
      '1 min',
      '3 min 5 s',
      '1 h',
      '1 h',
      '2 h 5 min',
    ]);
    expect(formatDuration(3 * DAY_MS + 4 * HOUR_MS + MINUTE_MS)).toBe('3 d 4 h');
    expect(formatDuration(-5)).toBe('0 s');
  });

  it('begin at microseconds for the scheduler', () => {
    expect([0, 340, 999.7, 1500, 42_000, 3_000_000].map(formatMicros)).toEqual([
      '0 µs',
      '340 µs',
      '1 ms',
      '1.5 ms',
      '42 ms',
      '3 s',
    ]);
  });
});

describe('times', () => {
  it('are told by their age', () => {
    const ages = [2, 12, 300, 3 * 3600, 2 * 86_400, 40 * 86_400].map((seconds) => NOON - seconds * SECOND_MS);
    expect(ages.map((at) => formatAgo(at, NOON, UTC))).toEqual([
      'just now',
      '12 s ago',
      '5 min ago',
      '3 h ago',
      '2 d ago',
      'Oct 18, 2026',
    ]);
  });

  it('forgive a clock that is a little ahead', () => {
    expect(formatAgo(NOON + 3000, NOON)).toBe('just now');
    expect(formatAgo(NOON + 10 * MINUTE_MS, NOON)).toBe('in 10 min');
  });

  it('have an exact form with the zone', () => {
    expect(formatMoment(NOON, UTC)).toBe('27 Nov 2026, 12:00:00 UTC');
    expect(formatClock(NOON, UTC)).toBe('12:00:00');
  });

  it('give how long something ran, also while it runs', () => {
    const startedAt = new Date(NOON - 90_000).toISOString();
    expect(formatRunTime(startedAt, null, NOON)).toBe('1 min 30 s');
    expect(formatRunTime(startedAt, new Date(NOON - 80_000).toISOString(), NOON)).toBe('10 s');
    expect(formatRunTime(null, null, NOON)).toBe('–');
  });
});

describe('what remains', () => {
  const job = {
    status: 'running',
    progress: 0,
    submitted: 100,
    finished: 25,
    startedAt: new Date(NOON - 60_000).toISOString(),
  } as const;

  it('counts what main says, or else the tasks', () => {
    expect(shareDone(job)).toBe(0.25);
    expect(shareDone({ ...job, progress: 0.5 })).toBe(0.5);
    expect(shareDone({ ...job, submitted: 0, finished: 0 })).toBe(0);
    expect(shareDone({ ...job, status: 'succeeded' })).toBe(1);
  });

  it('is guessed from what is done, once that is enough', () => {
    expect(remainingMs(job, NOON)).toBe(180_000);
    expect(remainingMs({ ...job, finished: 1 }, NOON)).toBeUndefined();
    expect(remainingMs(job, NOON - 58_000)).toBeUndefined();
    expect(remainingMs({ ...job, finished: 100 }, NOON)).toBeUndefined();
    expect(remainingMs({ ...job, status: 'failed' }, NOON)).toBeUndefined();
  });
});
