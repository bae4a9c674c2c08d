/**
 * Tasks and actors: lists over the live tables and then the history, one of them, and why a task waits.
 */
import type { Task } from '#shared/api/schemas.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { found } from '../api-error.ts';
import type { Handlers } from '../api-router.ts';
import { rowOf } from '../columns.ts';
import { listQueryOf, pageOf } from '../lists.ts';
import { ACTOR_COLUMNS, ENDED_TASK_COLUMNS, LIVE_TASK_COLUMNS } from '../views.ts';
import { type ApiParts, keyedTable, keyOf, turnsFor } from './parts.ts';
import { taskPage } from './task-pages.ts';

/** The handlers. */
export function taskHandlers(
  parts: ApiParts,
): Pick<Handlers, 'listTasks' | 'getTask' | 'why' | 'listActors' | 'getActor'> {
  const { gcs } = parts.plane;
  const { actors } = gcs.state;
  return {
    listTasks: ({ query }) => taskPage(parts, listQueryOf(query, LIVE_TASK_COLUMNS)),
    getTask: ({ params }) => oneTask(parts, keyOf(params.id)),
    why: ({ params }) => {
      const { candidates, ...why } = gcs.explain(keyOf(params.id));
      return { ...why, candidates: candidates.map(({ session, ...terms }) => ({ node: String(session), ...terms })) };
    },
    listActors: ({ query }) =>
      pageOf(keyedTable(actors), ACTOR_COLUMNS, listQueryOf(query, ACTOR_COLUMNS), turnsFor(parts)),
    getActor: ({ params }) => rowOf(ACTOR_COLUMNS, found(actors.get(keyOf(params.id)), 'actor')),
  };
}

async function oneTask({ plane }: ApiParts, key: ObjectKey): Promise<Task> {
  const live = plane.gcs.state.task(key);
  if (live && live.state !== 'finished') return rowOf(LIVE_TASK_COLUMNS, live);
  const { rows } = await plane.storage.query({ table: 'task_history', order: 'newest', afterKey: key + 1, limit: 1 });
  const row = rows[0];
  if (row && row.key === key) return rowOf(ENDED_TASK_COLUMNS, row);
  return rowOf(LIVE_TASK_COLUMNS, found(live, 'task'));
}
