// Rows about a browser tab that runs the tasks of a driver without CPUs of its own, behind the server.
import { get } from 'daylight';
import { expectAll } from '../harness/check.ts';
import { measureProcessRoundTrips } from '../limits/process-round-trip.ts';
import type { RowDefinition } from './row-definition.ts';
import type { RowName } from './row-list.ts';
import { BATCH, batches, oneByOne } from './task-rows.ts';

const PUTTING_TASKS = 4;
const PUTS_PER_TASK = 1_000;
const PUT_BYTES = 1_024;

const tasksAsync: RowDefinition = { prepare: async (job) => batches(job, BATCH) };

export const tabRows = {
  'tab tasks async': tasksAsync,
  'tab tasks async, hidden': tasksAsync,
  'tab tasks sync': {
    prepare: async (job) => oneByOne(job),
    measureLimit: async () => ({
      value: await measureProcessRoundTrips(),
      what: 'round trips driver, server, host and back over bare TCP',
    }),
  },
  'tab put calls': {
    prepare: async (job) => async () => {
      const tasks = Array.from({ length: PUTTING_TASKS }, () => job.putNumbered.remote(PUTS_PER_TASK, PUT_BYTES));
      expectAll('numbers of values put', await get(tasks), PUTTING_TASKS, PUTS_PER_TASK);
      return PUTTING_TASKS * PUTS_PER_TASK;
    },
  },
} satisfies Partial<Record<RowName, RowDefinition>>;
