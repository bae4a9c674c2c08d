/**
 * What must not be there once all jobs are over and everything has come to rest (rules J3, O3): rows of the server, copies and
 * tasks on nodes, transfers, questions, timers. A stopped job leaves as little as one that ended.
 */
import type { ControlPlane } from '#server/control-plane.ts';
import type { Gateway } from '#server/gateway/gateway.ts';
import type { Cluster } from './cluster.ts';
import type { SimNode } from './sim-node.ts';

const LIVE_TABLES = ['tasks', 'objects', 'actors', 'aliases'] as const;
/** Of a node at rest: its ticks, its heartbeat and the report of its load. One more was forgotten. */
const NODE_TIMERS = 3;
/** Of the server: its ticks. */
const SERVER_TIMERS = 1;

/** Takes account of one thing that is left. */
type Count = (what: string, number: number) => void;

/** Everything that is left, in words. */
export function leftovers(cluster: Cluster): string[] {
  const left: string[] = [];
  const count: Count = (what, number) => {
    if (number > 0) left.push(`${number} ${what}`);
  };
  const { plane, gateway, disk, machine } = cluster.server;
  if (!plane || !gateway) return ['no server'];
  countTables(plane, count);
  countSessions(plane, gateway, count);
  for (const table of LIVE_TABLES) count(`rows of ${table} on the disk`, disk.live.get(table)?.size ?? 0);
  for (const node of cluster.all()) countNode(node, count);
  count('timers too many at the server', machine.timerCount - SERVER_TIMERS);
  return left;
}

function countTables({ gcs, commits }: ControlPlane, count: Count): void {
  const { state, sessions, waitingCount } = gcs;
  count('tasks at the server', state.tasks.size);
  count('objects at the server', state.objects.size);
  count('actors at the server', state.actors.size);
  count('names of actors at the server', state.actorNames.size);
  count('other keys at the server', state.aliases.size);
  count('tasks that wait for a node', waitingCount);
  count('reports of leases and actors to come', sessions.lateLeases.size + sessions.lateActors.size);
  count('leases to settle', sessions.pendingLeases.size);
  count('jobs whose run times are kept', state.batches.size);
  for (const { queue, level } of gcs.levels()) count(queue, level);
  count('rows to write down', commits.backlog);
  for (const { status, name, unfinished, actors } of state.jobs.values()) {
    if (status === 'running') count(`job that runs: ${name}`, 1);
    count(`tasks of ${name}`, unfinished.size);
    count(`actors of ${name}`, actors.size);
  }
}

function countSessions(plane: ControlPlane, gateway: Gateway, count: Count): void {
  const { state } = plane.gcs;
  let connected = 0;
  for (const session of state.sessions.values()) {
    count(`tasks assigned to ${session.nodeName}`, session.assigned.size);
    count(`copies on ${session.nodeName}`, session.copies.size);
    count(`holdings of ${session.nodeName}`, session.holdings.size);
    if (session.state === 'connected') connected += 1;
  }
  count('connections of sessions that have none', gateway.connectedCount - connected);
  count('transfers at the server', gateway.relay.openCount);
  count('pulls on the books of the server', plane.gcs.objects.transfers.size);
  for (const [what, number] of Object.entries(gateway.tableSizes())) count(`${what} at the gateway`, number);
}

function countNode({ shell, kind, machine }: SimNode, count: Count): void {
  count(`timers too many on ${kind.name}`, machine.timerCount - (shell ? NODE_TIMERS : 0));
  if (!shell) return;
  for (const [what, number] of Object.entries(shell.tableSizes())) count(`${what} on ${kind.name}`, number);
  const { storeBytes, runningTasks, queuedTasks, freeCpuMilli } = shell.raylet.load();
  count(`bytes on ${kind.name}`, storeBytes);
  count(`tasks running or queued on ${kind.name}`, runningTasks + queuedTasks);
  count(`thousandths of a CPU taken on ${kind.name}`, kind.cpus * 1000 - freeCpuMilli);
}
