/**
 * From the tables in memory to rows in storage: what changed since the last group commit becomes mutations (rule G1).
 * The rows of sessions, jobs, actors and definitions are schemas here; that of objects and tasks is in `object-rows.ts`.
 */
import type { MutationBatchBuilder } from '#shared/ports/mutation-batch.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { array, bool, bytes, type Codec, f64, int, literalUnion, str, struct, uint } from '#shared/wire/schema.ts';
import { NONE_KEPT } from './actor-history.ts';
import type { ActorRecord, JobRecord, SessionRecord } from './entities.ts';
import { MAX_COUNTED_FUNCTIONS } from './function-counts.ts';
import { writeObjectRow } from './object-rows.ts';
import type { GcsState } from './state.ts';

/**
 * A row that got more fields: one of before ends where they begin, and means `missing` (rule W1). A row is decoded from
 * exactly its own bytes, so its end tells which it is.
 */
function grown<Former extends object, Added extends object>(
  former: Codec<Former>,
  added: Codec<Added>,
  missing: Added,
): Codec<Former & Added> {
  return {
    write: (rowWriter, row) => {
      former.write(rowWriter, row);
      added.write(rowWriter, row);
    },
    read: (reader) => {
      const row = former.read(reader);
      return { ...row, ...(reader.remaining === 0 ? missing : added.read(reader)) };
    },
    describe: () => `${former.describe()}+${added.describe()}`,
  };
}

const text = str({ maxBytes: 64 * 1024 });
const blob = bytes({ maxBytes: 64 * 1024 * 1024 });
const MAX_DEFINITIONS = { maxCount: 1_000_000 };

const storedSession = struct({
  nodeId: text,
  nodeName: text,
  epoch: uint,
  role: literalUnion('host', 'driver', 'tab'),
  platform: text,
  cpuMilli: uint,
  resources: array(struct({ name: text, milli: uint }), { maxCount: 1000 }),
  job: uint,
  dead: bool,
  joinedMs: uint,
  received: uint,
  /** Indices in the cluster's dictionaries + 1; 0 for a number the session never introduced. */
  functions: array(uint, MAX_DEFINITIONS),
  options: array(uint, MAX_DEFINITIONS),
  executed: uint,
});

/** Data of before there were strangers: who was in had a token. */
export const sessionRow = grown(storedSession, struct({ trusted: bool, successor: uint }), {
  trusted: true,
  successor: 0,
});

const storedJob = struct({
  name: text,
  session: uint,
  status: literalUnion('running', 'succeeded', 'failed', 'stopped'),
  startedMs: uint,
  endedMs: uint,
  result: blob,
  message: text,
  submitted: uint,
  finished: uint,
  failed: uint,
  progress: f64,
  note: text,
});

const describedJob = grown(storedJob, struct({ submitter: text, purpose: text }), { submitter: '', purpose: '' });

/** Data of before jobs were submitted: each had a driver. */
const submittedJob = grown(
  describedJob,
  struct({
    kind: literalUnion('driver', 'submitted'),
    priority: f64,
    trust: literalUnion('own', 'unchecked'),
  }),
  { kind: 'driver' as const, priority: 1, trust: 'own' as const },
);

/** Index in the cluster's dictionary + 1; 0 for all functions that are not counted one by one. */
const functionCount = struct({
  fn: uint,
  succeeded: uint,
  failed: uint,
  cancelled: uint,
  retries: uint,
  totalMs: f64,
});

/** Data of before the counts were durable: what had ended by then is in none. */
export const jobRow = grown(
  submittedJob,
  struct({ functions: array(functionCount, { maxCount: MAX_COUNTED_FUNCTIONS + 1 }) }),
  { functions: [] },
);

const storedActor = struct({
  state: literalUnion('pending', 'alive', 'restarting', 'dead'),
  incarnation: uint,
  session: uint,
  restarts: uint,
  deathCause: blob,
});

/** Data of before actors could end in their own good time. */
const retiringActor = grown(storedActor, struct({ retiring: text }), { retiring: '' });

/** Data of before actors were repeated: nothing is known of what one did, so that it cannot be. */
export const actorRow = grown(
  retiringActor,
  struct({ checkpoint: uint, checkpointNumber: uint, candidate: uint, candidateNumber: uint, missingUpTo: uint }),
  { checkpoint: 0, checkpointNumber: 0, candidate: 0, candidateNumber: 0, missingUpTo: NONE_KEPT },
);

export const functionRow = struct({ module: text, name: text, kind: uint });
export const optionsRow = struct({ json: text });
export const moduleRow = struct({ hash: text, code: blob, sourceMap: blob });
export const aliasRow = struct({ to: int });

const NO_BYTES = new Uint8Array(0);
const writer = new ByteWriter(4096);

