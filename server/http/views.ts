/**
 * Rows of the live tables and of the history as the API shows them: ids as text, times in ISO form, nothing of a value.
 */
import type { Actor, Event, Job, Node, ObjectInfo, Task } from '#shared/api/schemas.ts';
import { formatObjectKey, type ObjectKey } from '#shared/ids/object-key.ts';
import type { HistoryRow } from '#shared/ports/storage.ts';
import { describeWish } from '#shared/task/task-options.ts';
import { plainWords } from '#shared/text/plain-words.ts';
import type { TimedEvent } from '../control-plane.ts';
import { hasHistory } from '../gcs/actor-history.ts';
import { describeNextLife } from '../gcs/actor-words.ts';
import type { ActorRecord, JobRecord, ObjectRecord, SessionRecord, TaskRecord } from '../gcs/entities.ts';
import type { Gcs } from '../gcs/gcs.ts';
import { holdersOf } from '../gcs/holders.ts';
import { offersWork } from '../gcs/node-offer.ts';
import { shownNodeId } from '../gcs/shown-node-id.ts';
import type { JobServicePort } from '../jobs/job-service-port.ts';
import type { Columns } from './columns.ts';

/** A time of the server's wall clock; 0 for none. */
export function iso(wallMs: number | null): string | null {
  return wallMs === null || wallMs === 0 ? null : new Date(wallMs).toISOString();
}

function idOf(key: ObjectKey): string | null {
  return key === 0 ? null : formatObjectKey(key);
}

/** A job; what a submitted one leaves is known to the service for those. */
export function jobColumns(jobs: Pick<JobServicePort, 'hasResult'> | undefined): Columns<JobRecord, Job> {
  return {
    id: (job) => String(job.id),
    name: (job) => job.name,
    status: (job) => job.status,
    kind: (job) => job.kind,
    startedAt: (job) => iso(job.startedMs),
    endedAt: (job) => iso(job.endedMs),
    message: (job) => job.message,
    submitter: (job) => job.submitter,
    purpose: (job) => job.purpose,
    driver: (job) => String(job.session),
    priority: (job) => job.priority,
    trust: (job) => job.trust,
    submitted: (job) => job.submitted,
    finished: (job) => job.finished,
    failed: (job) => job.failed,
    unfinished: (job) => job.unfinished.size,
    actors: (job) => job.actors.size,
    progress: (job) => job.progress,
    note: (job) => job.note,
    hasResult: (job) => jobs?.hasResult(job.id) ?? false,
  };
}

/** A node (one session of it). */
export const NODE_COLUMNS: Columns<SessionRecord, Node> = {
  id: (session) => String(session.id),
  nodeId: shownNodeId,
  name: (session) => session.nodeName,
  epoch: (session) => session.epoch,
  role: (session) => session.role,
  state: (session) => session.state,
  trusted: (session) => session.trusted,
  paused: (session) => session.role !== 'driver' && !offersWork(session),
  facts: (session) => session.facts ?? null,
  platform: (session) => session.platform,
  joinedAt: (session) => iso(session.joinedMs),
  cpus: (session) => session.resources.totalCpuMilli / 1000,
  freeCpus: ({ load }) => load.freeCpuMilli / 1000,
  resources: (session) =>
    Object.fromEntries([...session.resources.custom()].map(({ name, totalMilli }) => [name, totalMilli / 1000])),
  labels: ({ labels }) => [...(labels ?? [])].map(([key, value]) => `${key}=${value}`),
  assignedTasks: (session) => session.assigned.size,
  runningTasks: ({ load }) => load.runningTasks,
  queuedTasks: ({ load }) => load.queuedTasks,
  executedTasks: (session) => session.executed,
  objects: (session) => session.copies.size,
  storeBytes: ({ load }) => load.storeBytes,
  rssBytes: ({ load }) => load.rssBytes,
  workers: ({ load }) => load.workers,
};

