// Rows about tasks, called by the driver, by four actors, and by a driver without CPUs of its own.
import { get } from 'daylight';
import { expectAll, expectValue } from '../harness/check.ts';
import type { Iteration } from '../harness/measure.ts';
import { measureProcessRoundTrips } from '../limits/process-round-trip.ts';
import { measureThreadRoundTrips } from '../limits/thread-round-trip.ts';
import type { RowDefinition, SmallCalls } from './row-definition.ts';
import type { RowName } from './row-list.ts';

/** Tasks that are submitted before the first result is awaited. */
export const BATCH = 1_000;
const SYNC_CALLS_PER_LOOK = 10;
const CLIENTS = 4;
const TASKS_PER_CLIENT = 10_000;

/** Submits a batch, waits for all of it; counts `callsPerBatch` calls. */
export function batches(job: SmallCalls, callsPerBatch: number): Iteration {
  return async () => {
    const refs = Array.from({ length: BATCH }, () => job.small.remote());
    expectAll('results', await get(refs), BATCH, 'ok');
    return callsPerBatch;
  };
}

/** One task after the other. */
export function oneByOne(job: SmallCalls): Iteration {
  return async () => {
    for (let i = 0; i < SYNC_CALLS_PER_LOOK; i += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one call at a time is what is measured
      expectValue('the result', await get(job.small.remote()), 'ok');
    }
    return SYNC_CALLS_PER_LOOK;
  };
}

const multiClient: RowDefinition = {
  async prepare(job) {
    const clients = Array.from({ length: CLIENTS }, () => job.RemoteClient.remote());
    return async () => {
      const counts = await get(clients.map((client) => client.runTasks.remote(TASKS_PER_CLIENT)));
      expectAll('counts of right results', counts, CLIENTS, TASKS_PER_CLIENT);
      return CLIENTS * TASKS_PER_CLIENT;
    };
  },
};

export const taskRows = {
  'single client tasks and get batch': { prepare: async (job) => batches(job, 1) },
  'single client tasks sync': {
    prepare: async (job) => oneByOne(job),
    measureLimit: async () => ({
      value: await measureThreadRoundTrips(),
      what: 'round trips driver, raylet, worker and back over bare message ports',
    }),
  },
  'single client tasks async': { prepare: async (job) => batches(job, BATCH) },
  'multi client tasks async': multiClient,
  'remote driver tasks async': { prepare: async (job) => batches(job, BATCH) },
  'remote driver tasks sync': {
    prepare: async (job) => oneByOne(job),
    measureLimit: async () => ({
      value: await measureProcessRoundTrips(),
      what: 'round trips driver, server, host and back over bare TCP',
    }),
  },
} satisfies Partial<Record<RowName, RowDefinition>>;
