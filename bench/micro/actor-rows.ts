// Rows about actors: one caller or many, one actor or several.
import { get } from 'daylight';
import { expectAll, expectSequence, expectValue } from '../harness/check.ts';
import type { RowDefinition, SmallCalls } from './row-definition.ts';
import type { RowName } from './row-list.ts';

const BATCH = 1_000;
const SYNC_CALLS_PER_LOOK = 10;
const CALLS_PER_CLIENT = 5_000;
const CALLING_TASKS = 4;

/** As many as in Ray's benchmark: one for two CPUs. */
function makeCounters(job: SmallCalls, cpus: number): ReturnType<SmallCalls['RemoteCounter']['remote']>[] {
  return Array.from({ length: Math.max(1, Math.floor(cpus / 2)) }, () => job.RemoteCounter.remote());
}

const oneToOneSync: RowDefinition = {
  async prepare(job) {
    const counter = job.RemoteCounter.remote();
    let calls = 0;
    return async () => {
      for (let i = 0; i < SYNC_CALLS_PER_LOOK; i += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one call at a time is what is measured
        expectValue('the number of the call', await get(counter.next.remote()), (calls += 1));
      }
      return SYNC_CALLS_PER_LOOK;
    };
  },
};

const oneToOneAsync: RowDefinition = {
  async prepare(job) {
    const counter = job.RemoteCounter.remote();
    let calls = 0;
    return async () => {
      const refs = Array.from({ length: BATCH }, () => counter.next.remote());
      expectSequence('answers', await get(refs), BATCH, calls + 1);
      calls += BATCH;
      return BATCH;
    };
  },
};

const oneToMany: RowDefinition = {
  async prepare(job, cpus) {
    const counters = makeCounters(job, cpus);
    const client = job.RemoteClient.remote();
    const total = CALLS_PER_CLIENT * counters.length;
    return async () => {
      expectValue('the number of answers', await get(client.callActors.remote(counters, total)), total);
      return total;
    };
  },
};

const manyToMany: RowDefinition = {
  async prepare(job, cpus) {
    const counters = makeCounters(job, cpus);
    let calls = 0;
    return async () => {
      const refs = Array.from({ length: CALLING_TASKS }, () => job.callActors.remote(counters, CALLS_PER_CLIENT));
      expectAll('numbers of answers', await get(refs), CALLING_TASKS, CALLS_PER_CLIENT);
      calls += CALLING_TASKS * CALLS_PER_CLIENT + counters.length;
      // The actors' own counts: no call was lost or run twice.
      const counts = await get(counters.map((counter) => counter.next.remote()));
      expectValue(
        'the number of calls that the actors saw',
        counts.reduce((sum, count) => sum + count, 0),
        calls,
      );
      return CALLING_TASKS * CALLS_PER_CLIENT;
    };
  },
};

export const actorRows = {
  '1:1 actor calls sync': oneToOneSync,
  '1:1 actor calls async': oneToOneAsync,
  '1:n actor calls async': oneToMany,
  'n:n actor calls async': manyToMany,
} satisfies Partial<Record<RowName, RowDefinition>>;
