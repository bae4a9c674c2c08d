// The rows as a table for a terminal: numbers aligned at their right end, rounded to what the measurement is worth.
import type { BenchRow } from './bench-row.ts';

const HEADINGS = ['row', 'value', 'min', 'max', 'unit', 'µs CPU/call', 'peer', 'ratio', 'of limit'] as const;
/** Columns of text; the others hold numbers. */
const LEFT_ALIGNED: ReadonlySet<number> = new Set([0, 4]);

/** Three significant digits for small numbers, whole ones from 100 on. */
export function shortNumber(value: number): string {
  if (Math.abs(value) < 100) return String(Number(value.toPrecision(3)));
  return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
}

/** A table of several lines, ending with a newline. */
export function formatTable(rows: readonly BenchRow[]): string {
  const optional = (value: number | undefined): string => (value === undefined ? '' : shortNumber(value));
  const lines = rows.map((row) => [
    row.name,
    shortNumber(row.value),
    shortNumber(row.min),
    shortNumber(row.max),
    row.unit,
    optional(row.cpuUsPerCall),
    optional(row.peerValue),
    row.ratio === undefined ? '' : `${shortNumber(row.ratio)} ×`,
    row.fractionOfLimit === undefined ? '' : `${Math.round(row.fractionOfLimit * 100)} %`,
  ]);
  const table = [[...HEADINGS], ...lines];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((cells) => (cells[column] ?? '').length)));
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        LEFT_ALIGNED.has(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return `${table.map(format).join('\n')}\n`;
}
