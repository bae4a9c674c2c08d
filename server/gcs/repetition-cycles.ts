/**
 * Actors that wait for themselves (rule A2): a call that has to be repeated needs an argument that was lost, and the task that
 * makes it again calls the very actor, which takes no new calls before it has repeated the old ones.
 */
import type { ActorRecord, TaskRecord } from './entities.ts';
import type { ObjectTable } from './object-table.ts';
import type { GcsState } from './state.ts';

/** True if the actor cannot go on before somebody who waits for this call of it. */
export function waitsForItself(state: GcsState, objects: ObjectTable, actor: ActorRecord, call: TaskRecord): boolean {
  const makers = new Set<TaskRecord>();
  const queue = [...actor.history.repeating];
  for (let task = queue.pop(); task; task = queue.pop()) {
    for (const key of task.deps) {
      const input = state.object(key);
      if (!input || objects.isAvailable(input)) continue;
      const maker = objects.makerOf(input);
      if (!maker || makers.has(maker)) continue;
      makers.add(maker);
      queue.push(maker);
    }
  }
  if (makers.size === 0) return false;
  for (let caller = state.task(call.parent); caller; caller = state.task(caller.parent))
    if (makers.has(caller)) return true;
  return false;
}
