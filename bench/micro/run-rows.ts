// Measures rows one after the other, each on a cluster and in a driver of its own. A row that fails does not stop the
// others: all of what is wrong is said in one run.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchRow, RowFailure } from '../harness/bench-row.ts';
import { startCluster } from '../harness/cluster.ts';
import type { Timing } from '../harness/measure.ts';
import { shortNumber } from '../harness/table.ts';
import type { PeerFigures } from '../peers/peer-figures.ts';
import type { ListedRow } from './row-list.ts';
import type { RowAnswer, RowMeasurement, RowOrder } from './row-messages.ts';

/** CPUs that run tasks. Two: what the smallest machine has, and enough for tasks to run at the same time. */
const CLUSTER_CPUS = 2;
const ROW_LIMIT_MS = 180_000;
const DRIVER = fileURLToPath(new URL('./row-driver.ts', import.meta.url));
/** Behind by less than this is the batching of a healthy server. */
const BEHIND_NOTE_MS = 250;
/** Less of the machine than this is what an idle system does. */
const OTHERS_NOTE_SHARE = 0.05;

/** Measures `rows` and reports each as soon as it is there. */
export async function runRows(
  rows: readonly ListedRow[],
  timing: Timing,
  peer: PeerFigures,
  report: (result: BenchRow | RowFailure) => void,
): Promise<void> {
  for (const row of rows) {
    // oxlint-disable-next-line no-await-in-loop -- rows must not disturb each other
    report(await runRow(row, timing, peer));
  }
}

async function runRow(row: ListedRow, timing: Timing, peer: PeerFigures): Promise<BenchRow | RowFailure> {
  const { name, placement } = row;
  try {
    const hostCpus = placement === 'host' ? CLUSTER_CPUS : 0;
    await using cluster = await startCluster(hostCpus);
    const { server, pids } = cluster;
    const driverCpus = CLUSTER_CPUS - hostCpus;
    const answer = await askDriver({ name, timing, server, pids, driverCpus, clusterCpus: CLUSTER_CPUS });
    if ('error' in answer) return { name, error: answer.error };
    return asRow(row, answer.measurement, peer);
  } catch (error) {
    return { name, error: error instanceof Error ? error.message : String(error) };
  }
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

function asRow({ name, unit }: ListedRow, measured: RowMeasurement, peer: PeerFigures): BenchRow {
  const { value, min, max, cpuUsPerCall, limit } = measured;
  const peerValue = peer.values[name];
  return {
    name,
    value,
    unit,
    min,
    max,
    cpuUsPerCall: cpuUsPerCall.reduce((sum, ofProcess) => sum + ofProcess, 0),
    ...(peerValue === undefined ? {} : { peer: peer.name, peerValue, ratio: value / peerValue }),
    ...(limit === undefined ? {} : { limit: limit.value, fractionOfLimit: value / limit.value }),
    note: noteOf(measured, peerValue === undefined ? undefined : peer.note),
  };
}

function noteOf(
  { calls, records, behindMs, othersShare, cpuUsPerCall, limit }: RowMeasurement,
  peerNote: string | undefined,
): string {
  const cpu = cpuUsPerCall.map((ofProcess, i) => `${['driver', 'server'][i] ?? 'host'} ${shortNumber(ofProcess)}`);
  const notes = [
    `${records} journal records applied by the server for ${calls} calls`,
    `µs CPU per call: ${cpu.join(', ')}`,
  ];
  if (behindMs > BEHIND_NOTE_MS) notes.push(`the last of them ${Math.round(behindMs)} ms after the last call`);
  if (othersShare > OTHERS_NOTE_SHARE) {
    notes.push(`other processes used ${Math.round(othersShare * 100)} % of the machine meanwhile`);
  }
  if (limit !== undefined) notes.push(`limit: ${limit.what}`);
  if (peerNote !== undefined) notes.push(peerNote);
  return notes.join('; ');
}
