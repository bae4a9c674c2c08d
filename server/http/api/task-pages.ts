/**
 * Tasks as one list: those that are not over, out of the live tables, then the history. A cursor says in which part it stands. The
 * history is asked by whatever filters it can answer itself; what it gives is looked through once more.
 */
import type { Page, Task } from '#shared/api/schemas.ts';
import { formatObjectKey, type ObjectKey, parseObjectKey } from '#shared/ids/object-key.ts';
import type { HistoryQuery } from '#shared/ports/storage.ts';
import type { TaskRecord } from '../../gcs/entities.ts';
import { type Filter, passes, rowOf } from '../columns.ts';
import { keyAfter, type ListQuery, newestPage, type Table } from '../lists.ts';
import type { Turns } from '../turns.ts';
import { ENDED_TASK_COLUMNS, LIVE_TASK_COLUMNS } from '../views.ts';
import { type ApiParts, keyedTable, turnsFor } from './parts.ts';

type TaskQuery = Omit<ListQuery<Task>, 'sort'>;

/** Rows of the history that come in one turn of the loop. */
const QUERY_ROWS = 300;
/** Stands before the id in a cursor that points into the history. */
const HISTORY = 'h';

/** One page of it. */
export async function taskPage(parts: ApiParts, query: TaskQuery): Promise<Page<Task>> {
  const turns = turnsFor(parts);
  const isPast = query.after?.startsWith(HISTORY) ?? false;
  if (isPast) return pastPage(parts, { ...query, after: query.after?.slice(HISTORY.length) }, turns);
  const live = await newestPage(livingTasks(parts), LIVE_TASK_COLUMNS, query, turns);
  if (live.next !== null) return live;
  const { limit } = query;
  if (live.items.length === limit) return { ...live, next: HISTORY };
  const past = await pastPage(parts, { ...query, limit: limit - live.items.length, after: undefined }, turns);
  return { items: [...live.items, ...past.items], next: past.next };
}

function livingTasks({ plane }: ApiParts): Table<TaskRecord> {
  return { ...keyedTable(plane.gcs.state.tasks), isListed: (task) => task.state !== 'finished' };
}

async function pastPage(parts: ApiParts, query: TaskQuery, turns: Turns): Promise<Page<Task>> {
  const { plane } = parts;
  const { limit, filters } = query;
  const question = historyQuestion(filters);
  if (!question) return { items: [], next: null };
  const items: Task[] = [];
  let afterKey = Math.min(keyAfter({ parseId: parseObjectKey }, query.after || undefined), question.belowKey);
  do {
    // oxlint-disable-next-line no-await-in-loop -- one page after the other
    const page = await plane.storage.query({
      table: 'task_history',
      limit: question.isComplete ? Math.min(limit - items.length + 1, QUERY_ROWS) : QUERY_ROWS,
      limitMs: turns.leftMs,
      // Values were read by the kind of their column.
      where: question.where as HistoryFilter,
      like: question.like,
      ...(afterKey === Infinity ? {} : { afterKey }),
    });
    for (const row of page.rows) {
      const pause = turns.row();
      // oxlint-disable-next-line no-await-in-loop -- others have their turn here
      if (pause) await pause;
      if (row.key < question.fromKey) return { items, next: null };
      // Its task runs again: it was among the living.
      const isLiving = (plane.gcs.state.tasks.get(row.key)?.state ?? 'finished') !== 'finished';
      const isShown = !isLiving && passes(ENDED_TASK_COLUMNS, row, filters);
      // There is another one: this page does not end the list.
      if (isShown && items.length === limit) return { items, next: cursorAt(afterKey) };
      if (isShown) items.push(rowOf(ENDED_TASK_COLUMNS, row));
      afterKey = row.key;
    }
    if (page.nextAfterKey === null) return { items, next: null };
    afterKey = page.nextAfterKey;
  } while (turns.leftMs > 0);
  return { items, next: cursorAt(afterKey) };
}

function cursorAt(key: ObjectKey): string {
  return `${HISTORY}${formatObjectKey(key)}`;
}

type HistoryFilter = NonNullable<HistoryQuery<'task_history'>['where']>;
type HistoryColumn = keyof HistoryFilter;

/** Columns that the history has itself, and what they are there. */
const IN_HISTORY: { readonly [C in keyof Task]?: readonly [HistoryColumn, 'text' | 'number' | 'time'] } = {
  job: ['job', 'number'],
  fn: ['fn', 'text'],
  state: ['state', 'text'],
  node: ['node', 'number'],
  attempts: ['attempts', 'number'],
  submittedAt: ['submittedAtMs', 'time'],
  startedAt: ['startedAtMs', 'time'],
  endedAt: ['endedAtMs', 'time'],
  runMs: ['runMs', 'number'],
  error: ['error', 'text'],
};
/** Columns of which the history knows nothing, and what they are there. */
const NOT_IN_HISTORY: { readonly [C in keyof Task]?: Task[C] } = { parent: null, actor: null, demand: '' };

/** What the history is asked. */
interface HistoryQuestion {
  readonly where: Partial<Record<HistoryColumn, string | number | null>>;
  readonly like: Partial<Record<HistoryColumn, string>>;
  /** Only keys from here … */
  readonly fromKey: number;
  /** … and below this one. */
  readonly belowKey: number;
  /** Its answer needs no other filter. */
  readonly isComplete: boolean;
}

/** Undefined if nothing there can pass the filters. */
function historyQuestion(filters: readonly Filter<Task>[]): HistoryQuestion | undefined {
  const where: HistoryQuestion['where'] = {};
  const like: HistoryQuestion['like'] = {};
  let range = { fromKey: 0, belowKey: Infinity };
  let isComplete = true;
  for (const { column, text, isPattern, test } of filters) {
    const known = IN_HISTORY[column];
    if (known && isPattern) {
      like[known[0]] = text;
    } else if (known) {
      const value = valueOf(text, known[1]);
      if (value === undefined) return undefined;
      where[known[0]] = value;
    } else if (column !== 'id') {
      if (!test(NOT_IN_HISTORY[column])) return undefined;
    } else if (isPattern) {
      isComplete = false;
    } else {
      const key = parseObjectKey(text);
      if (key === undefined) return undefined;
      range = { fromKey: key, belowKey: key + 1 };
    }
  }
  return { where, like, ...range, isComplete };
}

/** What the history has where the API shows this text; undefined if that is nothing. */
function valueOf(text: string, kind: 'text' | 'number' | 'time'): string | number | null | undefined {
  if (text === 'null') return null;
  if (kind === 'text') return text;
  const value = kind === 'number' ? Number(text) : Date.parse(text);
  const shown = Number.isSafeInteger(value) && (kind === 'number' ? String(value) : new Date(value).toISOString());
  return shown === text ? value : undefined;
}
