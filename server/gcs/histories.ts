/**
 * Durable `main`s (rule J1): what comes of their records beside what comes of every task's. What a `main` calls and puts is
 * written into its history; another run is given that, and what it names is there: small results stay, large ones that were let
 * go are made again when it asks.
 *
 * A run is told its history only when everything in it is durable, and its own place as the present run as well. So whatever dies
 * next, nobody goes on from what is in no book.
 */
import { DaylightError } from '#shared/errors/daylight-error.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { FUNCTION_KIND, type NodeRecordOf } from '#shared/protocol/node-records.ts';
import type { requests } from '#shared/protocol/requests.ts';
import { bytesDigest, callDigest } from '#shared/task/call-digest.ts';
import { entryOf } from '#shared/task/history-entries.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import type { Infer } from '#shared/wire/schema.ts';
import type { ObjectRecord, SessionRecord, TaskRecord } from './entities.ts';
import { containerHolder, isHeld } from './holders.ts';
import { JobHistory } from './job-history.ts';
import type { ObjectTable } from './object-table.ts';
import type { GcsState } from './state.ts';
import type { TaskManager } from './task-manager.ts';

const NO_BYTES = new Uint8Array(0);
/** Entries in one answer, about. */
const ANSWER_BYTES = 1024 * 1024;
/** The first version of the protocol whose nodes run a `main` by its history. */
const KNOWS_HISTORY = 4;

/** The tables that a history belongs to. */
export interface HistoryTables {
  readonly state: GcsState;
  readonly objects: ObjectTable;
  readonly tasks: Pick<TaskManager, 'cancel'>;
}

/** A task was submitted: the `main` of a job, whose history begins, or something new that a `main` called. */
export function noteCall(state: GcsState, parent: TaskRecord | undefined, task: TaskRecord): void {
  if (task.fn.name === MAIN_FUNCTION) {
    const begun = new JobHistory(task.job.id, task.key, state.dirty.histories);
    state.histories.add(begun);
    begun.begin();
  }
  noteCallOf(state, parent, task);
}

/** What a task called has this key, be it new or an actor that was there before (`getIfExists`): another run calls it again. */
export function noteCallOf(
  { histories }: GcsState,
  parent: TaskRecord | undefined,
  { key, fn, args, actor, deps, nested }: Pick<TaskRecord, 'key' | 'fn' | 'args' | 'actor' | 'deps' | 'nested'>,
): void {
  const history = parent && histories.of(parent.key);
  if (!history) return;
  const refs = history.own([actor, ...deps, ...nested]);
  history.addCall(key, fn.name, callDigest({ name: fn.name, args, refs }));
  goesOn(parent);
}

/** A `main` put something new. */
export function notePut(history: JobHistory, main: TaskRecord, { key, k, sizeBytes, digest }: ObjectRecord): void {
  history.addPut(key, k, { sizeBytes, digest: bytesDigest(digest) });
  goesOn(main);
}

/** Something was decided in a `main`. */
export function noteDecision(state: GcsState, session: SessionRecord, record: NodeRecordOf<'decision'>): void {
  const [main, history] = presentRun(state, session, record.task);
  if (!main || !history) return;
  history.add(entryOf(record));
  goesOn(main);
}

/** A run that comes further than those before it pays for none of them. */
function goesOn(main: TaskRecord): void {
  main.failures = 0;
  main.losses = 0;
}

/** The `main` and its history, if the session has its present run. */
function presentRun(
  state: GcsState,
  session: SessionRecord,
  key: ObjectKey,
): readonly [TaskRecord | undefined, JobHistory | undefined] {
  const main = state.task(key);
  const isPresent = main?.assigned === session.id && main.state !== 'finished';
  return isPresent ? [main, state.histories.of(main.key)] : [undefined, undefined];
}

