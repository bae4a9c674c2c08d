/**
 * Lists in the API: filters on columns first, then the cursor, then the limit. A page is full if there is enough, unless looking
 * for it took too long: then it says where to go on, as at the end of any page but the last.
 *
 * A cursor names the row that a page ended with, by id or by the sorted column and id. That row may be gone when the next page is
 * asked for: rows have an order of their own.
 */
import type { Page } from '#shared/api/schemas.ts';
import { ApiError } from './api-error.ts';
import { type Columns, type Filter, filterOf, namesOf, passes, rowOf } from './columns.ts';
import type { Turns } from './turns.ts';

/** Rows of a page, if nobody says how many. */
export const DEFAULT_LIMIT = 100;

/** Records in the order of their keys. */
export interface Table<R> {
  /** With keys below this one, the highest first. What comes or goes meanwhile may be met or not. */
  newest(belowKey: number): Iterable<R>;
  keyOf(record: R): number;
  /** False for a record that is none of the list's. Default: all are. */
  isListed?(record: R): boolean;
  /** The key that an id stands for; undefined for what is no id. */
  parseId(id: string): number | undefined;
  formatId(key: number): string;
}

/** What is asked of a list. */
export interface ListQuery<V> {
  readonly limit: number;
  readonly after: string | undefined;
  readonly filters: readonly Filter<V>[];
  readonly sort: { readonly column: keyof V & string; readonly isDescending: boolean } | undefined;
}

/** Reads a query that fits the route's schema. @throws ApiError naming what is wrong */
export function listQueryOf<R, V extends object>(
  query: Readonly<Record<string, unknown>>,
  columns: Columns<R, V>,
): ListQuery<V> {
  const names = namesOf(columns);
  const { limit, after, sort, ...given } = query;
  return {
    limit: typeof limit === 'number' ? limit : DEFAULT_LIMIT,
    after: typeof after === 'string' ? after : undefined,
    filters: names.flatMap((name) => {
      const text = given[name];
      return typeof text === 'string' ? [filterOf<V>(name, text)] : [];
    }),
    sort: typeof sort === 'string' ? sortOf(sort, names) : undefined,
  };
}

function sortOf<C extends string>(text: string, names: readonly C[]): { column: C; isDescending: boolean } {
  const isDescending = text.startsWith('-');
  const column = names.find((name) => name === text.slice(isDescending ? 1 : 0));
  if (column === undefined)
    throw new ApiError(400, 'bad-query', `there is no column "${text}" to sort by: use ${names.join(', ')}`);
  return { column, isDescending };
}

/** One page of a table. */
export function pageOf<R, V extends object>(
  table: Table<R>,
  columns: Columns<R, V>,
  query: ListQuery<V>,
  turns: Turns,
): Promise<Page<V>> {
  const { sort } = query;
  return sort ? sortedPage(table, columns, { ...query, sort }, turns) : newestPage(table, columns, query, turns);
}

/** The key that a cursor of {@link newestPage} stands for. */
export function keyAfter<R>(table: Pick<Table<R>, 'parseId'>, after: string | undefined): number {
  const key = after === undefined ? Infinity : table.parseId(after);
  if (key === undefined) throw badCursor();
  return key;
}

/** Newest first. */
export async function newestPage<R, V extends object>(
  table: Table<R>,
  columns: Columns<R, V>,
  { limit, after, filters }: Omit<ListQuery<V>, 'sort'>,
  turns: Turns,
): Promise<Page<V>> {
  const items: V[] = [];
  let lastKey = 0;
  for (const record of table.newest(keyAfter(table, after))) {
    const pause = turns.row();
    // oxlint-disable-next-line no-await-in-loop -- others have their turn here
    if (pause) await pause;
    if (turns.isOver) return { items, next: table.formatId(lastKey) };
    const isShown = table.isListed?.(record) !== false && passes(columns, record, filters);
    // There is another one: this page does not end the list.
    if (isShown && items.length === limit) return { items, next: table.formatId(lastKey) };
    if (isShown) items.push(rowOf(columns, record));
    lastKey = table.keyOf(record);
  }
  return { items, next: null };
}

type SortValue = string | number | null;

/** A row's place in a sorted list. */
interface Place {
  readonly value: SortValue;
  readonly key: number;
}

/** Names with numbers in them as people count: `node 9` before `node 10`. */
const collator = new Intl.Collator('en', { numeric: true });

/** By a column; equal ones newest first, those without a value last. */
async function sortedPage<R, V extends object>(
  table: Table<R>,
  columns: Columns<R, V>,
  { limit, after, filters, sort }: ListQuery<V> & { sort: NonNullable<ListQuery<V>['sort']> },
  turns: Turns,
): Promise<Page<V>> {
  const sign = sort.isDescending ? -1 : 1;
  const compare = (a: Place, b: Place): number => {
    if (a.value === null || b.value === null) {
      if (a.value !== b.value) return a.value === null ? 1 : -1;
      return b.key - a.key;
    }
    return sign * compareValues(a.value, b.value) || b.key - a.key;
  };
  const from = after === undefined ? undefined : readPlace(after);
  // The first of what comes behind the cursor, in order; one more than is shown, to know whether there is a next page.
  const best: (Place & { readonly record: R })[] = [];
  for (const record of table.newest(Infinity)) {
    const pause = turns.row();
    // oxlint-disable-next-line no-await-in-loop -- others have their turn here
    if (pause) await pause;
    if (table.isListed?.(record) === false || !passes(columns, record, filters)) continue;
    const place = { value: sortValueOf(columns[sort.column](record)), key: table.keyOf(record), record };
    if (from && compare(place, from) <= 0) continue;
    const worst = best[limit];
    if (worst && compare(place, worst) >= 0) continue;
    best.splice(placeFor(best, place, compare), 0, place);
    if (best.length > limit + 1) best.pop();
  }
  await turns.nextTurn();
  const shown = best.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ record }) => rowOf(columns, record)),
    next: last && best.length > limit ? writePlace(last) : null,
  };
}

function sortValueOf(value: unknown): SortValue {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value;
  if (typeof value === 'boolean') return Number(value);
  return Array.isArray(value) ? value.length : JSON.stringify(value ?? null);
}

function compareValues(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
}

/** Where to put a place in a list that is in order. */
function placeFor<P extends Place>(
  sorted: readonly P[],
  place: Place,
  compare: (a: Place, b: Place) => number,
): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = sorted[middle];
    if (other && compare(other, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function writePlace({ value, key }: Place): string {
  return Buffer.from(JSON.stringify([value, key])).toString('base64url');
}

function readPlace(cursor: string): Place {
  let given: unknown;
  try {
    given = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw badCursor();
  }
  const [value, key]: unknown[] = Array.isArray(given) ? given : [];
  const isValue = value === null || typeof value === 'string' || typeof value === 'number';
  if (!isValue || typeof key !== 'number') throw badCursor();
  return { value, key };
}

function badCursor(): ApiError {
  return new ApiError(400, 'bad-query', '"after" is the `next` of another page of the same list');
}