/**
 * Moves everything dirty into the batch and marks it clean. One row per entity however often it changed: a task that
 * was submitted, ran and was forgotten between two commits leaves nothing.
 */
export function writeDirty(state: GcsState, builder: MutationBatchBuilder): void {
  writeDefinitions(state, builder);
  const { dirty } = state;
  for (const id of dirty.sessions) {
    const session = state.sessions.get(id);
    if (session) put(builder, 'sessions', id, sessionRow, sessionFields(session));
    else builder.delete('sessions', id);
  }
  for (const id of dirty.jobs) {
    const job = state.jobs.get(id);
    if (job) put(builder, 'jobs', id, jobRow, jobFields(job));
    else builder.delete('jobs', id);
  }
  for (const key of dirty.objects) writeObject(state, builder, key);
  for (const key of dirty.actors) {
    const actor = state.actors.get(key);
    if (actor) put(builder, 'actors', key, actorRow, actorFields(actor));
    else builder.delete('actors', key);
  }
  for (const key of dirty.aliases) {
    const to = state.aliases.get(key);
    if (to === undefined) builder.delete('aliases', key);
    else put(builder, 'aliases', key, aliasRow, { to });
  }
  for (const key of dirty.histories) {
    const row = state.histories.row(key);
    if (row) builder.put('histories', key, row);
    else builder.delete('histories', key);
  }
  dirty.clear();
}

function writeDefinitions({ dirty, dictionaries, modules }: GcsState, builder: MutationBatchBuilder): void {
  for (const index of dirty.functions) {
    const entry = dictionaries.functionAt(index);
    if (entry)
      put(builder, 'functions', index, functionRow, { module: entry.module, name: entry.name, kind: entry.kind });
  }
  for (const index of dirty.options) {
    const entry = dictionaries.optionsAt(index);
    if (entry) put(builder, 'options', index, optionsRow, { json: entry.json });
  }
  for (const hash of dirty.modules) {
    const module = modules.get(hash);
    if (module)
      put(builder, 'modules', module.index, moduleRow, { hash, code: module.code, sourceMap: module.sourceMap });
  }
}

function writeObject(state: GcsState, builder: MutationBatchBuilder, key: number): void {
  const object = state.objects.get(key);
  const task = state.tasks.get(key);
  if (!object && !task) {
    builder.delete('objects', key);
    return;
  }
  writer.reset();
  writeObjectRow(writer, object, task);
  builder.put('objects', key, writer.view());
  if (object) object.onDisk = true;
  if (task) task.onDisk = true;
}

/** Reads a row of one of the schemas above. Byte strings in it are views of `row`. */
export function readRow<T>(codec: Codec<T>, row: Uint8Array): T {
  return codec.read(new ByteReader(row));
}

type SchemaTable = 'sessions' | 'jobs' | 'actors' | 'functions' | 'options' | 'modules' | 'aliases';

function put<T>(builder: MutationBatchBuilder, table: SchemaTable, key: number, codec: Codec<T>, value: T): void {
  writer.reset();
  codec.write(writer, value);
  builder.put(table, key, writer.view());
}

function sessionFields(session: SessionRecord): Parameters<typeof sessionRow.write>[1] {
  const dead = session.state === 'dead';
  return {
    nodeId: session.nodeId,
    nodeName: session.nodeName,
    epoch: session.epoch,
    role: session.role,
    platform: session.platform,
    cpuMilli: session.resources.totalCpuMilli,
    resources: [...session.resources.custom()].map(({ name, totalMilli }) => ({ name, milli: totalMilli })),
    job: session.job?.id ?? 0,
    dead,
    joinedMs: session.joinedMs,
    received: session.received,
    functions: dead ? [] : Array.from(session.functions, (entry) => (entry ? entry.index + 1 : 0)),
    options: dead ? [] : Array.from(session.options, (entry) => (entry ? entry.index + 1 : 0)),
    executed: session.executed,
    trusted: session.trusted,
    successor: session.successor,
  };
}

function jobFields(job: JobRecord): Parameters<typeof jobRow.write>[1] {
  return { ...job, functions: Array.from(job.functions, ([fn, count]) => ({ fn: fn ? fn.index + 1 : 0, ...count })) };
}

function actorFields(actor: ActorRecord): Parameters<typeof actorRow.write>[1] {
  const { state, incarnation, session, restarts, deathCause, retiring } = actor;
  const { checkpoint, checkpointNumber, candidate, candidateNumber, missingUpTo } = actor.history;
  const life = { state, incarnation, session, restarts, deathCause: deathCause ?? NO_BYTES, retiring };
  return { ...life, checkpoint, checkpointNumber, candidate, candidateNumber, missingUpTo };
}
