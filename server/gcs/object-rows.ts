/**
 * The row of an object and of the task that makes it: they share a key, change together and leave together, so they
 * share a row. Written by hand rather than from a schema: two of these are written for every task that reaches the server.
 */
import { idCodec, type ObjectId, type TaskId } from '#shared/ids/ids.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { NOT_QUEUED } from '#shared/scheduling/task-queue.ts';
import type { TaskState } from '#shared/task/task-state.ts';
import type { ByteReader } from '#shared/wire/byte-reader.ts';
import type { ByteWriter } from '#shared/wire/byte-writer.ts';
import type { ObjectRecord, ObjectStatus, TaskRecord } from './entities.ts';
import { addHolder, holdersOf } from './holders.ts';
import type { GcsState } from './state.ts';

/** Version 1 had no digest of the value and no source, version 2 no former references, content id and second copy, version 3 no numbers of calls: read as they are. */
const ROW_VERSION = 4;
const OLDEST_ROW_VERSION = 1;
const HAS_OBJECT = 1;
const HAS_TASK = 2;
const MAX_ROW_BYTES = 64 * 1024 * 1024;

/** Most tasks have no arguments, references or digest: at a start of the server a million of them share these. */
const NO_BYTES = new Uint8Array(0);
const NO_KEYS: readonly ObjectKey[] = [];

const contentId = idCodec<TaskId>();
const objectContentId = idCodec<ObjectId>();

const STATUSES: readonly ObjectStatus[] = ['pending', 'inline', 'stored', 'error', 'freed'];
/** Whether a task waits for inputs or for a node is found out again at a start: both are `waiting` on disk. */
const STATES: readonly TaskState[] = ['local', 'waiting', 'leased', 'finished'];

const KEEPS_MAKER = 1;
const HAS_VALUE = 2;
const HAS_VERSION_DIGEST = 4;
const HAS_SOURCE = 8;
const HAS_FORMER_NESTED = 16;
const HAS_OBJECT_ID = 32;
const HAS_MANIFEST_DIGEST = 64;

const KEPT = 1;
const REPLAYED = 2;
const CANCELLED = 4;
const HAS_ID = 8;
const HAS_COPY = 16;
const HAS_LAST_ATTEMPT = 32;
const HAS_WITHDRAWN = 64;
const HAS_CALL_NUMBER = 128;

/** Appends the row of a key. At least one of the two is there. */
export function writeObjectRow(
  writer: ByteWriter,
  object: ObjectRecord | undefined,
  task: TaskRecord | undefined,
): void {
  writer.u8(ROW_VERSION);
  writer.u8((object ? HAS_OBJECT : 0) | (task ? HAS_TASK : 0));
  if (object) {
    writer.u8(STATUSES.indexOf(object.status));
    writer.u8(objectFlags(object));
    writer.varint(object.sizeBytes);
    if (object.value) writer.bytes(object.value);
    writeKeys(writer, object.nested);
    writer.zigzag(object.maker);
    writer.varint(object.k);
    writer.bytes(object.digest);
    writeHolders(writer, object);
    if (object.versionDigest) writer.bytes(object.versionDigest);
    if (object.source !== 0) writer.varint(object.source);
    if (object.formerNested) writeKeys(writer, object.formerNested);
    if (object.id !== undefined) objectContentId.write(writer, object.id);
    if (object.manifestDigest) writer.bytes(object.manifestDigest);
  }
  if (task) writeTask(writer, task);
}

function objectFlags(object: ObjectRecord): number {
  const { keepsMaker, value, versionDigest, source, formerNested, id, manifestDigest } = object;
  return (
    (keepsMaker ? KEEPS_MAKER : 0) |
    (value ? HAS_VALUE : 0) |
    (versionDigest ? HAS_VERSION_DIGEST : 0) |
    (source === 0 ? 0 : HAS_SOURCE) |
    (formerNested ? HAS_FORMER_NESTED : 0) |
    (id === undefined ? 0 : HAS_OBJECT_ID) |
    (manifestDigest ? HAS_MANIFEST_DIGEST : 0)
  );
}

function writeHolders(writer: ByteWriter, object: ObjectRecord): void {
  if (object.moreHolders === undefined || object.moreHolders.size === 0) {
    writer.varint(object.firstHolder === 0 ? 0 : 1);
    if (object.firstHolder !== 0) writer.zigzag(object.firstHolder);
    return;
  }
  const holders = holdersOf(object).sort((a, b) => a - b);
  writer.varint(holders.length);
  for (const holder of holders) writer.zigzag(holder);
}

function writeTask(writer: ByteWriter, task: TaskRecord): void {
  writer.varint(task.parent);
  writer.varint(task.job.id);
  writer.varint(task.actor);
  writer.varint(task.fn.index);
  writer.varint(task.options.index);
  writer.bytes(task.args);
  writeKeys(writer, task.deps);
  writeKeys(writer, task.nested);
  writer.varint(task.k);
  writer.u8(STATES.indexOf(task.state === 'queued' ? 'waiting' : task.state));
  writer.u8(taskFlags(task));
  writer.varint(task.attempt);
  writer.varint(task.assigned);
  writer.varint(task.failures);
  writer.varint(task.losses);
  writer.varint(task.submittedMs);
  writer.varint(task.startedMs);
  if (task.id !== undefined) contentId.write(writer, task.id);
  if (task.lastAttempt > task.attempt) writer.varint(task.lastAttempt);
  if (task.withdrawnFrom !== 0) writer.varint(task.withdrawnFrom);
  if (task.callNumber > 0) writer.varint(task.callNumber);
  if (!task.copy) return;
  writer.varint(task.copy.session);
  writer.varint(task.copy.attempt);
  writer.varint(task.copy.startedMs);
}

