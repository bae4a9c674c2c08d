/**
 * What must not be there once all jobs are over (rules J3, O3): rows of the server, copies and tasks on nodes, transfers.
 */
import type { Cluster } from './cluster.ts';

const LIVE_TABLES = ['tasks', 'objects', 'actors', 'aliases'] as const;

/** Everything that is left, in words. */
export function leftovers(cluster: Cluster): string[] {
  const left: string[] = [];
  const count = (what: string, number: number): void => {
    if (number > 0) left.push(`${number} ${what}`);
  };
  const { plane, gateway, disk } = cluster.server;
  if (!plane || !gateway) return ['no server'];
  const { state } = plane.gcs;
  count('tasks at the server', state.tasks.size);
  count('objects at the server', state.objects.size);
  count('actors at the server', state.actors.size);
  count('other keys at the server', state.aliases.size);
  count('jobs that run', [...state.jobs.values()].filter(({ status }) => status === 'running').length);
  count('transfers at the server', gateway.relay.openCount);
  for (const session of state.sessions.values()) {
    count(`tasks assigned to ${session.nodeName}`, session.assigned.size);
    count(`copies on ${session.nodeName}`, session.copies.size);
    count(`holdings of ${session.nodeName}`, session.holdings.size);
  }
  for (const table of LIVE_TABLES) count(`rows of ${table} on the disk`, disk.live.get(table)?.size ?? 0);
  for (const { shell, kind } of cluster.nodes) {
    if (!shell) continue;
    const { tasks, objects, cancelling } = shell.raylet.tableSizes();
    count(`tasks on ${kind.name}`, tasks);
    count(`objects on ${kind.name}`, objects);
    count(`cancelled tasks on ${kind.name}`, cancelling);
    count(`bytes on ${kind.name}`, shell.raylet.load().storeBytes);
  }
  return left;
}
