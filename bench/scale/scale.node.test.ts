import { describe, expect, it } from 'vitest';
import type { BenchRow } from '../harness/bench-row.ts';
import { drawChart } from './chart.ts';
import { decisionRows, QUICK_EFFORT } from './decision-cost.ts';
import { jainIndex, sharingRows } from './sharing.ts';
import { tailRows } from './tail.ts';
import { throughputOf } from './throughput.ts';

const shapes = (rows: readonly BenchRow[]): string[] => rows.map(({ name, unit }) => `${name} in ${unit}`);

describe('scale', () => {
  it('S2 times decisions at few nodes and at many', () => {
    const rows = decisionRows({ ...QUICK_EFFORT, many: 40, decisions: 10 });
    expect(shapes(rows)).toContain('scheduler decision p99, full, 40 nodes in µs');
    expect(rows).toHaveLength(8);
    for (const { value } of rows) expect(value).toBeGreaterThan(0);
  });

  it('S1 runs every task of every node, and charges nodes and server for them', async () => {
    const point = await throughputOf(3, 600);
    expect(point).toMatchObject({ nodes: 3, tasks: 600 });
    expect(point.serverUsPerTask).toBeGreaterThan(0);
    expect(point.rayletUsPerTask).toBeGreaterThan(0);
    // The thread of the server has no more time than there is.
    expect(point.tasksPerSecond).toBeLessThanOrEqual((1e6 / point.serverUsPerTask) * 1.05);
  });

  it('S5 gives the shares of jobs, S6 the tail', async () => {
    expect(shapes(await sharingRows({ nodes: 2, tasks: 60 }))).toEqual([
      'utilisation in %',
      'fairness over jobs in Jain index',
    ]);
    expect(shapes(await tailRows({ nodes: 2, tasks: 20 }))).toEqual([
      'task latency p50 without speculation in ms',
      'task latency p99 without speculation in ms',
      'task latency max without speculation in ms',
      'task latency p50 with speculation in ms',
      'task latency p99 with speculation in ms',
      'task latency max with speculation in ms',
    ]);
  });
});

describe('jainIndex', () => {
  it('S5 is 1 for equal shares and 1/n if one has everything', () => {
    expect(jainIndex([7, 7, 7])).toBe(1);
    expect(jainIndex([0, 0, 0, 5])).toBe(0.25);
    expect(jainIndex([])).toBe(1);
  });
});

describe('drawChart', () => {
  it('draws every point within the frame, and names axes and lines', () => {
    const points = [
      [1, 40_000],
      [1_000, 60_000],
    ] as const;
    const svg = drawChart({
      title: 'a < b',
      xLabel: 'nodes',
      yLabel: 'tasks/s',
      lines: [{ name: 'measured', points }],
    });
    for (const word of ['a &lt; b', 'nodes', 'tasks/s', 'measured', '10 000', '100 000'])
      expect(svg).toContain(`>${word}<`);
    expect(svg.match(/<circle /g)).toHaveLength(2);
    expect(svg).toContain('cx="84.0"');
    expect(svg).toContain('cx="696.0"');
  });
});
