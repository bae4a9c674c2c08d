// Measures one row that is a rate: rounds of calls, what they cost in CPU time, and what of them reached the server.
import { cpus } from 'node:os';
import { init, remoteModule } from 'daylight';
import { cpuBetween, describeCpu, machineCpuUs, readCpuUs, totalUs } from '../harness/cpu-time.ts';
import { measureRounds, warmUp } from '../harness/measure.ts';
import { settledRecords } from '../harness/server-records.ts';
import type { RowDefinition } from './row-definition.ts';
import type { RowMeasurement, RowOrder } from './row-messages.ts';

/** Behind by less than this is the batching of a healthy server. */
const BEHIND_NOTE_MS = 250;
/** Less of the machine than this is what an idle system does. */
const OTHERS_NOTE_SHARE = 0.05;

/** Runs the rounds of a row in this process as the driver. */
export async function measureRate(
  { prepare, measureLimit, unitsPerCall = 1 }: RowDefinition,
  { name, timing, server, driverCpus, clusterCpus, processes }: RowOrder,
): Promise<RowMeasurement> {
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
  const cpuBefore = readCpuUs(processes);
  const { median, min, max, calls } = await measureRounds(iteration, timing);
  // CPU time is read when the server has caught up: work that a call left behind belongs to the call.
  const { records, behindMs } = await settledRecords(server);
  const cpu = cpuBetween(cpuBefore, readCpuUs(processes));
  const machineUs = machineCpuUs() - machineBeforeUs;
  const capacityUs = (performance.now() - startMs) * 1000 * cpus().length;
  await session.shutdown();
  const othersShare = Math.max(0, (machineUs - totalUs(cpu)) / capacityUs);
  const limit = await measureLimit?.();
  const notes = [
    `${records - recordsBefore} journal records applied by the server for ${calls} calls`,
    `µs CPU per call: ${describeCpu(cpu, calls)}`,
  ];
  if (behindMs > BEHIND_NOTE_MS) notes.push(`the last of them ${Math.round(behindMs)} ms after the last call`);
  if (othersShare > OTHERS_NOTE_SHARE) {
    notes.push(`other processes used ${Math.round(othersShare * 100)} % of the machine meanwhile`);
  }
  return {
    value: median * unitsPerCall,
    min: min * unitsPerCall,
    max: max * unitsPerCall,
    cpuUsPerCall: totalUs(cpu) / calls,
    ...(limit === undefined ? {} : { limit }),
    notes,
  };
}
