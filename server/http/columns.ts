/**
 * A row of the API as one function for each of its columns: a filter then reads the columns that it asks about and no others, and
 * only the rows of the page are made whole.
 */
import { textPattern } from '#shared/text/text-pattern.ts';

/** How each column of a row `V` is read off a record `R`. */
export type Columns<R, V> = { readonly [C in keyof V]-?: (record: R) => V[C] };

/** The whole row. */
export function rowOf<R, V extends object>(columns: Columns<R, V>, record: R): V {
  const row: Partial<V> = {};
  for (const column of namesOf(columns)) row[column] = columns[column](record);
  // Every column of the row has its function.
  return row as V;
}

/** Names of the columns. */
export function namesOf<R, V extends object>(columns: Columns<R, V>): (keyof V & string)[] {
  return Object.keys(columns) as (keyof V & string)[];
}

/** What a list is filtered by: a column and a text, with `*` in it a pattern. */
export interface Filter<V> {
  readonly column: keyof V & string;
  readonly text: string;
  readonly isPattern: boolean;
  readonly test: (value: unknown) => boolean;
}

/**
 * Only where the column's text is this one or, with `*` in it, like it. Null is equal to `null` and like nothing; of a list of
 * values one is enough.
 */
export function filterOf<V>(column: keyof V & string, text: string): Filter<V> {
  const isPattern = text.includes('*');
  const isLike = textPattern(text);
  const one = (value: unknown): boolean =>
    isPattern ? value !== null && isLike(textOf(value)) : textOf(value) === text;
  return { column, text, isPattern, test: (value) => (Array.isArray(value) ? value.some(one) : one(value)) };
}

/** True if the record passes all of them. */
export function passes<R, V extends object>(columns: Columns<R, V>, record: R, filters: readonly Filter<V>[]): boolean {
  return filters.every(({ column, test }) => test(columns[column](record)));
}

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