/** A task that is still in the live tables. */
export const LIVE_TASK_COLUMNS: Columns<TaskRecord, Task> = {
  id: (task) => formatObjectKey(task.key),
  job: (task) => String(task.job.id),
  fn: (task) => task.fn.name,
  state: (task) => task.state,
  node: (task) => (task.assigned === 0 ? null : String(task.assigned)),
  attempts: (task) => task.attempt,
  parent: (task) => idOf(task.parent),
  actor: (task) => idOf(task.actor),
  demand: (task) => describeWish(task.options.options),
  submittedAt: (task) => iso(task.submittedMs),
  startedAt: (task) => iso(task.startedMs),
  endedAt: () => null,
  runMs: () => null,
  error: () => null,
};

/** A task that is over, from the history. */
export const ENDED_TASK_COLUMNS: Columns<HistoryRow<'task_history'>, Task> = {
  id: (row) => formatObjectKey(row.key),
  job: (row) => String(row.job),
  fn: (row) => row.fn,
  state: (row) => row.state,
  node: (row) => (row.node === null ? null : String(row.node)),
  attempts: (row) => row.attempts,
  parent: () => null,
  actor: () => null,
  demand: () => '',
  submittedAt: (row) => iso(row.submittedAtMs),
  startedAt: (row) => iso(row.startedAtMs),
  endedAt: (row) => iso(row.endedAtMs),
  runMs: (row) => row.runMs,
  error: (row) => row.error,
};

/** An actor. */
export const ACTOR_COLUMNS: Columns<ActorRecord, Actor> = {
  id: (actor) => formatObjectKey(actor.key),
  job: ({ creation }) => String(creation.job.id),
  className: ({ creation }) => creation.options.options.actor?.className ?? creation.fn.name,
  name: ({ creation }) => creation.options.options.name,
  namespace: ({ creation }) => creation.options.options.namespace,
  state: (actor) => actor.state,
  node: (actor) => (actor.session === 0 ? null : String(actor.session)),
  incarnation: (actor) => actor.incarnation,
  restarts: (actor) => actor.restarts,
  pendingCalls: (actor) => actor.pending.length,
  inFlightCalls: (actor) => actor.inFlight.size,
  checkpointCalls: ({ history }) => (history.checkpoint === 0 ? null : history.checkpointNumber),
  callsSince: (actor) => (hasHistory(actor) ? actor.history.calls.length : null),
  nextLife: describeNextLife,
};

/** An object. */
export function objectColumns(objects: Pick<Gcs['objects'], 'makerOf'>): Columns<ObjectRecord, ObjectInfo> {
  return {
    id: (object) => formatObjectKey(object.key),
    status: (object) => object.status,
    sizeBytes: (object) => object.sizeBytes,
    nodes: (object) => [...(object.locations ?? [])].map(String),
    holders: (object) => holdersOf(object).map(holderText),
    maker: (object) => idOf(objects.makerOf(object)?.key ?? 0),
    containsRefs: (object) => object.nested.length,
    isStored: (object) => object.versionDigest !== undefined,
    waiting: (object) => (object.wants?.length ?? 0) + (object.waiters?.size ?? 0),
  };
}

function holderText(holder: number): string {
  if (holder < 0) return `in ${formatObjectKey(-holder)}`;
  return holder < 2 ** 32 ? `node ${holder}` : formatObjectKey(holder);
}

/** Something that happened lately. */
export const EVENT_COLUMNS: Columns<TimedEvent, Event> = {
  at: (event) => iso(event.wallMs),
  severity: (event) => event.severity,
  kind: (event) => event.kind,
  message: (event) => event.message,
  job: (event) => event.job,
  session: (event) => event.session,
};

/** The same from the history. */
export const PAST_EVENT_COLUMNS: Columns<HistoryRow<'event_history'>, Event> = {
  at: (row) => iso(row.atMs),
  severity: ({ detail }) => (detail === 'error' || detail === 'warning' ? detail : 'info'),
  kind: (row) => row.kind,
  message: (row) => plainWords(row.message),
  job: (row) => row.job ?? 0,
  session: (row) => row.node ?? 0,
};
