/**
 * Tables that fit: where the terminal is too narrow, long texts are cut first, then the least important columns go. A table that
 * nobody watches (a file, a pipe) is as wide as it has to be.
 */
import { displayWidth, pad, truncate } from './text-width.ts';

const GAP = '  ';

/** One column. */
export interface TableColumn {
  readonly heading: string;
  /** Plain text without line breaks, one for each row. */
  readonly cells: readonly string[];
  readonly align?: 'left' | 'right';
  /** The higher, the later it is dropped. Columns of the highest importance stay whatever happens. Default 0. */
  readonly importance?: number;
  /** It may be cut down to this width. Default: not at all. */
  readonly minWidth?: number;
  /** Colours a cell that has been cut and padded; `row` counts from 0. */
  readonly paint?: (text: string, row: number) => string;
}

/** A table as lines. */
export interface FittedTable {
  readonly lines: readonly string[];
  /** Headings of the columns that had no room. */
  readonly dropped: readonly string[];
}

/** Lays a table out for a terminal of `width` columns; without a width nothing is cut. */
export function fitTable(columns: readonly TableColumn[], width?: number): FittedTable {
  const dropped: string[] = [];
  let shown = columns;
  let natural = naturalWidths(shown);
  let widths = natural;
  if (width !== undefined) {
    for (;;) {
      widths = shrink(shown, [...natural], width);
      const least = total(widths) <= width ? undefined : leastImportant(shown);
      if (least === undefined) break;
      dropped.push(least.heading);
      natural = natural.filter((_, index) => shown[index] !== least);
      shown = shown.filter((column) => column !== least);
    }
  }
  const rows = Math.max(0, ...shown.map(({ cells }) => cells.length));
  const lines = [line(shown, widths, ({ heading }) => heading)];
  for (let row = 0; row < rows; row++) lines.push(line(shown, widths, ({ cells }) => cells[row] ?? '', row));
  return { lines, dropped };
}

function naturalWidths(columns: readonly TableColumn[]): number[] {
  return columns.map(({ heading, cells }) =>
    cells.reduce((widest, cell) => Math.max(widest, displayWidth(cell)), displayWidth(heading)),
  );
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1);
}

/** Takes from the widest column that may still give, until all fit or none may. */
function shrink(columns: readonly TableColumn[], widths: number[], width: number): number[] {
  for (let excess = total(widths) - width; excess > 0; excess--) {
    let widest = -1;
    columns.forEach(({ heading, minWidth = Infinity }, index) => {
      const own = widths[index] ?? 0;
      const floor = Math.max(minWidth, displayWidth(heading));
      if (own > floor && (widest < 0 || own > (widths[widest] ?? 0))) widest = index;
    });
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** The column to go next; of equals the rightmost. */
function leastImportant(columns: readonly TableColumn[]): TableColumn | undefined {
  const importances = columns.map(({ importance = 0 }) => importance);
  const lowest = Math.min(...importances);
  if (columns.length <= 1 || lowest === Math.max(...importances)) return undefined;
  return columns[importances.lastIndexOf(lowest)];
}

function line(
  columns: readonly TableColumn[],
  widths: readonly number[],
  textOf: (column: TableColumn) => string,
  row?: number,
): string {
  const parts = columns.map((column, index) => {
    const width = widths[index] ?? 0;
    const cut = truncate(textOf(column), width);
    const isLast = index === columns.length - 1;
    const text = isLast && column.align !== 'right' ? cut : pad(cut, width, column.align);
    return row === undefined || column.paint === undefined ? text : column.paint(text, row);
  });
  return parts.join(GAP).trimEnd();
}
