import { describe, expect, it } from 'vitest';
import type { Span } from '#shared/api/schemas.ts';
import { barAt, geometryOf } from './geometry.ts';
import { layoutSpans } from './layout.ts';
import { move, ticksOf, zoom } from './view.ts';

const START = Date.parse('2026-11-27T12:00:00.000Z');
const at = (ms: number): string => new Date(START + ms).toISOString();

function span(fn: string, node: string, fromMs: number, toMs: number | null, runMs: number | null = null): Span {
  return {
    ...{ fn, node, runMs, task: `1.${fromMs}`, error: null },
    state: toMs === null ? 'leased' : 'succeeded',
    startedAt: at(fromMs),
    endedAt: toMs === null ? null : at(toMs),
  };
}

describe('the layout of a timeline', () => {
  it('gives each node a row, and a lane to what ran side by side', () => {
    const spans = [
      span('a', '2', 0, 1000),
      span('b', '2', 500, 1500),
      span('a', '2', 1200, 2000),
      span('a', '1', 0, 10),
    ];
    const { rows, bars, functions } = layoutSpans(spans, START + 300);
    expect(rows).toEqual([
      { node: '1', lanes: 1 },
      { node: '2', lanes: 2 },
    ]);
    expect(bars.map((bar) => [bar.span.fn, bar.row, bar.lane])).toEqual([
      ['a', 1, 0],
      ['a', 0, 0],
      ['b', 1, 1],
      ['a', 1, 0],
    ]);
    expect(functions).toEqual(['a', 'b']);
  });

  it('draws only the run, and what runs until now', () => {
    const { bars, endMs } = layoutSpans([span('a', '1', 0, 100, 30), span('b', '1', 80, null)], START + 300);
    expect(bars.map((bar) => [bar.startMs - START, bar.endMs - START])).toEqual([
      [70, 100],
      [80, 300],
    ]);
    expect(endMs - START).toBe(300);
  });

  it('draws short runs whose ends were told at once behind each other', () => {
    const spans = [span('a', '1', 0, 60, 40), span('b', '1', 0, 60, 30), span('c', '1', 0, 60, 20)];
    const { rows, bars } = layoutSpans(spans, START + 200);
    expect(rows).toEqual([{ node: '1', lanes: 1 }]);
    expect(bars.map((bar) => [bar.startMs - START, bar.endMs - START])).toEqual([
      [20, 60],
      [60, 90],
      [90, 110],
    ]);
  });

  it('leaves out what no node has, and copes with nothing', () => {
    const waiting = { ...span('a', '1', 0, null), node: null, startedAt: null };
    expect(layoutSpans([waiting], START)).toEqual({ rows: [], bars: [], functions: [], startMs: START, endMs: START });
  });

  it('does not give a lane to each of a thousand', () => {
    const { rows } = layoutSpans(
      Array.from({ length: 1000 }, (_, index) => span('a', '1', index, 5000)),
      START,
    );
    expect(rows[0]?.lanes).toBe(12);
  });
});

describe('the view of a timeline', () => {
  const whole = { fromMs: 0, toMs: 1000 };

  it('zooms around a place and stays inside', () => {
    expect(zoom(whole, whole, 0.5, 0.5)).toEqual({ fromMs: 250, toMs: 750 });
    expect(zoom({ fromMs: 0, toMs: 500 }, whole, 0.5, 0)).toEqual({ fromMs: 0, toMs: 250 });
    expect(zoom({ fromMs: 0, toMs: 500 }, whole, 4, 0.5)).toEqual(whole);
    expect(zoom({ fromMs: 10, toMs: 12 }, whole, 0.1, 0.5)).toEqual({ fromMs: 10, toMs: 12 });
  });

  it('moves and stops at the ends', () => {
    expect(move({ fromMs: 200, toMs: 400 }, whole, 0.5)).toEqual({ fromMs: 300, toMs: 500 });
    expect(move({ fromMs: 200, toMs: 400 }, whole, -5)).toEqual({ fromMs: 0, toMs: 200 });
    expect(move({ fromMs: 200, toMs: 400 }, whole, 50)).toEqual({ fromMs: 800, toMs: 1000 });
  });

  it('has marks at round times since the beginning', () => {
    expect(ticksOf({ fromMs: 100, toMs: 5100 }, 100, 6).map(({ label }) => label)).toEqual([
      '0 s',
      '1 s',
      '2 s',
      '3 s',
      '4 s',
      '5 s',
    ]);
    expect(ticksOf({ fromMs: 0, toMs: 200_000 }, 0, 4).map(({ label }) => label)).toEqual([
      '0 s',
      '1 min',
      '2 min',
      '3 min',
    ]);
    expect(ticksOf({ fromMs: 0, toMs: 40 }, 0, 4).map(({ label }) => label)).toEqual([
      '0 ms',
      '10 ms',
      '20 ms',
      '30 ms',
      '40 ms',
    ]);
    expect(ticksOf({ fromMs: 3_600_000, toMs: 7_200_000 }, 0, 3).map(({ label }) => label)).toEqual([
      '1 h',
      '1 h 30 min',
      '2 h',
    ]);
    expect(ticksOf({ fromMs: 5, toMs: 5 }, 0, 4)).toEqual([]);
  });
});

describe('what is at a point of a timeline', () => {
  const layout = layoutSpans([span('a', '1', 0, 1000), span('b', '1', 500, 1500), span('c', '2', 0, 2000)], START);
  const geometry = geometryOf(layout, { fromMs: START, toMs: START + 2000 }, 400);

  it('is the run drawn there', () => {
    const [first] = geometry.rows;
    const y = (lane: number): number => (first?.top ?? 0) + lane * geometry.laneHeight + 3;
    expect(barAt(layout, geometry, 50, y(0))?.span.fn).toBe('a');
    expect(barAt(layout, geometry, 250, y(1))?.span.fn).toBe('b');
    expect(barAt(layout, geometry, 390, y(0))).toBeUndefined();
    expect(barAt(layout, geometry, 390, (geometry.rows[1]?.top ?? 0) + 3)?.span.fn).toBe('c');
    expect(barAt(layout, geometry, 390, 5000)).toBeUndefined();
  });

  it('is found also where it is thinner than a finger', () => {
    const wide = geometryOf(layout, { fromMs: START - 100_000, toMs: START + 100_000 }, 400);
    const top = wide.rows[0]?.top ?? 0;
    expect(barAt(layout, wide, 201, top + 3)?.span.fn).toBe('a');
  });
});
