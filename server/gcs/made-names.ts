/**
 * What the earlier attempts of a task made, by content id (rule L1): how a re-execution finds its own work again.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { objectId, taskId } from './content-names.ts';
import type { ObjectRecord, TaskRecord } from './entities.ts';
import type { GcsState } from './state.ts';

/** The names, computed at the first question and kept with the task. */
export function namesMadeBy(state: GcsState, parent: TaskRecord): Map<string, ObjectKey> {
  if (parent.names) return parent.names;
  parent.names = new Map();
  for (const key of parent.made) {
    const object = state.objects.get(key);
    if (object) parent.names.set(objectName(state, object), key);
  }
  return parent.names;
}

/** The id by which a re-execution names an object: of the call for a task's result, of the object for a put. */
function objectName(state: GcsState, object: ObjectRecord): string {
  const task = object.maker < 0 ? state.tasks.get(object.key) : undefined;
  return task ? taskId(state, task) : objectId(state, object);
}
