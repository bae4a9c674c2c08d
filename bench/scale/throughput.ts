// The paper's figure 8b: empty tasks, a driver on every node, more and more nodes. What nodes and server spend on a task is
// measured as it happens and takes that long in the simulation; so the curve bends where the one server is busy all the time.
import { expectValue } from '../harness/check.ts';
import { ScaleCluster } from './scale-cluster.ts';

const CPUS = 2;
/** Tasks of a driver under way. */
const WINDOW = 500;
const LIMIT_MS = 3_600_000;

/** What a number of nodes reached. */
export interface ThroughputPoint {
  readonly nodes: number;
  readonly tasks: number;
  readonly tasksPerSecond: number;
  /** Of the simulated time. */
  readonly serverBusyShare: number;
  readonly serverUsPerTask: number;
  readonly rayletUsPerTask: number;
  /** Of the tasks, given out by the global scheduler. */
  readonly spilledShare: number;
  readonly realSeconds: number;
}

/** Runs so many tasks on so many nodes. */
export async function throughputOf(nodes: number, tasks: number): Promise<ThroughputPoint> {
  const realStartMs = performance.now();
  const each = Math.ceil(tasks / nodes);
  const job = { tasks: each, window: WINDOW, runMs: () => 0 };
  const kinds = Array.from({ length: nodes }, (_, n) => ({ name: `node${n}`, cpus: CPUS, job }));
  const cluster = await ScaleCluster.start(nodes, kinds);
  const { server, plane, world } = cluster;
  const serverBefore = server.cpuUs;
  const rayletsUs = (): number => cluster.nodes.reduce((sum, { machine }) => sum + machine.cpuUs, 0);
  const rayletsBefore = rayletsUs();
  let leases = 0;
  const countLeases = plane.command.bind(plane);
  plane.command = (session, command) => {
    if (command.kind === 'lease') leases += 1;
    countLeases(session, command);
  };
  const startMs = world.nowMs;
  const total = each * nodes;
  await cluster.run(LIMIT_MS, () => plane.counters.tasksEnded === total);
  const elapsedMs = world.nowMs - startMs;
  expectValue('the number of tasks that failed', plane.counters.tasksFailed, 0);
  return {
    nodes,
    tasks: total,
    tasksPerSecond: (total * 1000) / elapsedMs,
    serverBusyShare: (server.cpuUs - serverBefore) / 1000 / elapsedMs,
    serverUsPerTask: (server.cpuUs - serverBefore) / total,
    rayletUsPerTask: (rayletsUs() - rayletsBefore) / total,
    spilledShare: leases / total,
    realSeconds: (performance.now() - realStartMs) / 1000,
  };
}
