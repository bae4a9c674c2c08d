/**
 * What somebody filters and sorts a table by, as it stands in the address and as the server is asked for it.
 */
import type { Search } from '../search.ts';
import type { Column } from './column.ts';

/** Order of a table. */
export interface Order {
  readonly column: string;
  readonly isDescending: boolean;
}

/** A filter that is set. */
export interface ActiveFilter {
  readonly id: string;
  readonly header: string;
  /** As somebody chose it, for people. */
  readonly words: string;
}

type AnyColumn = Pick<Column<Record<string, unknown>>, 'id' | 'header' | 'filter' | 'isSortable'>;

/** `-startedAt` to an order; undefined for none, or for a column that cannot be sorted by. */
export function readOrder(columns: readonly AnyColumn[], search: Search): Order | undefined {
  const { sort } = search;
  if (sort === undefined) return undefined;
  const isDescending = sort.startsWith('-');
  const column = isDescending ? sort.slice(1) : sort;
  return columns.some(({ id, isSortable }) => id === column && isSortable) ? { column, isDescending } : undefined;
}

/** What a click on a heading does: up, then down, then as the server has it. */
export function nextSort(order: Order | undefined, column: string): string | undefined {
  if (order?.column !== column) return column;
  return order.isDescending ? undefined : `-${column}`;
}

/** The query for the server. Part of a text is found anywhere in it, unless somebody wrote a `*` of their own. */
export function listQuery(columns: readonly AnyColumn[], search: Search): Record<string, string> {
  const query: Record<string, string> = {};
  for (const { id, filter } of columns) {
    const value = search[id]?.trim();
    if (filter === undefined || value === undefined || value === '') continue;
    query[id] = filter === 'part' && !value.includes('*') ? `*${value}*` : value;
  }
  const order = readOrder(columns, search);
  return order ? { ...query, sort: `${order.isDescending ? '-' : ''}${order.column}` } : query;
}

/** The filters that are set, in the order of the columns. */
export function activeFilters(columns: readonly AnyColumn[], search: Search): ActiveFilter[] {
  return columns.flatMap(({ id, header, filter }) => {
    const value = search[id]?.trim();
    if (filter === undefined || value === undefined || value === '') return [];
    const label =
      typeof filter === 'string' ? value : (filter.find((option) => option.value === value)?.label ?? value);
    return [{ id, header, words: label }];
  });
}
