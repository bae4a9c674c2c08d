/**
 * What the live channel tells: the cluster, its jobs and its nodes as they are now, in no more rows than a page shows.
 */
import { LIVE_ROWS, type LiveSnapshot } from '#shared/api/live.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { LiveSource } from '../gateway/live-audience.ts';
import type { JobRecord, SessionRecord } from '../gcs/entities.ts';
import type { JobServicePort } from '../jobs/job-service-port.ts';
import { type ClusterParts, clusterView } from './cluster-view.ts';
import { rowOf } from './columns.ts';
import { EVENT_COLUMNS, jobColumns, NODE_COLUMNS } from './views.ts';

/** More than a person reads. */
const MAX_ALERTS = 50;
/** Nodes that left so lately are told of before all others. */
const NEWS_MS = 60_000;

/** What it is told from. */
export interface LiveParts extends ClusterParts {
  readonly jobs: () => JobServicePort | undefined;
}

/** What the channel asks for. */
export function liveSource(parts: LiveParts): LiveSource {
  return { shared: () => sharedSnapshot(parts), job: (id) => jobSnapshot(parts, id) };
}

/** What everybody is told. */
function sharedSnapshot(parts: LiveParts): Omit<LiveSnapshot, 'job'> {
  const { plane } = parts;
  const columns = jobColumns(parts.jobs());
  return {
    cluster: clusterView(parts),
    jobs: shownJobs(plane).map((job) => rowOf(columns, job)),
    nodes: shownNodes(plane).map((session) => rowOf(NODE_COLUMNS, session)),
    alerts: plane.events
      .filter(({ severity }) => severity !== 'info')
      .slice(-MAX_ALERTS)
      .toReversed()
      .map((event) => rowOf(EVENT_COLUMNS, event)),
  };
}

/** What is told to who looks at this job; undefined if there is none. */
function jobSnapshot({ plane, jobs }: LiveParts, id: string): LiveSnapshot['job'] {
  const job = /^\d{1,15}$/.test(id) ? plane.gcs.state.jobs.get(Number(id)) : undefined;
  if (!job) return undefined;
  const service = jobs();
  return {
    job: rowOf(jobColumns(service), job),
    functions: [...(service?.functions(job.id) ?? [])].slice(0, LIVE_ROWS),
    artefacts: [...(service?.artefacts(job.id) ?? [])].slice(0, LIVE_ROWS),
    lastLogLine: plane.logs.lastNumber(job.id),
  };
}

/** Running jobs, then the newest others. */
function shownJobs({ gcs }: ControlPlane): JobRecord[] {
  const newest = [...gcs.state.jobs.values()].reverse();
  const running = newest.filter(({ status }) => status === 'running');
  const others = newest.filter(({ status }) => status !== 'running').slice(0, LIVE_ROWS);
  return [...running, ...others].slice(0, LIVE_ROWS);
}

/** In the order in which they are told of. */
const NODE_GROUPS = ['just left', 'busy', 'idle', 'away', 'left'] as const;

function shownNodes({ gcs }: ControlPlane): SessionRecord[] {
  const { sessions, nowMs } = gcs.state;
  const groups = new Map(NODE_GROUPS.map((name): [string, SessionRecord[]] => [name, []]));
  for (const session of [...sessions.values()].reverse()) {
    const group = groups.get(groupOf(session, nowMs));
    if (group && group.length < LIVE_ROWS) group.push(session);
  }
  return [...groups.values()].flat().slice(0, LIVE_ROWS);
}

function groupOf({ state, assigned, load, sinceMs }: SessionRecord, nowMs: number): (typeof NODE_GROUPS)[number] {
  if (state === 'dead') return nowMs - sinceMs < NEWS_MS ? 'just left' : 'left';
  if (state === 'disconnected') return 'away';
  return assigned.size + load.runningTasks > 0 ? 'busy' : 'idle';
}