function taskFlags(task: TaskRecord): number {
  const { kept, replayed, cancelled, id, copy, attempt, lastAttempt, withdrawnFrom, callNumber } = task;
  return (
    (callNumber === 0 ? 0 : HAS_CALL_NUMBER) |
    (kept ? KEPT : 0) |
    (replayed ? REPLAYED : 0) |
    (cancelled ? CANCELLED : 0) |
    (id === undefined ? 0 : HAS_ID) |
    (copy ? HAS_COPY : 0) |
    (lastAttempt > attempt ? HAS_LAST_ATTEMPT : 0) |
    (withdrawnFrom === 0 ? 0 : HAS_WITHDRAWN)
  );
}

function writeKeys(writer: ByteWriter, keys: readonly ObjectKey[]): void {
  writer.varint(keys.length);
  for (const key of keys) writer.varint(key);
}

/**
 * Puts a row back into the tables; what connects it with other rows is made again afterwards. Nothing of the reader's
 * bytes is kept. @throws Error if the row is damaged or names a job, function or options that are not there.
 */
export function readObjectRow(reader: ByteReader, key: ObjectKey, state: GcsState): void {
  const version = reader.u8();
  if (version < OLDEST_ROW_VERSION || version > ROW_VERSION)
    throw new Error(`row of object ${key} has version ${version}`);
  const parts = reader.u8();
  if (parts & HAS_OBJECT) state.objects.set(key, readObject(reader, key));
  if (parts & HAS_TASK) state.tasks.set(key, readTask(reader, key, state));
}

function readObject(reader: ByteReader, key: ObjectKey): ObjectRecord {
  const status = STATUSES[reader.u8()] ?? 'pending';
  const flags = reader.u8();
  const object: ObjectRecord = {
    key,
    status,
    sizeBytes: reader.varint(),
    value: flags & HAS_VALUE ? readBytes(reader) : undefined,
    nested: readKeys(reader),
    formerNested: undefined,
    maker: reader.zigzag(),
    k: reader.varint(),
    digest: readBytes(reader),
    id: undefined,
    versionDigest: undefined,
    manifestDigest: undefined,
    source: 0,
    firstHolder: 0,
    moreHolders: undefined,
    locations: undefined,
    privateCopies: undefined,
    wants: undefined,
    waiters: undefined,
    lineageRefs: 0,
    keepsMaker: (flags & KEEPS_MAKER) !== 0,
    onDisk: true,
  };
  for (let count = reader.varint(); count > 0; count--) addHolder(object, reader.zigzag());
  if (flags & HAS_VERSION_DIGEST) object.versionDigest = readBytes(reader);
  if (flags & HAS_SOURCE) object.source = reader.varint();
  if (flags & HAS_FORMER_NESTED) object.formerNested = [...readKeys(reader)];
  if (flags & HAS_OBJECT_ID) object.id = objectContentId.read(reader);
  if (flags & HAS_MANIFEST_DIGEST) object.manifestDigest = readBytes(reader);
  return object;
}

function readTask(reader: ByteReader, key: ObjectKey, state: GcsState): TaskRecord {
  const parent = reader.varint();
  const job = state.jobs.get(reader.varint());
  const actor = reader.varint();
  const fn = state.dictionaries.functionAt(reader.varint());
  const options = state.dictionaries.optionsAt(reader.varint());
  if (!job || !fn || !options)
    throw new Error(`row of task ${key} names a job, function or options that are not stored`);
  const args = readBytes(reader);
  const deps = readKeys(reader);
  const nested = readKeys(reader);
  const k = reader.varint();
  const stored = STATES[reader.u8()] ?? 'waiting';
  const flags = reader.u8();
  const task: TaskRecord = {
    key,
    parent,
    job,
    actor,
    fn,
    options,
    args,
    deps,
    nested,
    k,
    state: stored === 'waiting' && actor !== 0 ? 'queued' : stored,
    attempt: reader.varint(),
    lastAttempt: 0,
    assigned: reader.varint(),
    failures: reader.varint(),
    losses: reader.varint(),
    copy: undefined,
    withdrawnFrom: 0,
    runsAlone: false,
    runningSinceMs: state.nowMs,
    submittedMs: reader.varint(),
    startedMs: reader.varint(),
    notBeforeMs: 0,
    missing: 0,
    made: [],
    names: undefined,
    madeActors: undefined,
    kept: (flags & KEPT) !== 0,
    lineageOf: 0,
    replayed: (flags & REPLAYED) !== 0,
    callNumber: 0,
    id: undefined,
    cancelled: (flags & CANCELLED) !== 0,
    chargedUs: 0,
    queuePlace: NOT_QUEUED,
    onDisk: true,
  };
  if (flags & HAS_ID) task.id = contentId.read(reader);
  if (flags & HAS_LAST_ATTEMPT) task.lastAttempt = reader.varint();
  if (flags & HAS_WITHDRAWN) task.withdrawnFrom = reader.varint();
  if (flags & HAS_CALL_NUMBER) task.callNumber = reader.varint();
  if (flags & HAS_COPY)
    task.copy = {
      session: reader.varint(),
      attempt: reader.varint(),
      startedMs: reader.varint(),
      runningSinceMs: state.nowMs,
      state: 'leased',
    };
  return task;
}

function readBytes(reader: ByteReader): Uint8Array {
  const bytes = reader.bytes(MAX_ROW_BYTES);
  return bytes.length === 0 ? NO_BYTES : bytes.slice();
}

function readKeys(reader: ByteReader): readonly ObjectKey[] {
  const count = reader.varint();
  if (count === 0) return NO_KEYS;
  const keys: ObjectKey[] = [];
  for (let index = 0; index < count; index++) keys.push(reader.varint());
  return keys;
}
