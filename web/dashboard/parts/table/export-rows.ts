/**
 * Rows of a table as a file: CSV for spreadsheets, JSON for programs.
 */
import { type Column, exportedValue } from './column.ts';

/** Characters with which a spreadsheet takes a cell for a formula: a stranger's name must not become one. */
const FORMULA = /^[=+\-@\t\r]/;

/** RFC 4180, with a header. */
export function toCsv<T extends object>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const lines = [columns.map(({ header }) => csvCell(header))];
  for (const row of rows) lines.push(columns.map((column) => csvCell(exportedValue(column, row))));
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** Whole rows, as the API gives them. */
export function toJson(rows: readonly object[]): string {
  return `${JSON.stringify(rows, undefined, 2)}\n`;
}

function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const plain = typeof value === 'string' ? value : JSON.stringify(value);
  const text = FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
