/**
 * How cluster and nodes stand now, read off the live tables.
 */
import type { ControlPlane } from '../control-plane.ts';
import type { SessionRecord } from '../gcs/entities.ts';
import type { ClusterReading, Measurements, NodeReading } from './measurements.ts';

/** Measures a control plane from now on, whenever time passes for it. */
export function measure(plane: ControlPlane, measurements: Measurements): void {
  plane.onTick = () =>
    measurements.tick(
      { nowMs: plane.clock.nowMs(), wallMs: plane.clock.wallMs() },
      () => clusterReading(plane),
      (isDue) => nodeReadings(plane, isDue),
    );
}

/** Sessions that are not over, the drivers among them. */
function* livingSessions(plane: ControlPlane): Generator<SessionRecord, void> {
  for (const session of plane.gcs.state.sessions.values()) if (session.state !== 'dead') yield session;
}

function clusterReading(plane: ControlPlane): ClusterReading {
  const sums = { runningTasks: 0, cpus: 0, freeCpus: 0, nodes: 0, storeBytes: 0, memoryBytes: 0 };
  for (const { role, resources, load } of livingSessions(plane)) {
    if (role !== 'driver') sums.nodes += 1;
    sums.runningTasks += load.runningTasks;
    sums.cpus += resources.totalCpuMilli / 1000;
    sums.freeCpus += load.freeCpuMilli / 1000;
    sums.storeBytes += load.storeBytes;
    sums.memoryBytes += load.rssBytes;
  }
  return {
    ...sums,
    queuedTasks: plane.gcs.waitingCount,
    endedTasks: plane.counters.tasksEnded,
    failedAttempts: plane.gcs.tasks.failedAttempts,
  };
}

function* nodeReadings(plane: ControlPlane, isDue: (session: number) => boolean): Generator<NodeReading, void> {
  for (const { id, resources, load, executed } of livingSessions(plane)) {
    if (!isDue(id)) continue;
    yield {
      session: id,
      endedTasks: executed,
      runningTasks: load.runningTasks,
      queuedTasks: load.queuedTasks,
      cpus: resources.totalCpuMilli / 1000,
      freeCpus: load.freeCpuMilli / 1000,
      storeBytes: load.storeBytes,
      memoryBytes: load.rssBytes,
    };
  }
}