/** `context().checkpoint(state)`: what led to it is forgotten, and what only that could ask for. */
export function cutHistory(
  { state, objects }: HistoryTables,
  session: SessionRecord,
  record: NodeRecordOf<'checkpoint'>,
): void {
  const [main, history] = presentRun(state, session, record.task);
  if (!main || !history) return;
  const holder = containerHolder(main.key);
  const nested = record.nested.map((key) => state.resolve(key));
  const former = history.checkpoint?.nested ?? [];
  for (const key of nested) {
    const object = state.object(key);
    if (object) objects.hold(object, holder);
  }
  for (const key of former) if (!nested.includes(key)) objects.releaseKey(key, holder);
  const before = [...history.keys];
  history.cut({ state: record.value.slice(), nested }, record.position);
  for (const key of before) {
    const object = state.objects.get(key);
    if (object) objects.reconsider(object);
  }
  main.made = main.made.filter((key) => state.objects.has(key));
  goesOn(main);
}

/**
 * Another run of a `main` is to come. It will name what is in the history again, and so holds all of that; of what was made before
 * the last checkpoint only what the state refers to can be asked for, and the rest ends.
 */
export function mainStartsAnew({ state, objects, tasks }: HistoryTables, main: TaskRecord): void {
  const history = state.histories.of(main.key);
  if (!history) return;
  history.promised = new Set();
  for (const key of [...main.made]) {
    const object = state.objects.get(key);
    if (!object) continue;
    if (history.keys.has(key)) {
      objects.hold(object, main.key);
      continue;
    }
    const child = state.tasks.get(key);
    // An actor is known by its name as well, and ends with the job.
    if (child?.fn.kind === FUNCTION_KIND.actor) continue;
    objects.release(object, main.key);
    if (child && child.actor === 0 && child.state !== 'finished' && !isHeld(object)) tasks.cancel(key, true, false);
  }
  main.made = main.made.filter((key) => state.objects.has(key));
}

/** A `main` is over. */
export function endHistory({ state, objects }: Pick<HistoryTables, 'state' | 'objects'>, main: TaskRecord): void {
  const history = state.histories.of(main.key);
  if (!history) return;
  state.histories.remove(history);
  for (const object of [...history.holdings.values()]) objects.release(object, main.key);
  for (const key of history.checkpoint?.nested ?? []) objects.releaseKey(key, containerHolder(main.key));
  for (const key of history.keys) {
    const object = state.objects.get(key);
    if (object) objects.reconsider(object);
  }
}

/**
 * A `main` is given to a node. One of a former release tells of no decisions: the job goes on without a history, and what it calls
 * again is found by its names (rule L1).
 */
export function givenTo(tables: Pick<HistoryTables, 'state' | 'objects'>, main: TaskRecord, node: SessionRecord): void {
  const history = node.version < KNOWS_HISTORY ? tables.state.histories.of(main.key) : undefined;
  if (!history) return;
  endHistory(tables, main);
  for (const key of main.made) {
    const object = tables.state.objects.get(key);
    if (object) tables.objects.hold(object, main.key);
  }
}

/**
 * The history of a task for the session that is to run it, or a piece of it.
 *
 * @throws DaylightError if another session, or another attempt, is to
 */
export function answerHistory(
  state: GcsState,
  session: SessionRecord,
  { task, attempt, from }: Infer<typeof requests.history.body>,
): Infer<typeof requests.history.answer> {
  const [main, history] = presentRun(state, session, task);
  if (main?.attempt !== attempt) throw new DaylightError('another run of this main takes its place');
  if (!history) return { ...NO_HISTORY };
  const isFirst = from === 0;
  const { checkpoint, position, lines } = history;
  const lost = isFirst ? [...history.puts.values()].filter((key) => isLost(state, key)) : [];
  if (isFirst) history.promised = new Set(lost);
  return {
    isDurable: true,
    ...history.read(from, ANSWER_BYTES),
    position,
    lines,
    lost,
    hasState: checkpoint !== undefined,
    state: isFirst ? (checkpoint?.state ?? NO_BYTES) : NO_BYTES,
    nested: isFirst ? [...(checkpoint?.nested ?? [])] : [],
  };
}

const NO_HISTORY = {
  isDurable: false,
  entries: NO_BYTES,
  next: 0,
  position: 0,
  lines: 0,
  lost: [],
  hasState: false,
  state: NO_BYTES,
  nested: [],
};

/** What was put has to be put again. */
function isLost(state: GcsState, key: ObjectKey): boolean {
  const object = state.objects.get(key);
  if (!object) return true;
  return object.status !== 'inline' && (object.status !== 'stored' || (object.locations?.size ?? 0) === 0);
}
