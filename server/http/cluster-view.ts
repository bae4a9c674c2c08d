/**
 * The cluster at a glance: what the overview of the dashboard and `daylight status` begin with, summed up when somebody asks.
 */
import type { Cluster } from '#shared/api/schemas.ts';
import { GPU_RESOURCE } from '#shared/task/resources.ts';
import { describeWish } from '#shared/task/task-options.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { SessionRecord } from '../gcs/entities.ts';
import type { Measurements } from '../metrics/measurements.ts';

/** What it is told from. */
export interface ClusterParts {
  readonly plane: ControlPlane;
  readonly measurements: Measurements;
  readonly isPublic: boolean;
  readonly version: string;
}

/** How it stands now. */
export function clusterView({ plane, measurements, isPublic, version }: ClusterParts): Cluster {
  const { state, scheduler, inGrace } = plane.gcs;
  let [runningJobs, unfinishedTasks] = [0, 0];
  for (const job of state.jobs.values()) {
    if (job.status === 'running') runningJobs += 1;
    unfinishedTasks += job.unfinished.size;
  }
  return {
    startedAt: new Date(plane.startedWallMs).toISOString(),
    now: new Date(plane.clock.wallMs()).toISOString(),
    version,
    isPublic,
    storage: plane.commits.failing ? 'failing' : 'working',
    inGrace,
    ...offers(state.sessions.values()),
    runningJobs,
    unfinishedTasks,
    queuedTasks: plane.gcs.waitingCount,
    endedTasks: plane.counters.tasksEnded,
    tasksPerSecond: plane.tasksPerSecond,
    retriesPerMinute: measurements.failuresPerMinute,
    objects: state.objects.size,
    infeasible: scheduler
      .infeasible()
      .map(({ options, tasks, reason }) => ({ demand: describeWish(options), tasks, reason })),
  };
}

/** Who is here, and what of. */
function offers(sessions: Iterable<SessionRecord>) {
  const here = { hosts: 0, tabs: 0, drivers: 0, cpus: 0, freeCpus: 0, gpus: 0 };
  for (const { state, role, resources, load } of sessions) {
    if (state === 'dead') continue;
    here[role === 'host' ? 'hosts' : role === 'tab' ? 'tabs' : 'drivers'] += 1;
    here.cpus += resources.totalCpuMilli / 1000;
    here.freeCpus += load.freeCpuMilli / 1000;
    for (const { name, totalMilli } of resources.custom()) if (name === GPU_RESOURCE) here.gpus += totalMilli / 1000;
  }
  return here;
}
