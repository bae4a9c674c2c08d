/**
 * The columns of lists: what each field of the API looks like in a table, which are shown unless told otherwise, and which go
 * first where the terminal is narrow. Fields are called as in the API everywhere, so what a table shows can be filtered by.
 */
import { didYouMean } from '#client/api/did-you-mean.ts';
import { Actor, columnsOf, Job, Node, ObjectInfo, Task } from '#shared/api/schemas.ts';
import { UsageError } from './exit-codes.ts';
import { formatAgo, formatBytes, formatDuration, formatNumber, formatPercent, NOTHING } from './format.ts';
import { plainLine, shortened } from './printable.ts';
import type { TableColumn } from './table.ts';

/** What can be listed. */
export type Kind = 'jobs' | 'nodes' | 'tasks' | 'actors' | 'objects';
/** A row as the API has it. */
export type ApiRow = Readonly<Record<string, unknown>>;
/** Colours a state by what it means. */
export type PaintState = (state: string, text: string) => string;

/** What is known of a kind. */
export interface KindFacts {
  /** All fields, in the API's order. */
  readonly fields: readonly string[];
  /** Those that a table shows, in its order. */
  readonly shown: readonly string[];
  /** The server sorts it; else what was fetched is sorted here. */
  readonly isSortedByServer: boolean;
}

/** Everything that can be listed. */
export const KINDS: Readonly<Record<Kind, KindFacts>> = {
  jobs: {
    fields: columnsOf(Job),
    shown: ['id', 'name', 'status', 'progress', 'finished', 'submitted', 'failed', 'startedAt', 'submitter', 'note'],
    isSortedByServer: true,
  },
  nodes: {
    fields: columnsOf(Node),
    shown: [
      'id',
      'name',
      'role',
      'state',
      'cpus',
      'freeCpus',
      'runningTasks',
      'executedTasks',
      'labels',
      'rssBytes',
      'platform',
    ],
    isSortedByServer: true,
  },
  tasks: {
    fields: columnsOf(Task),
    shown: ['id', 'fn', 'state', 'job', 'node', 'attempts', 'runMs', 'submittedAt', 'error'],
    isSortedByServer: false,
  },
  actors: {
    fields: columnsOf(Actor),
    shown: ['id', 'className', 'state', 'name', 'job', 'node', 'restarts', 'pendingCalls'],
    isSortedByServer: true,
  },
  objects: {
    fields: columnsOf(ObjectInfo),
    shown: ['id', 'status', 'sizeBytes', 'nodes', 'holders', 'maker', 'waiting'],
    isSortedByServer: false,
  },
};

/** Most important first; what is not named here goes before all of these. */
const IMPORTANT = [
  'id',
  'state',
  'status',
  'name',
  'fn',
  'className',
  'error',
  'progress',
  'sizeBytes',
  'node',
  'cpus',
];
/** Texts that may be cut, and to how much. */
const CUT_TO: Readonly<Record<string, number>> = {
  name: 12,
  fn: 12,
  className: 12,
  error: 16,
  message: 16,
  note: 10,
  purpose: 12,
  submitter: 8,
  platform: 8,
  holders: 10,
  demand: 10,
  nodeId: 8,
  facts: 12,
  resources: 10,
  labels: 12,
};
/** Headings that are shorter than their fields. */
const HEADINGS: Readonly<Record<string, string>> = {
  freeCpus: 'FREE',
  runningTasks: 'RUNNING',
  executedTasks: 'EXECUTED',
  pendingCalls: 'PENDING',
};
const STATES = new Set(['state', 'status']);
const RIGHT = new Set(['progress', 'cpus', 'freeCpus']);

/** Reads the name of a kind; one of them (`job`) will do. @throws UsageError */
export function parseKind(text: string): Kind {
  const names = Object.keys(KINDS) as Kind[];
  const kind = names.find((name) => name === text || name === `${text}s`);
  if (kind === undefined)
    throw new UsageError(`there are no "${shortened(text)}": list ${names.join(', ')}${didYouMean(text, names)}`);
  return kind;
}

/** Checks the name of a field. @throws UsageError with what may have been meant */
export function checkField(kind: Kind, field: string): string {
  const { fields } = KINDS[kind];
  if (fields.includes(field)) return field;
  throw new UsageError(
    `${kind} have no column "${shortened(field)}"${didYouMean(field, fields) || `: they have ${fields.join(', ')}`}`,
  );
}

/** A field of all rows as a column of a table. */
export function tableColumn(
  field: string,
  rows: readonly ApiRow[],
  nowMs: number,
  paintState?: PaintState,
): TableColumn {
  const rank = IMPORTANT.indexOf(field);
  const minWidth = CUT_TO[field];
  const isNumber = RIGHT.has(field) || rows.some((row) => typeof row[field] === 'number');
  return {
    heading: headingOf(field),
    cells: rows.map((row) => plainLine(cellText(field, row[field], nowMs))),
    align: isNumber ? 'right' : 'left',
    importance: rank < 0 ? 0 : IMPORTANT.length - rank,
    ...(minWidth === undefined ? {} : { minWidth }),
    ...(paintState !== undefined && STATES.has(field)
      ? { paint: (text: string, row: number) => paintState(String(rows[row]?.[field]), text) }
      : {}),
  };
}

/** `startedAt` is STARTED, `className` CLASS NAME. */
export function headingOf(field: string): string {
  const short = HEADINGS[field];
  if (short !== undefined) return short;
  const words = field.replace(/(?<=.)(At|Ms|Bytes)$/, '').replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ');
  return words.toUpperCase();
}

/** A value as a person reads it. */
export function cellText(field: string, value: unknown, nowMs: number): string {
  if (value === null || value === undefined || value === '') return NOTHING;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return field.endsWith('At') ? formatAgo(value, nowMs) : value;
  if (typeof value === 'number') {
    if (field.endsWith('Bytes')) return formatBytes(value);
    if (field.endsWith('Ms')) return formatDuration(value);
    return field === 'progress' ? formatPercent(value) : formatNumber(value);
  }
  if (Array.isArray(value)) return value.length === 0 ? NOTHING : value.map(String).join(', ');
  const entries = Object.entries(value);
  return entries.length === 0
    ? NOTHING
    : entries.map(([name, part]) => `${name}=${typeof part === 'object' ? JSON.stringify(part) : part}`).join(' ');
}

/** Orders rows as the server would: numbers by size, all else as text, what has no value last. */
export function sortRows(rows: readonly ApiRow[], field: string, isDescending: boolean): ApiRow[] {
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [a, b] = [one[field], other[field]];
    if (isAbsent(a) || isAbsent(b)) return Number(isAbsent(a)) - Number(isAbsent(b));
    return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : compareText(String(a), String(b)));
  });
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined;
}

function compareText(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
