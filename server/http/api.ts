/**
 * `/api/v1`: what the cluster is doing, for people and programs with the operator's token. Reads only look at the
 * tables; what changes something goes through a step of the control plane.
 */
import express, { type Request, type Router } from 'express';
import { formatObjectKey, type ObjectKey, parseObjectKey } from '#shared/ids/object-key.ts';
import { describeDemand } from '#shared/task/resources.ts';
import type { ControlPlane } from '../control-plane.ts';
import { ApiError, matches, type Page, parseListQuery, takePage, type ListQuery } from './paging.ts';
import { actorView, endedTaskView, jobView, liveTaskView, nodeView, objectView, type TaskView } from './views.ts';

const JOB_COLUMNS = ['name', 'status', 'driver'];
const NODE_COLUMNS = ['name', 'role', 'state', 'nodeId'];
const TASK_COLUMNS = ['job', 'fn', 'state', 'node'];
const ACTOR_COLUMNS = ['job', 'className', 'name', 'namespace', 'state', 'node'];
const OBJECT_COLUMNS = ['status'];
const MAX_LOG_LINES = 1000;
/** Pages of history read for one answer when a filter passes over most rows. */
const MAX_HISTORY_PAGES = 20;

/** The routes. The caller has checked the token. */
export function apiRouter(plane: ControlPlane): Router {
  const router = express.Router();
  const { state } = plane.gcs;
  const lists: [string, () => Iterable<{ id: string }>, readonly string[]][] = [
    ['jobs', () => newestFirst(state.jobs.values(), jobView), JOB_COLUMNS],
    ['nodes', () => newestFirst(state.sessions.values(), nodeView), NODE_COLUMNS],
    ['actors', () => newestFirst(state.actors.values(), actorView), ACTOR_COLUMNS],
    ['objects', () => newestFirst(state.objects.values(), objectView), OBJECT_COLUMNS],
  ];
  for (const [name, rows, columns] of lists) {
    router.get(`/${name}`, (request, response) => {
      response.json(takePage(rows(), parseListQuery(request, columns), (row) => row.id));
    });
  }
  router.get('/tasks', async (request, response) => {
    response.json(await taskPage(plane, parseListQuery(request, TASK_COLUMNS)));
  });
  router.get('/jobs/:id', (request, response) => void response.json(jobView(jobOf(plane, request))));
  router.get(
    '/nodes/:id',
    (request, response) => void response.json(nodeView(found(state.sessions.get(Number(request.params.id)), 'node'))),
  );
  router.get(
    '/actors/:id',
    (request, response) => void response.json(actorView(found(state.actors.get(keyOf(request)), 'actor'))),
  );
  router.get(
    '/objects/:id',
    (request, response) => void response.json(objectView(found(state.object(keyOf(request)), 'object'))),
  );
  router.get('/tasks/:id', async (request, response) => {
    response.json(await oneTask(plane, keyOf(request)));
  });
  router.get('/why/:id', (request, response) => {
    const { candidates, ...why } = plane.gcs.explain(keyOf(request));
    response.json({
      ...why,
      candidates: candidates.map(({ session, ...terms }) => ({ node: String(session), ...terms })),
    });
  });
  router.get('/jobs/:id/logs', (request, response) => {
    const after = wholeNumber(request.query['after'], 0);
    const lines = plane.logs.read(
      jobOf(plane, request).id,
      after,
      Math.min(MAX_LOG_LINES, wholeNumber(request.query['limit'], MAX_LOG_LINES)),
    );
    response.json({
      items: lines.map(({ number, wallMs, task, ...line }) => ({
        number,
        at: new Date(wallMs).toISOString(),
        task: task === 0 ? null : formatObjectKey(task),
        ...line,
      })),
      next: lines.at(-1)?.number ?? after,
    });
  });
  router.get('/events', (_request, response) => {
    response.json({
      items: plane.events
        .toReversed()
        .slice(0, 100)
        .map(({ wallMs, number: _, ...event }) => ({ at: new Date(wallMs).toISOString(), ...event })),
    });
  });
  router.get('/cluster', (_request, response) => void response.json(clusterView(plane)));
  router.post('/jobs/:id/stop', (request, response) => void response.json(stopJob(plane, request)));
  router.delete('/jobs/:id', (request, response) => void response.json(stopJob(plane, request)));
  return router;
}

/** Tables keep the order of insertion: the newest is the last. Rows are made one by one, as the page asks for them. */
function* newestFirst<R, V>(rows: Iterable<R>, view: (row: R) => V): IterableIterator<V> {
  const all = [...rows];
  for (let index = all.length - 1; index >= 0; index--) {
    const row = all[index];
    if (row !== undefined) yield view(row);
  }
}

