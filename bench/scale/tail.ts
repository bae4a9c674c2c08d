// Tasks on a cluster with room for all of them: what is slow is a slow node's fault (S6), with and without second copies.
import { seededRandom } from '#shared/ports/random.ts';
import { type BenchRow, singleRow } from '../harness/bench-row.ts';
import { quantile } from '../harness/measure.ts';
import { shortNumber } from '../harness/table.ts';
import { ScaleCluster } from './scale-cluster.ts';
import { describeHosts, HOST_CPUS, unevenHosts, unevenRunMs } from './uneven-hosts.ts';

/** Of the slots are in use. */
const LOAD = 0.7;
const LIMIT_MS = 3_600_000;
/** Long enough for a straggler to be worth a second copy. */
const RUN_MS = 2_000;
const SLOWNESS = 10;

interface Tail {
  readonly latenciesMs: number[];
  /** Second copies per task. */
  readonly copies: number;
}

async function tailOf(nodes: number, tasks: number, speculates: boolean): Promise<Tail> {
  const window = Math.max(1, Math.floor(nodes * HOST_CPUS * LOAD));
  const job = { tasks, window, runMs: unevenRunMs(seededRandom(nodes), RUN_MS) };
  const kinds = [...unevenHosts(nodes, SLOWNESS), { name: 'driver', cpus: 0, job }];
  const cluster = await ScaleCluster.start(nodes, kinds);
  const { speculation } = cluster.plane.gcs;
  if (!speculates) speculation.run = () => undefined;
  await cluster.run(LIMIT_MS);
  const latenciesMs = cluster.nodes.flatMap(({ driver }) => driver?.latenciesMs ?? []);
  if (latenciesMs.length !== tasks) throw new Error(`${latenciesMs.length} of ${tasks} tasks have a result`);
  return { latenciesMs, copies: speculation.started.straggler / tasks };
}

/** Runs so many tasks on so many nodes, twice. */
export async function tailRows({ nodes, tasks }: { nodes: number; tasks: number }): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const speculates of [false, true]) {
    const { latenciesMs, copies } = await tailOf(nodes, tasks, speculates); // oxlint-disable-line no-await-in-loop -- one after the other
    const how = speculates ? `with speculation, ${shortNumber(copies * 100)} % second copies` : 'without speculation';
    const p50 = quantile(latenciesMs, 0.5);
    for (const [name, share] of [
      ['p50', 0.5],
      ['p99', 0.99],
      ['max', 1],
    ] as const) {
      const value = quantile(latenciesMs, share);
      const compared = share === 0.5 ? describeHosts(nodes, SLOWNESS, RUN_MS) : `${shortNumber(value / p50)} × p50`;
      const title = `task latency ${name} ${speculates ? 'with' : 'without'} speculation`;
      rows.push(singleRow(title, value, 'ms', `${compared}; ${tasks} tasks, ${how}`));
    }
  }
  return rows;
}
