/**
 * Lists in the API: filters on columns first, then the cursor, then the limit, so a page is full if there is enough.
 */
import type { Request } from 'express';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** A question that cannot be answered as it was asked; becomes status 400 (or another). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** One page of a list. `next` is the `after` of the following page, null at the end. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** What the query string asks of a list. */
export interface ListQuery {
  readonly limit: number;
  readonly after: string | undefined;
  /** Column and the value it must have. */
  readonly where: ReadonlyMap<string, string>;
}

/** Reads `?limit=&after=&column=value`. @throws ApiError naming what is wrong. */
export function parseListQuery(request: Request, columns: readonly string[]): ListQuery {
  const where = new Map<string, string>();
  let limit = DEFAULT_LIMIT;
  let after: string | undefined;
  for (const [name, value] of Object.entries(request.query)) {
    if (typeof value !== 'string') throw new ApiError(400, 'bad-query', `"${name}" is given more than once`);
    if (name === 'limit') {
      limit = Number(value);
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
        throw new ApiError(400, 'bad-query', `limit is a whole number from 1 to ${MAX_LIMIT}`);
    } else if (name === 'after') {
      after = value;
    } else if (columns.includes(name)) {
      where.set(name, value);
    } else {
      throw new ApiError(400, 'bad-query', `there is no column "${name}" to filter by: use ${columns.join(', ')}`);
    }
  }
  return { limit, after, where };
}

/**
 * Takes a page out of rows that come newest first.
 * @param rows lazily made: only as many as the page needs are visited
 * @param cursorOf a row's cursor; rows up to and with that of `after` are passed over
 */
export function takePage<T>(rows: Iterable<T>, query: ListQuery, cursorOf: (row: T) => string): Page<T> {
  const items: T[] = [];
  let skipping = query.after !== undefined;
  for (const row of rows) {
    if (skipping) {
      skipping = cursorOf(row) !== query.after;
      continue;
    }
    if (!matches(row, query.where)) continue;
    if (items.length === query.limit) return { items, next: cursorOf(items[items.length - 1] ?? row) };
    items.push(row);
  }
  return { items, next: null };
}

/** True if every filtered column has its value. */
export function matches(row: unknown, where: ReadonlyMap<string, string>): boolean {
  for (const [column, value] of where) {
    const found: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, column) : undefined;
    if (String(found) !== value) return false;
  }
  return true;
}
