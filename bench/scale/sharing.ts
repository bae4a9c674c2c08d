// Three jobs that together want more than the cluster has: how busy they keep it (S2), and whether they get equal shares
// although their numbers of tasks differ (S5, Jain's index).
import { seededRandom } from '#shared/ports/random.ts';
import { type BenchRow, singleRow } from '../harness/bench-row.ts';
import { shortNumber } from '../harness/table.ts';
import { ScaleCluster } from './scale-cluster.ts';
import { describeHosts, HOST_CPUS, unevenHosts, unevenRunMs } from './uneven-hosts.ts';

/** Of one job's tasks to another's. */
const SIZES = [1, 2, 4];
/** Tasks of a job under way, in slots of the cluster. */
const WINDOW_SLOTS = 10;
const LIMIT_MS = 3_600_000;

/** How large the cluster and its jobs are. */
export interface SharingSize {
  readonly nodes: number;
  /** Of the smallest job. */
  readonly tasks: number;
}

/** 1 if all have the same, 1/n if one of n has everything. */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}

/** Runs the jobs beside each other, as long as each wants all it can get. */
export async function sharingRows({ nodes, tasks }: SharingSize): Promise<BenchRow[]> {
  const runMs = unevenRunMs(seededRandom(nodes));
  const slots = nodes * HOST_CPUS;
  const sizes = SIZES.map((size) => size * tasks);
  const drivers = sizes.map((size, n) => ({
    name: `driver${n}`,
    cpus: 0,
    job: { tasks: size, window: WINDOW_SLOTS * slots, runMs },
  }));
  const cluster = await ScaleCluster.start(nodes, [...unevenHosts(nodes), ...drivers]);
  const done = (): number[] => cluster.nodes.flatMap(({ driver }) => (driver ? [driver.done] : []));
  const startMs = cluster.world.nowMs;
  // A job whose rest fits the cluster at once cannot use more.
  await cluster.run(LIMIT_MS, () => done().some((count, n) => count + 2 * slots >= (sizes[n] ?? 0)));
  const elapsedMs = cluster.world.nowMs - startMs;
  const busyMs = cluster.nodes.reduce((sum, { workers }) => sum + workers.busyMs, 0);
  const shares = done();
  const over = `${shortNumber(elapsedMs / 1000)} simulated seconds`;
  return [
    singleRow('utilisation', (busyMs / (elapsedMs * slots)) * 100, '%', `${describeHosts(nodes)}; ${over}`),
    singleRow(
      'fairness over jobs',
      jainIndex(shares),
      'Jain index',
      `jobs of ${sizes.join(', ')} tasks had ${shares.join(', ')} done in ${over}`,
    ),
  ];
}
