// The driver of one row, in a process of its own, so that no row inherits another's heap, references or warmed code.
// Takes a `RowOrder` as its only argument and answers over its IPC channel.
import { cpus } from 'node:os';
import { init, remoteModule } from 'daylight';
import { machineCpuUs, readCpuUs } from '../harness/cpu-time.ts';
import { measureRounds, warmUp } from '../harness/measure.ts';
import { settledRecords } from '../harness/server-records.ts';
import { actorRows } from './actor-rows.ts';
import { objectRows } from './object-rows.ts';
import type { RowDefinition } from './row-definition.ts';
import type { RowName } from './row-list.ts';
import type { RowAnswer, RowMeasurement, RowOrder } from './row-messages.ts';
import { taskRows } from './task-rows.ts';

const DEFINITIONS: Readonly<Record<RowName, RowDefinition>> = { ...objectRows, ...taskRows, ...actorRows };

async function measureRow(order: RowOrder): Promise<RowMeasurement> {
  const { name, timing, server, driverCpus, clusterCpus, pids } = order;
  const { prepare, measureLimit, unitsPerCall = 1 } = DEFINITIONS[name];
  const session = await init({
    address: server.url,
    token: server.joinToken,
    numCpus: driverCpus,
    jobName: `bench: ${name}`,
  });
  const job = remoteModule<typeof import('../jobs/small-calls.ts')>(new URL('../jobs/small-calls.ts', import.meta.url));
  const iteration = await prepare(job, clusterCpus);
  await warmUp(iteration, timing);
  const recordsBefore = (await settledRecords(server)).records;
  const machineBeforeUs = machineCpuUs();
  const startMs = performance.now();
  const cpuBeforeUs = readCpuUs(pids);
  const { median, min, max, calls } = await measureRounds(iteration, timing);
  // CPU time is read when the server has caught up: work that a call left behind belongs to the call.
  const { records, behindMs } = await settledRecords(server);
  const cpuUsPerCall = readCpuUs(pids).map((cpuUs, i) => (cpuUs - (cpuBeforeUs[i] ?? 0)) / calls);
  const machineUs = machineCpuUs() - machineBeforeUs;
  const capacityUs = (performance.now() - startMs) * 1000 * cpus().length;
  const ownUs = cpuUsPerCall.reduce((sum, cpuUs) => sum + cpuUs, 0) * calls;
  await session.shutdown();
  const othersShare = Math.max(0, (machineUs - ownUs) / capacityUs);
  const limit = await measureLimit?.();
  return {
    value: median * unitsPerCall,
    min: min * unitsPerCall,
    max: max * unitsPerCall,
    calls,
    cpuUsPerCall,
    records: records - recordsBefore,
    behindMs,
    othersShare,
    ...(limit === undefined ? {} : { limit }),
  };
}

async function answer(order: RowOrder): Promise<RowAnswer> {
  try {
    return { measurement: await measureRow(order) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const order: RowOrder = JSON.parse(process.argv[2] ?? '');
const result = await answer(order);
process.send?.(result, () => process.exit('error' in result ? 1 : 0));
