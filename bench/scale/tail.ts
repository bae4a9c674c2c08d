// Tasks on a cluster with room for all of them: what is slow is a slow node's fault (S6).
import { seededRandom } from '#shared/ports/random.ts';
import { type BenchRow, singleRow } from '../harness/bench-row.ts';
import { quantile } from '../harness/measure.ts';
import { shortNumber } from '../harness/table.ts';
import { ScaleCluster } from './scale-cluster.ts';
import { describeHosts, HOST_CPUS, unevenHosts, unevenRunMs } from './uneven-hosts.ts';

/** Of the slots are in use. */
const LOAD = 0.7;
const LIMIT_MS = 3_600_000;

/** Runs so many tasks on so many nodes. */
export async function tailRows({ nodes, tasks }: { nodes: number; tasks: number }): Promise<BenchRow[]> {
  const window = Math.max(1, Math.floor(nodes * HOST_CPUS * LOAD));
  const job = { tasks, window, runMs: unevenRunMs(seededRandom(nodes)) };
  const cluster = await ScaleCluster.start(nodes, [...unevenHosts(nodes), { name: 'driver', cpus: 0, job }]);
  await cluster.run(LIMIT_MS);
  const latenciesMs = cluster.nodes.flatMap(({ driver }) => driver?.latenciesMs ?? []);
  const p50 = quantile(latenciesMs, 0.5);
  const row = (name: string, share: number): BenchRow => {
    const value = quantile(latenciesMs, share);
    const compared = share === 0.5 ? describeHosts(nodes) : `${shortNumber(value / p50)} × p50`;
    return singleRow(`task latency ${name}`, value, 'ms', `${compared}; ${tasks} tasks, without speculation`);
  };
  return [row('p50', 0.5), row('p99', 0.99), row('max', 1)];
}
