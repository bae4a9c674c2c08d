/**
 * Order for lists that the server gives in its own order alone, because they are too long to be sorted whole: what is loaded is
 * sorted here, and the table says that it is no more than that.
 */
import { type Column, exportedValue } from './column.ts';
import type { Order } from './list-query.ts';

/** The rows in that order; equal ones, and all without an order, stay as the server has them. What has no value comes last. */
export function sortLoaded<T extends object>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  order: Order | undefined,
): readonly T[] {
  const column = columns.find(({ id }) => id === order?.column);
  if (!order || !column) return rows;
  const sign = order.isDescending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, value: exportedValue(column, row) }));
  keyed.sort((one, other) => {
    const blanks = Number(isBlank(one.value)) - Number(isBlank(other.value));
    return blanks === 0 ? sign * compare(one.value, other.value) : blanks;
  });
  return keyed.map(({ row }) => row);
}

function isBlank(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}

function compare(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return words(one).localeCompare(words(other), 'en', { numeric: true });
}

function words(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
