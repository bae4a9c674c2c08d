import { describe, expect, it } from 'vitest';
import type { Series } from '#shared/api/schemas.ts';
import { chartData, describeChart, difference, latest, ring } from './chart-data.ts';

const SERIES: Series = {
  stepMs: 2000,
  endAt: '2026-11-27T12:00:10.000Z',
  values: { cpus: [4, 4, 8], freeCpus: [4, null, 2], tasksPerSecond: [10] },
};
const SPECS = [
  { label: 'Offered', hue: 2, read: ring('cpus') },
  { label: 'Used', hue: 1, read: difference('cpus', 'freeCpus') },
  { label: 'Tasks', hue: 3, read: ring('tasksPerSecond') },
  { label: 'Unknown', hue: 4, read: ring('nothing') },
];

describe('a chart', () => {
  it('has one time for all lines, and gaps where nothing was measured', () => {
    const end = Date.parse('2026-11-27T12:00:10.000Z') / 1000;
    expect(chartData(SERIES, SPECS)).toEqual({
      seconds: [end - 4, end - 2, end],
      lines: [
        [4, 4, 8],
        [0, null, 6],
        [null, null, 10],
        [null, null, null],
      ],
    });
  });

  it('tells its last and its largest values in words', () => {
    const data = chartData(SERIES, SPECS.slice(0, 2));
    expect(describeChart('CPUs', data, SPECS.slice(0, 2), String)).toBe(
      'CPUs over 4 s: Offered now 8, at most 8; Used now 6, at most 6.',
    );
    expect(describeChart('Unknown', chartData(SERIES, SPECS.slice(3)), SPECS.slice(3), String)).toBe(
      'Unknown: nothing measured yet.',
    );
  });

  it('knows the last value that was measured', () => {
    expect(latest([1, 2, null])).toBe(2);
    expect(latest([null])).toBeUndefined();
  });
});
