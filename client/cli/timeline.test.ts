import { describe, expect, it } from 'vitest';
import type { Span } from '#shared/api/schemas.ts';
import { chromeTrace } from './chrome-trace.ts';
import { layOut } from './span-lanes.ts';
import { drawBars } from './timeline-bars.ts';

const ORIGIN_MS = Date.parse('2026-03-10T12:00:00Z');

function span(
  task: string,
  node: string | null,
  startMs: number | null,
  endMs: number | null,
  more: object = {},
): Span {
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ORIGIN_MS + ms).toISOString());
  const times = { startedAt: iso(startMs), endedAt: iso(endMs), runMs: null };
  return { task, fn: 'train', node, state: 'succeeded', error: null, ...times, ...more };
}

// Newest first, as the API gives them.
const SPANS = [
  span('3.9', null, null, null, { state: 'queued' }),
  span('3.5', '10', 500, null, { state: 'local', fn: 'score' }),
  span('3.4', '2', 250, 900, { state: 'failed', error: 'Error: no', runMs: 600 }),
  span('3.3', '2', 200, 400),
  span('3.2', '10', 100, 300),
  span('3.1', '2', 0, 300),
];

describe('a timeline', () => {
  const timeline = layOut(SPANS, ORIGIN_MS + 1000);

  it('lays side by side what ran at once on a node, without the waiting before it', () => {
    expect(timeline.spans.map(({ span: { task }, lane, startMs, endMs }) => [task, lane, startMs, endMs])).toEqual([
      ['3.1', 0, 0, 300],
      ['3.2', 0, 100, 300],
      ['3.3', 1, 200, 400],
      ['3.4', 0, 300, 900],
      ['3.5', 0, 500, 1000],
    ]);
    expect([...timeline.lanes]).toEqual([
      ['2', 2],
      ['10', 1],
    ]);
    expect(timeline).toMatchObject({ originMs: ORIGIN_MS, durationMs: 1000 });
  });

  it('is a trace that Perfetto opens', () => {
    const { traceEvents, displayTimeUnit, otherData } = chromeTrace(
      timeline,
      { id: '7', name: 'digits' },
      (id) => `n${id}`,
    );
    expect({ displayTimeUnit, otherData }).toEqual({
      displayTimeUnit: 'ms',
      otherData: { job: '7', name: 'digits', startedAt: '2026-03-10T12:00:00.000Z' },
    });
    const meta = traceEvents.filter(({ ph }) => ph === 'M');
    expect(meta.map(({ name, pid, tid, args }) => [name, pid, tid, args])).toEqual([
      ['process_name', 2, 0, { name: 'node 2: n2' }],
      ['process_sort_index', 2, 0, { sort_index: 2 }],
      ['thread_name', 2, 1, { name: 'slot 1' }],
      ['thread_name', 2, 2, { name: 'slot 2' }],
      ['process_name', 10, 0, { name: 'node 10: n10' }],
      ['process_sort_index', 10, 0, { sort_index: 10 }],
      ['thread_name', 10, 1, { name: 'slot 1' }],
    ]);
    const events = traceEvents.filter(({ ph }) => ph === 'X');
    expect(events).toHaveLength(5);
    expect(events[3]).toEqual({
      ph: 'X',
      name: 'train',
      cat: 'failed',
      pid: 2,
      tid: 1,
      ts: 300_000,
      dur: 600_000,
      cname: 'terrible',
      args: { task: '3.4', state: 'failed', waitedMs: 50, error: 'Error: no' },
    });
    // Of one thread none begins before the one before has ended: the format would nest them.
    const ends = new Map<string, number>();
    for (const { pid, tid, ts = 0, dur = 0 } of events) {
      expect(ts).toBeGreaterThanOrEqual(ends.get(`${pid}/${tid}`) ?? 0);
      ends.set(`${pid}/${tid}`, ts + dur);
    }
  });

  it('is bars as high as much ran', () => {
    const bars = drawBars(timeline, ({ node }) => node, 10);
    expect(bars).toEqual([
      { name: '2', tasks: 3, failed: 1, busyMs: 1100, bar: '▄▄██▄▄▄▄▄ ' },
      { name: '10', tasks: 2, failed: 0, busyMs: 700, bar: ' ██  █████' },
    ]);
  });

  it('of nothing is nothing', () => {
    const empty = layOut([], ORIGIN_MS);
    expect(empty).toMatchObject({ spans: [], durationMs: 0 });
    expect(drawBars(empty, ({ node }) => node, 10)).toEqual([]);
    expect(chromeTrace(empty, { id: '7', name: '' }, (id) => id).traceEvents).toEqual([]);
  });

  it('lays out a hundred thousand spans', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => span(`3.${i}`, String(i % 20), i, i + 500));
    expect(layOut(many, ORIGIN_MS).lanes.get('7')).toBe(25);
  });
});
