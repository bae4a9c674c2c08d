// Measures rows one after the other, each on a cluster and in a driver of its own. A row that fails does not stop the
// others: all of what is wrong is said in one run.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchRow, RowFailure } from '../harness/bench-row.ts';
import { ensureWebBuilt } from '../../scripts/build-web.ts';
import { type ClusterAddress, startCluster } from '../harness/cluster.ts';
import { lendTab, type LentTab } from '../harness/lent-tab.ts';
import type { Timing } from '../harness/measure.ts';
import type { PeerFigures } from '../peers/peer-figures.ts';
import type { ListedRow } from './row-list.ts';
import type { RowAnswer, RowMeasurement, RowOrder } from './row-messages.ts';

/** CPUs that run tasks. Two: what the smallest machine has, and enough for tasks to run at the same time. */
const CLUSTER_CPUS = 2;
const ROW_LIMIT_MS = 180_000;
const DRIVER = fileURLToPath(new URL('./row-driver.ts', import.meta.url));

/** Measures `rows` and reports each as soon as it is there. */
export async function runRows(
  rows: readonly ListedRow[],
  timing: Timing,
  peers: readonly PeerFigures[],
  report: (result: BenchRow | RowFailure) => void,
): Promise<void> {
  for (const row of rows) {
    // oxlint-disable-next-line no-await-in-loop -- rows must not disturb each other
    report(await runRow(row, timing, peers));
  }
}

async function runRow(row: ListedRow, timing: Timing, peers: readonly PeerFigures[]): Promise<BenchRow | RowFailure> {
  const { name, placement } = row;
  try {
    const driverCpus = placement === 'driver' ? CLUSTER_CPUS : 0;
    const hostCpus = placement === 'host' ? CLUSTER_CPUS : 0;
    if (placement !== 'driver' && placement !== 'host') await ensureWebBuilt();
    await using cluster = await startCluster(hostCpus);
    const { server } = cluster;
    await using tab = await tabFor(placement, server);
    const answer = await askDriver({
      name,
      timing,
      server,
      processes: [...cluster.processes, ...(tab === undefined ? [] : [{ name: 'tab', browserGroup: tab.group }])],
      driverCpus,
      clusterCpus: driverCpus + hostCpus + (tab?.cpus ?? 0),
    });
    if ('error' in answer) return { name, error: answer.error };
    return asRow(row, answer.measurement, peers);
  } catch (error) {
    return { name, error: describe(error) };
  }
}

/** The tab that runs the tasks, where a row has one. */
async function tabFor(placement: ListedRow['placement'], server: ClusterAddress): Promise<LentTab | undefined> {
  if (placement !== 'tab' && placement !== 'hidden tab') return undefined;
  const tab = await lendTab(server);
  if (placement === 'hidden tab') await tab.page.tab.hide();
  return tab;
}

/** An error with what caused it. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}

/** Runs the driver of one row to its end. */
async function askDriver(order: RowOrder): Promise<RowAnswer> {
  const driver: ChildProcess = spawn(
    process.execPath,
    ['--conditions=daylight-source', DRIVER, JSON.stringify(order)],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  const limit = setTimeout(() => driver.kill('SIGKILL'), ROW_LIMIT_MS);
  try {
    return await new Promise<RowAnswer>((resolve) => {
      driver.once('message', (answer) => resolve(answer as RowAnswer)); // our own program sent it
      driver.once('exit', (code, signal) => {
        const how =
          signal === 'SIGKILL'
            ? `was ended after ${ROW_LIMIT_MS / 1000} s`
            : `ended with ${signal ?? `exit code ${code}`}`;
        resolve({ error: `the driver ${how} without a result` });
      });
    });
  } finally {
    clearTimeout(limit);
    driver.kill('SIGKILL');
  }
}

function asRow({ name, unit }: ListedRow, measured: RowMeasurement, peers: readonly PeerFigures[]): BenchRow {
  const { value, min, max, cpuUsPerCall, limit } = measured;
  const peer = peers.find(({ values }) => values[name] !== undefined);
  const peerValue = peer?.values[name];
  const notes = [...measured.notes];
  if (limit !== undefined) notes.push(`limit: ${limit.what}`);
  if (peer !== undefined) notes.push(peer.note);
  return {
    name,
    value,
    unit,
    min,
    max,
    ...(cpuUsPerCall === undefined ? {} : { cpuUsPerCall }),
    ...(peer === undefined || peerValue === undefined ? {} : { peer: peer.name, peerValue, ratio: value / peerValue }),
    ...(limit === undefined ? {} : { limit: limit.value, fractionOfLimit: value / limit.value }),
    note: notes.join('; '),
  };
}
