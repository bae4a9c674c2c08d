import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitTable, type TableColumn } from './table.ts';
import { displayWidth } from './text-width.ts';

const COLUMNS: readonly TableColumn[] = [
  { heading: 'ID', cells: ['7', '12'], importance: 9 },
  { heading: 'NAME', cells: ['a very long name of a job', '東京の計算'], importance: 8, minWidth: 6 },
  { heading: 'TASKS', cells: ['3', '12000'], align: 'right', importance: 5 },
  { heading: 'NOTE', cells: ['half', ''], importance: 1, minWidth: 6 },
];

describe('a table', () => {
  it('is as wide as it has to be where nobody watches', () => {
    expect(fitTable(COLUMNS)).toEqual({
      lines: [
        'ID  NAME                       TASKS  NOTE',
        '7   a very long name of a job      3  half',
        '12  東京の計算                 12000',
      ],
      dropped: [],
    });
  });

  it('cuts long texts first, then drops what matters least', () => {
    expect(fitTable(COLUMNS, 30)).toEqual({
      lines: ['ID  NAME           TASKS  NOTE', '7   a very long…       3  half', '12  東京の計算     12000'],
      dropped: [],
    });
    expect(fitTable(COLUMNS, 20)).toEqual({
      lines: ['ID  NAME       TASKS', '7   a very l…      3', '12  東京の計…  12000'],
      dropped: ['NOTE'],
    });
    expect(fitTable(COLUMNS, 11)).toEqual({
      lines: ['ID  NAME', '7   a very…', '12  東京の…'],
      dropped: ['NOTE', 'TASKS'],
    });
  });

  it('never drops its most important column, however narrow', () => {
    expect(fitTable(COLUMNS, 1)).toEqual({ lines: ['ID', '7', '12'], dropped: ['NOTE', 'TASKS', 'NAME'] });
  });

  it('colours cells after they were measured', () => {
    const paint = (text: string, row: number): string => `<${row}:${text}>`;
    expect(fitTable([{ heading: 'A', cells: ['x'], paint }]).lines).toEqual(['A', '<0:x>']);
  });

  it('may have as many rows as there are', () => {
    const cells = Array.from({ length: 300_000 }, (_, row) => String(row));
    expect(fitTable([{ heading: 'ID', cells }], 10).lines).toHaveLength(300_001);
  });

  it('fits whenever its most important column does', () => {
    const cell = fc.string({ maxLength: 20, unit: fc.constantFrom('a', 'é', '東', ' ') });
    fc.assert(
      fc.property(
        fc.array(fc.record({ cells: fc.array(cell, { minLength: 2, maxLength: 2 }), importance: fc.nat(5) }), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.integer({ min: 30, max: 90 }),
        (drawn, width) => {
          const columns = [
            { heading: 'ID', cells: ['1', '2'], importance: 9 },
            ...drawn.map((column, index) => ({ heading: `C${index}`, minWidth: 4, ...column })),
          ];
          const { lines } = fitTable(columns, width);
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});
