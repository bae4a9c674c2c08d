// The job of the micro-benchmarks: functions and actors that do nothing, so that what is measured is the system. The
// shapes are those of Ray's own microbenchmark, so that its published figures can be put beside ours.
import { get, put, remote } from 'daylight';
import type { ActorHandle } from 'daylight';

/** A task that gives a small value. */
export const small = remote(() => 'ok');

/** Stores `count` small values and gives the references to them in one object. */
export const makeRefs = remote((count: number) => ({ refs: Array.from({ length: count }, () => put(1)) }));

/** One of how many values is read back. */
const CHECKED_SHARE = 50;

/** Stores `count` different values of `sizeBytes` each, one after the other, and gives how many it was. */
export const putNumbered = remote(async (count: number, sizeBytes: number) => {
  const value = new Uint32Array(sizeBytes / Uint32Array.BYTES_PER_ELEMENT);
  const refs = Array.from({ length: count }, (_, i) => {
    value[0] = i;
    return put(value);
  });
  for (let i = 0; i < count; i += CHECKED_SHARE) {
    const ref = refs[i];
    // oxlint-disable-next-line no-await-in-loop -- one at a time: it is the values put that are measured
    const stored = ref && (await get(ref));
    if (stored?.byteLength !== sizeBytes || stored[0] !== i) throw new Error(`value ${i} is not what was put`);
  }
  return refs.length;
});

// Numbers its calls, so that the caller sees each was run once and in order. A string would cost the same and say less.
class Counter {
  #calls = 0;

  next(): number {
    this.#calls += 1;
    return this.#calls;
  }
}
export const RemoteCounter = remote(Counter);

/** Calls `counters` in turn, `count` times in all, waits for all answers and gives how many came. */
async function callInTurn(counters: readonly ActorHandle<Counter>[], count: number): Promise<number> {
  const refs = Array.from({ length: count }, (_, i) => {
    const counter = counters[i % counters.length];
    if (counter === undefined) throw new RangeError('there is no actor to call');
    return counter.next.remote();
  });
  const values = await get(refs);
  return values.filter((value) => value > 0).length;
}

// A client that is itself an actor: it submits and waits, like a driver of its own.
class Client {
  /** Runs `count` small tasks and gives how many gave the right value. */
  async runTasks(count: number): Promise<number> {
    const values = await get(Array.from({ length: count }, () => small.remote()));
    return values.filter((value) => value === 'ok').length;
  }

  async callActors(counters: readonly ActorHandle<Counter>[], count: number): Promise<number> {
    return callInTurn(counters, count);
  }
}
export const RemoteClient = remote(Client);

/** The same as a task. */
export const callActors = remote((counters: readonly ActorHandle<Counter>[], count: number) =>
  callInTurn(counters, count),
);
