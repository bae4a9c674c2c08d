/**
 * What is wrong with a cluster as a whole, in sentences: what `daylight status` warns of, and what somebody is told who waits for a
 * job that cannot go on.
 */
import type { Cluster } from '#shared/api/schemas.ts';
import { counted } from './format.ts';

/** Everything that a person should know. */
export function warningsOf(cluster: Cluster): string[] {
  const { inGrace, storage } = cluster;
  return [
    ...(inGrace ? ['the server has just started and waits for the nodes it knew, at most 45 s'] : []),
    ...(storage === 'failing' ? ['the server cannot write to its disk: make room, or look at what it printed'] : []),
    ...infeasibleTasks(cluster),
  ];
}

/** Of tasks that no node can ever run as things stand. */
export function infeasibleTasks({ infeasible, hosts, tabs, cpus }: Cluster): string[] {
  const count = infeasible.reduce((sum, { tasks }) => sum + tasks, 0);
  if (count === 0) return [];
  // Then it does not matter what they ask for.
  if (hosts + tabs === 0 && cpus === 0) return [`${counted(count, 'task')} cannot run: no node has joined yet`];
  return infeasible.map(
    ({ demand, tasks, reason }) =>
      `${counted(tasks, 'task')}${demand === NO_DEMAND ? '' : ` for ${demand}`} cannot run: ${reason}`,
  );
}

/** As the API writes the demand of what asks for no resource. */
export const NO_DEMAND = 'nothing';
