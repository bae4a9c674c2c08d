/**
 * Content ids of tasks and objects (rule L1), derived from the records when somebody needs them.
 *
 * A child's id is a hash of its parent's id, the function, its arguments and k. Arguments refer to objects by position,
 * and the objects enter by their own content ids, so a re-execution in another session, in another order, names the
 * same work; object keys, which differ between sessions, never enter.
 */
import { childTaskId, digest128, largePutId, putId, returnId } from '#shared/ids/content-id.ts';
import type { ObjectId, TaskId } from '#shared/ids/ids.ts';
import { formatObjectKey, type ObjectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import type { ObjectRecord, TaskRecord } from './entities.ts';
import type { GcsState } from './state.ts';

/** The content id of a task. It and its ancestors' ids are computed once and kept, also on disk. */
export function taskId(state: GcsState, task: TaskRecord): TaskId {
  if (task.id === undefined) {
    task.id = nameCall(
      state,
      task.parent === 0 ? rootId(state, sessionOfKey(task.key)) : parentId(state, task.parent),
      task,
    );
    state.touch(task);
  }
  return task.id;
}

/** The content id of an object. It is the same whether the records of those that made it are still there or not. */
export function objectId(state: GcsState, object: ObjectRecord): ObjectId {
  if (object.id !== undefined) return object.id;
  if (object.maker >= 0) return putObjectId(state, object);
  const task = state.tasks.get(object.key);
  // What a driver calls is called once, so its key is as good a name.
  if (!task || task.parent === 0) return digestOfText(`object ${formatObjectKey(object.key)}`);
  return returnId(taskId(state, task), 0);
}

/** Keeps the id of an object whose task, or whose maker, is about to be forgotten. */
export function keepObjectId(state: GcsState, object: ObjectRecord): void {
  if (object.id !== undefined) return;
  object.id = objectId(state, object);
  state.touch(object);
}

/** The id that a child of `parent` has, computed from its record alone. */
export function nameCall(
  state: GcsState,
  parent: TaskId,
  call: Pick<TaskRecord, 'actor' | 'fn' | 'args' | 'deps' | 'nested' | 'k'>,
): TaskId {
  const owner = call.actor === 0 ? call.fn.module : objectIdOfKey(state, call.actor);
  return childTaskId(parent, `${owner}#${call.fn.name}`, argumentsDigest(state, call), call.k);
}

function putObjectId(state: GcsState, object: ObjectRecord): ObjectId {
  const parent = object.maker === 0 ? rootId(state, sessionOfKey(object.key)) : parentId(state, object.maker);
  // A durable `main` puts the same things in the same order (rule J1).
  if (state.histories.of(object.maker)) return largePutId(parent, 0, object.k);
  if (object.digest.length > 0) return putId(parent, toHex(object.digest), object.k);
  return largePutId(parent, 0, object.key);
}

function parentId(state: GcsState, key: ObjectKey): TaskId {
  const task = state.task(key);
  return task ? taskId(state, task) : digestOfText(`task ${formatObjectKey(key)}`);
}

function rootId(state: GcsState, sessionId: number): TaskId {
  const session = state.sessions.get(sessionId);
  return digestOfText(`driver ${session?.nodeId ?? ''} ${session?.epoch ?? sessionId}`);
}

function objectIdOfKey(state: GcsState, key: ObjectKey): ObjectId {
  const object = state.object(key);
  return object ? objectId(state, object) : digestOfText(`object ${formatObjectKey(key)}`);
}

function argumentsDigest(state: GcsState, call: Pick<TaskRecord, 'args' | 'deps' | 'nested'>): string {
  const writer = new ByteWriter();
  writer.bytes(call.args);
  for (const key of call.deps) writer.string(objectIdOfKey(state, key));
  for (const key of call.nested) writer.string(objectIdOfKey(state, key));
  return digest128(writer.finish());
}

/** A name made of text. Which kind of name it is, the place that asks knows. */
function digestOfText<I extends TaskId | ObjectId>(text: string): I {
  const writer = new ByteWriter();
  writer.string(text);
  return digest128(writer.finish()) as I;
}

function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
