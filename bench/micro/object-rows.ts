// Rows about objects: `put`, `get`, `wait`.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BackPressureError, get, ObjectRef, put, wait } from 'daylight';
import { expectAll, expectValue } from '../harness/check.ts';
import { measureSharedCopy } from '../limits/shared-copy.ts';
import type { RowDefinition } from './row-definition.ts';
import type { RowName } from './row-list.ts';

/** Calls between two looks at the clock, which would otherwise cost as much as a cheap call. */
const CALLS_PER_LOOK = 100;
const BIG_LENGTH = 100 * 2 ** 20;
const BIG_BYTES = BIG_LENGTH * Float64Array.BYTES_PER_ELEMENT;
const BYTES_PER_GB = 1e9;
const MANY_REFS = 10_000;
const WAIT_REFS = 1_000;

const getCalls: RowDefinition = {
  async prepare() {
    const ref = put(0);
    return async () => {
      for (let i = 0; i < CALLS_PER_LOOK; i += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one call at a time is what is measured
        expectValue('the object', await get(ref), 0);
      }
      return CALLS_PER_LOOK;
    };
  },
};

const putCalls: RowDefinition = {
  async prepare() {
    let made = 0;
    return async () => {
      const target = made + CALLS_PER_LOOK;
      let last: ObjectRef<number> | undefined;
      while (made < target) {
        try {
          last = put(made + 1);
          made += 1;
        } catch (error) {
          // Names for objects come from the node: a loop of nothing but puts has to wait for them now and then.
          if (!(error instanceof BackPressureError)) throw error;
          await nextTurn(); // oxlint-disable-line no-await-in-loop
        }
      }
      // `get` of what was made here does not leave this thread: without a turn, nothing from the node would be heard.
      await nextTurn();
      expectValue('the last object', last && (await get(last)), made);
      return CALLS_PER_LOOK;
    };
  },
};

const putGigabytes: RowDefinition = {
  unitsPerCall: BIG_BYTES / BYTES_PER_GB,
  async prepare() {
    const array = new Float64Array(BIG_LENGTH).fill(1);
    let turn = 0;
    return async () => {
      array[0] = turn += 1;
      array[BIG_LENGTH - 1] = turn;
      using ref = put(array);
      array[0] = 0; // what was put must not change with it
      const stored = await get(ref);
      expectValue('the length of the stored array', stored.length, BIG_LENGTH);
      expectValue('its first element', stored[0], turn);
      expectValue('its last element', stored[BIG_LENGTH - 1], turn);
      return 1;
    };
  },
  measureLimit: async () => ({
    value: measureSharedCopy(BIG_BYTES) / BYTES_PER_GB,
    what: 'one thread copying into shared memory that was touched before',
  }),
};

const getManyRefs: RowDefinition = {
  async prepare(job) {
    const holder = job.makeRefs.remote(MANY_REFS);
    expectAll('values behind the references', await get((await get(holder)).refs), MANY_REFS, 1);
    return async () => {
      const { refs } = await get(holder);
      expectValue('the number of references', refs.length, MANY_REFS);
      for (const ref of refs) if (!ObjectRef.isObjectRef(ref)) throw new Error('one of the references is none');
      return 1;
    };
  },
};

const waitRefs: RowDefinition = {
  async prepare(job) {
    return async () => {
      const all = Array.from({ length: WAIT_REFS }, () => job.small.remote());
      let pending = all;
      while (pending.length > 0) {
        // oxlint-disable-next-line no-await-in-loop -- one at a time is what is measured
        const split = await wait(pending, { numReturns: 1 });
        expectValue('the number of ready references', split.ready.length, 1);
        expectValue('the number of the others', split.pending.length, pending.length - 1);
        pending = split.pending;
      }
      expectAll('results', await get(all), WAIT_REFS, 'ok');
      return 1;
    };
  },
};

export const objectRows = {
  'single client get calls': getCalls,
  'single client put calls': putCalls,
  'single client put gigabytes': putGigabytes,
  'single client get object containing 10k refs': getManyRefs,
  'single client wait 1k refs': waitRefs,
} satisfies Partial<Record<RowName, RowDefinition>>;
