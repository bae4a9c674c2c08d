/**
 * Rows of the live tables and of the history as the API shows them: ids as text, times in ISO form, nothing of a value.
 */
import { formatObjectKey, type ObjectKey } from '#shared/ids/object-key.ts';
import type { HistoryRow } from '#shared/ports/storage.ts';
import { describeDemand } from '#shared/task/resources.ts';
import type { ActorRecord, JobRecord, ObjectRecord, SessionRecord, TaskRecord } from '../gcs/entities.ts';
import { offersWork } from '../gcs/node-offer.ts';
import { holdersOf } from '../gcs/holders.ts';

function iso(wallMs: number): string | null {
  return wallMs === 0 ? null : new Date(wallMs).toISOString();
}

function idOf(key: ObjectKey): string | null {
  return key === 0 ? null : formatObjectKey(key);
}

/** A job. */
export function jobView(job: JobRecord) {
  return {
    id: String(job.id),
    name: job.name,
    status: job.status,
    startedAt: iso(job.startedMs),
    endedAt: iso(job.endedMs),
    message: job.message,
    submitter: job.submitter,
    purpose: job.purpose,
    driver: String(job.session),
    submitted: job.submitted,
    finished: job.finished,
    failed: job.failed,
    unfinished: job.unfinished.size,
    actors: job.actors.size,
    progress: job.progress,
    note: job.note,
  };
}

/** A node (one session of it). */
export function nodeView(session: SessionRecord) {
  const { load } = session;
  return {
    id: String(session.id),
    nodeId: session.nodeId,
    name: session.nodeName,
    epoch: session.epoch,
    role: session.role,
    state: session.state,
    trusted: session.trusted,
    /** It takes no work for now. */
    paused: session.role !== 'driver' && !offersWork(session),
    /** What it tells of its machine, unchecked. */
    facts: session.facts ?? null,
    platform: session.platform,
    joinedAt: iso(session.joinedMs),
    cpus: session.resources.totalCpuMilli / 1000,
    resources: Object.fromEntries(
      [...session.resources.custom()].map(({ name, totalMilli }) => [name, totalMilli / 1000]),
    ),
    assignedTasks: session.assigned.size,
    executedTasks: session.executed,
    objects: session.copies.size,
    runningTasks: load.runningTasks,
    queuedTasks: load.queuedTasks,
    freeCpus: load.freeCpuMilli / 1000,
    workers: load.workers,
    storeBytes: load.storeBytes,
    rssBytes: load.rssBytes,
  };
}

/** A task that is still in the live tables. */
export function liveTaskView(task: TaskRecord) {
  return {
    id: formatObjectKey(task.key),
    job: String(task.job.id),
    fn: task.fn.name,
    state: task.state as string,
    node: task.assigned === 0 ? null : String(task.assigned),
    attempts: task.attempt,
    parent: idOf(task.parent),
    actor: idOf(task.actor),
    demand: describeDemand(task.options.options.demand),
    submittedAt: iso(task.submittedMs),
    startedAt: iso(task.startedMs),
    endedAt: null as string | null,
    runMs: null as number | null,
    error: null as string | null,
  };
}

/** A task, live or over. */
export type TaskView = ReturnType<typeof liveTaskView>;

/** A task that is over, from the history. */
export function endedTaskView(row: HistoryRow<'task_history'>): TaskView {
  return {
    id: formatObjectKey(row.key),
    job: String(row.job),
    fn: row.fn,
    state: row.state,
    node: row.node === null ? null : String(row.node),
    attempts: row.attempts,
    parent: null,
    actor: null,
    demand: '',
    submittedAt: iso(row.submittedAtMs),
    startedAt: row.startedAtMs === null ? null : iso(row.startedAtMs),
    endedAt: iso(row.endedAtMs),
    runMs: row.runMs,
    error: row.error,
  };
}

/** An actor. */
export function actorView(actor: ActorRecord) {
  const { options } = actor.creation.options;
  return {
    id: formatObjectKey(actor.key),
    job: String(actor.creation.job.id),
    className: options.actor?.className ?? actor.creation.fn.name,
    name: options.name,
    namespace: options.namespace,
    state: actor.state,
    node: actor.session === 0 ? null : String(actor.session),
    incarnation: actor.incarnation,
    restarts: actor.restarts,
    pendingCalls: actor.pending.length,
    inFlightCalls: actor.inFlight.size,
  };
}

/** An object. */
export function objectView(object: ObjectRecord) {
  return {
    id: formatObjectKey(object.key),
    status: object.status,
    sizeBytes: object.sizeBytes,
    nodes: [...(object.locations ?? [])].map(String),
    holders: holdersOf(object).map((holder) =>
      holder < 0 ? `in ${formatObjectKey(-holder)}` : holder < 2 ** 32 ? `node ${holder}` : formatObjectKey(holder),
    ),
    containsRefs: object.nested.length,
    isStored: object.versionDigest !== undefined,
    waiting: (object.wants?.length ?? 0) + (object.waiters?.size ?? 0),
  };
}