/** Tasks that are not over first, then the history; the cursor says in which part it stands. */
async function taskPage(plane: ControlPlane, query: ListQuery): Promise<Page<TaskView>> {
  const inHistory = query.after?.startsWith('h') ?? false;
  const items: TaskView[] = [];
  if (!inHistory) {
    const live = [...plane.gcs.state.tasks.values()].filter((task) => task.state !== 'finished');
    const page = takePage(newestFirst(live, liveTaskView), query, (row) => row.id);
    if (page.next !== null) return page;
    items.push(...page.items);
  }
  let afterKey = inHistory ? parseObjectKey(query.after?.slice(1) ?? '') : undefined;
  for (let pages = 0; pages < MAX_HISTORY_PAGES && items.length < query.limit; pages++) {
    const page = await plane.storage.query({
      table: 'task_history',
      limit: query.limit,
      ...(afterKey === undefined ? {} : { afterKey }),
      where: historyFilter(query.where),
    });
    for (const row of page.rows) {
      const live = plane.gcs.state.tasks.get(row.key);
      const view = endedTaskView(row);
      if ((live && live.state !== 'finished') || !matches(view, query.where)) continue;
      items.push(view);
      if (items.length === query.limit) return { items, next: `h${view.id}` };
    }
    if (page.nextAfterKey === null) return { items, next: null };
    afterKey = page.nextAfterKey;
  }
  const last = afterKey === undefined ? null : `h${formatObjectKey(afterKey)}`;
  return { items, next: last };
}

function historyFilter(where: ReadonlyMap<string, string>): {
  job?: number;
  fn?: string;
  state?: string;
  node?: number;
} {
  const filter: { job?: number; fn?: string; state?: string; node?: number } = {};
  const job = where.get('job');
  const fn = where.get('fn');
  const state = where.get('state');
  const node = where.get('node');
  if (job !== undefined) filter.job = Number(job);
  if (fn !== undefined) filter.fn = fn;
  if (state !== undefined) filter.state = state;
  if (node !== undefined && node !== 'null') filter.node = Number(node);
  return filter;
}

async function oneTask(plane: ControlPlane, key: ObjectKey): Promise<TaskView> {
  const live = plane.gcs.state.task(key);
  if (live && live.state !== 'finished') return liveTaskView(live);
  const { rows } = await plane.storage.query({ table: 'task_history', order: 'newest', afterKey: key + 1, limit: 1 });
  const row = rows[0];
  if (row && row.key === key) return endedTaskView(row);
  return liveTaskView(found(live, 'task'));
}

function clusterView(plane: ControlPlane) {
  const { state, scheduler, inGrace } = plane.gcs;
  const living = [...state.sessions.values()].filter((session) => session.state !== 'dead');
  const nodes = living.filter((session) => session.role !== 'driver');
  const tabs = nodes.filter((session) => session.role === 'tab').length;
  return {
    startedAt: new Date(plane.startedWallMs).toISOString(),
    storage: plane.commits.failing ? 'failing' : 'working',
    inGrace,
    hosts: nodes.length - tabs,
    tabs,
    drivers: living.length - nodes.length,
    cpus: nodes.reduce((sum, session) => sum + session.resources.totalCpuMilli / 1000, 0),
    freeCpus: nodes.reduce((sum, session) => sum + session.load.freeCpuMilli / 1000, 0),
    runningJobs: [...state.jobs.values()].filter((job) => job.status === 'running').length,
    unfinishedTasks: [...state.jobs.values()].reduce((sum, job) => sum + job.unfinished.size, 0),
    queuedTasks: plane.gcs.waitingCount,
    endedTasks: plane.counters.tasksEnded,
    tasksPerSecond: plane.tasksPerSecond,
    objects: state.objects.size,
    infeasible: scheduler
      .infeasible()
      .map(({ demand, tasks, reason }) => ({ demand: describeDemand(demand), tasks, reason })),
  };
}

function stopJob(plane: ControlPlane, request: Request) {
  const job = jobOf(plane, request);
  plane.step((gcs) => {
    gcs.jobs.stop(job, 'the operator stopped it');
    gcs.settle();
  });
  return jobView(job);
}

function jobOf(plane: ControlPlane, request: Request) {
  return found(plane.gcs.state.jobs.get(Number(request.params['id'])), 'job');
}

function keyOf(request: Request): ObjectKey {
  const key = parseObjectKey(String(request.params['id'] ?? ''));
  if (key === undefined) throw new ApiError(400, 'bad-id', 'an id has the form 3.1057');
  return key;
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new ApiError(404, 'not-found', `there is no such ${what}`);
  return value;
}

function wholeNumber(value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0)
    throw new ApiError(400, 'bad-query', 'limit and after are whole numbers');
  return number;
}
