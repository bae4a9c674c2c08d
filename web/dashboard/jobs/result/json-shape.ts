/**
 * How a JSON value is best shown: as a line, as a table, or as a branch to open.
 */
import { isArrayPlace } from './archive.ts';

/** A value without parts. */
export type Plain = string | number | boolean | null;
/** An object of plain values. */
export type Flat = Readonly<Record<string, Plain>>;

const MAX_COLUMNS = 8;
const MAX_LINE_CHARS = 80;
/** Of a long list so many items are looked at. */
const LOOKED_AT = 200;

/** Whether it has no parts. */
export function isPlain(value: unknown): value is Plain {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isFlat(value: unknown): value is Flat {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isArrayPlace(value)) return false;
  return Object.values(value).every(isPlain);
}

/** The columns of a list of alike, flat objects; undefined if it is none. */
export function columnsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length < 2) return undefined;
  const [first] = value as unknown[];
  if (!isFlat(first)) return undefined;
  const columns = Object.keys(first);
  if (columns.length === 0 || columns.length > MAX_COLUMNS) return undefined;
  const isAlike = (item: unknown): boolean => isFlat(item) && Object.keys(item).join('\n') === columns.join('\n');
  return (value as unknown[]).slice(0, LOOKED_AT).every(isAlike) ? columns : undefined;
}

/** A list of numbers reads better as a line than as a column. */
export function isNumberList(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.length > 1 && value.slice(0, LOOKED_AT).every((item) => typeof item === 'number')
  );
}

/** A small value in one line, `{ "word": "that", "count": 12 }`; undefined if it does not fit. */
export function inOneLine(value: unknown): string | undefined {
  const parts = Array.isArray(value) ? (value as unknown[]) : isFlat(value) ? Object.values(value) : undefined;
  if (!parts?.every(isPlain)) return undefined;
  const text = JSON.stringify(value, undefined, 1).replaceAll(/\n\s*/g, ' ');
  return text.length <= MAX_LINE_CHARS ? text : undefined;
}
