/**
 * A start of the server: the rows of its earlier life become tables again (rule G2).
 *
 * Rows hold what cannot be found out otherwise. What one row says about another (who holds what, which task made what,
 * which lineage is needed) is made again from both; what only nodes know (copies, waits, what really runs) they report
 * within the grace (rule M3).
 */
import type { Storage } from '#shared/ports/storage.ts';
import { MAX_SESSION_NUMBER } from '#shared/ids/object-key.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { StrangerBook } from '../trust/stranger-book.ts';
import { newHistory } from './actor-history.ts';
import type { ObjectRecord, SessionRecord } from './entities.ts';
import type { Gcs } from './gcs.ts';
import { GONE_ROW } from './gone.ts';
import { KeyTable } from './key-table.ts';
import { readObjectRow } from './object-rows.ts';
import { actorRow, aliasRow, functionRow, jobRow, moduleRow, optionsRow, readRow, sessionRow } from './rows.ts';
import { offerOf } from './node-offer.ts';
import { NO_LOAD } from './session-manager.ts';
import type { GcsState } from './state.ts';

/** Rows that are connected before other events have their turn (rule T3). */
const SLICE_ROWS = 2_000;

/**
 * Fills an empty GCS. The time must be set. Starts the grace if any node of the earlier life may come back.
 *
 * @param yieldTurn resolves after other events had their turn
 */
export async function loadState(storage: Storage, gcs: Gcs, yieldTurn: () => Promise<void>): Promise<void> {
  const { state } = gcs;
  const { dictionaries } = state;
  await storage.load('meta', (key, row) => {
    if (key === GONE_ROW) state.gone.restore(row);
  });
  gcs.jobs.keepNumber(state.gone.jobsUpTo);
  await storage.load('functions', (index, row) => {
    const { module, name, kind } = readRow(functionRow, row);
    dictionaries.restoreFunction(index, module, name, kind);
  });
  await storage.load('options', (index, row) => dictionaries.restoreOptions(index, readRow(optionsRow, row).json));
  await storage.load('modules', (index, row) => {
    const { hash, code, sourceMap } = readRow(moduleRow, row);
    state.modules.set(hash, { index, hash, code: code.slice(), sourceMap: sourceMap.slice() });
  });
  const jobOfSession = new Map<SessionRecord, number>();
  await storage.load('sessions', (id, row) => loadSession(gcs, id, row, jobOfSession));
  await storage.load('jobs', (id, row) => {
    const { result, functions, ...fields } = readRow(jobRow, row);
    gcs.jobs.restore({
      id,
      ...fields,
      result: result.slice(),
      functions: new Map(
        functions.map(({ fn, ...count }) => [fn === 0 ? undefined : dictionaries.functionAt(fn - 1), count]),
      ),
      unfinished: new KeyTable(),
      actors: new Set(),
    });
  });
  for (const [session, job] of jobOfSession) session.job = state.jobs.get(job);
  await storage.load('aliases', (key, row) => state.addAlias(key, readRow(aliasRow, row).to));
  await storage.load('objects', (key, row) => readObjectRow(new ByteReader(row), key, state));
  await storage.load('actors', (key, row) => loadActor(gcs, key, row));
  await storage.load('histories', (key, row) => state.histories.restore(key, row, state.dirty.histories));
  const slices = connect(gcs);
  while (!slices.next().done) await yieldTurn();
  state.dirty.clear();
  if ([...state.sessions.values()].some((session) => session.state !== 'dead')) gcs.sessions.startGrace();
}

function loadSession(gcs: Gcs, id: number, row: Uint8Array, jobOfSession: Map<SessionRecord, number>): void {
  const { dictionaries, nowMs } = gcs.state;
  const fields = readRow(sessionRow, row);
  const session: SessionRecord = {
    id,
    nodeId: fields.nodeId,
    nodeName: fields.nodeName,
    epoch: fields.epoch,
    role: fields.role,
    platform: fields.platform,
    version: 0,
    trusted: fields.trusted,
    book: fields.trusted ? undefined : new StrangerBook(gcs.state.objects, false),
    resources: offerOf(fields),
    labels: undefined,
    facts: undefined,
    successor: fields.successor,
    job: undefined,
    state: fields.dead ? 'dead' : 'disconnected',
    sinceMs: nowMs,
    lastFrameMs: nowMs,
    joinedMs: fields.joinedMs,
    received: fields.received,
    heard: fields.received,
    reportedUpTo: Infinity,
    functions: fields.functions.map((index) => (index === 0 ? undefined : dictionaries.functionAt(index - 1))),
    options: fields.options.map((index) => (index === 0 ? undefined : dictionaries.optionsAt(index - 1))),
    assigned: new Set(),
    copies: new Set(),
    holdings: new KeyTable(),
    sentFunctions: new Map(),
    sentOptions: new Map(),
    load: NO_LOAD,
    peersTold: -1,
    executed: fields.executed,
  };
  if (fields.job !== 0) {
    jobOfSession.set(session, fields.job);
    // Its row may be deleted; that of its driver's session stays.
    gcs.jobs.keepNumber(fields.job);
  }
  gcs.sessions.restore(session);
}

function loadActor(gcs: Gcs, key: number, row: Uint8Array): void {
  const { state } = gcs;
  const creation = state.tasks.get(key);
  if (!creation) throw new Error(`row of actor ${key} has no creation task`);
  const { deathCause, state: stands, incarnation, session, restarts, retiring, ...saved } = readRow(actorRow, row);
  gcs.actors.restore({
    key,
    creation,
    state: stands,
    incarnation,
    session,
    restarts,
    retiring,
    deathCause: deathCause.length === 0 ? undefined : deathCause.slice(),
    pending: [],
    inFlight: new Set(),
    holdings: new KeyTable(),
    history: { ...newHistory(), ...saved },
  });
}

/** Makes again what one row says about another, in slices. */
function* connect(gcs: Gcs): Generator<void, void> {
  const { state } = gcs;
  let rows = 0;
  for (const object of state.objects.values()) {
    listHoldings(state, object);
    if (object.maker > 0) state.task(object.maker)?.made.push(object.key);
    const maker = object.keepsMaker ? gcs.objects.makerOf(object) : undefined;
    if (maker) maker.lineageOf += 1;
    if (++rows % SLICE_ROWS === 0) yield;
  }
  for (const task of state.tasks.values()) {
    const parent = task.parent === 0 ? undefined : state.task(task.parent);
    parent?.made.push(task.key);
    if (parent && parent.actor === 0 && state.actors.has(task.key)) (parent.madeActors ??= []).push(task.key);
    if (task.kept) for (const key of [...task.deps, ...task.nested]) gcs.objects.addLineageRef(key);
    if (++rows % SLICE_ROWS === 0) yield;
  }
  for (const task of state.tasks.values()) {
    gcs.restoreTask(task);
    if (++rows % SLICE_ROWS === 0) yield;
  }
  gcs.actors.restored();
}

/** One by one: an array of the holders for each of a million objects is what the start would spend its time on. */
function listHoldings(state: GcsState, object: ObjectRecord): void {
  listHolding(state, object.firstHolder, object);
  for (const holder of object.moreHolders ?? []) listHolding(state, holder, object);
}

function listHolding(state: GcsState, holder: number, object: ObjectRecord): void {
  if (holder <= 0) return;
  if (holder <= MAX_SESSION_NUMBER) state.sessions.get(holder)?.holdings.set(object.key, object);
  else state.holdingsOf(holder)?.set(object.key, object);
}
