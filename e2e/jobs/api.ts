// Every public call once, the way a user writes it, on a cluster whose driver lends no CPU: all tasks travel.

import type { ObjectRef } from 'daylight';
import { cancel, context, get, getActor, kill, put, remote, wait } from 'daylight';
import { outcomeOf, runScenarios } from './scenarios.ts';

export const square = remote((x: number) => x * x);
export const sum = remote((...numbers: number[]) => numbers.reduce((total, x) => total + x, 0));
export const pair = remote((x: number): [number, string] => [x, `${x}`]);
export const identity = remote((value: unknown) => value);
export const follow = remote(async ({ ref }: { ref: ObjectRef<number> }) => (await get(ref)) + 1);
export const makeRefs = remote((values: number[]) => ({
  refs: values.map((value) => square.remote(value)),
  mine: put(values),
}));
export const whoAmI = remote(() => {
  const { taskId, attempt, node, job } = context();
  return { taskId, attempt, node, job };
});
/** Depth `depth` of tasks that wait for each other. */
export const descend = remote(async (depth: number): Promise<number> =>
  depth === 0 ? 0 : 1 + (await get(descend.remote(depth - 1))),
);

class Gate {
  #open = false;
  readonly #seen: string[] = [];
  open(): void {
    this.#open = true;
  }
  isOpen(): boolean {
    return this.#open;
  }
  note(what: string): void {
    this.#seen.push(what);
  }
  seen(): string[] {
    return this.#seen;
  }
}
export const RemoteGate = remote(Gate);
type GateHandle = ReturnType<typeof RemoteGate.remote>;

/** Waits for the gate. Says on the console when its signal comes: a cancelled task's calls are not run any more. */
export const waitAtGate = remote(async ({ gate, value }: { gate: GateHandle; value: number }) => {
  await get(gate.note.remote(`started ${value}`));
  context().signal.addEventListener('abort', () => console.log(`gate ${value}: the signal came`));
  try {
    while (!(await get(gate.isOpen.remote())));
    return value;
  } catch (error) {
    console.log(`gate ${value}: ${String(error)}`);
    throw error;
  }
});
/** Has a child at the gate. */
export const waitForChild = remote(async ({ gate, value }: { gate: GateHandle; value: number }) =>
  get(waitAtGate.remote({ gate, value })),
);

class Counter {
  #n: number;
  readonly #order: number[] = [];
  constructor(start = 0) {
    this.#n = start;
  }
  inc(by = 1): number {
    this.#order.push(by);
    return (this.#n += by);
  }
  order(): number[] {
    return this.#order;
  }
  fail(): never {
    throw new RangeError('a method failed');
  }
}
export const RemoteCounter = remote(Counter);
type CounterHandle = ReturnType<typeof RemoteCounter.remote>;
export const useCounter = remote(async ({ counter }: { counter: CounterHandle }) => get(counter.inc.remote(10)));

async function seen(gate: GateHandle, what: string): Promise<void> {
  while (!(await get(gate.seen.remote())).includes(what));
}

const failures = new Map<string, number>();
/** Fails until its attempt has this number. */
export const failUntil = remote((attempt: number) => {
  const mine = context().attempt;
  failures.set('calls', (failures.get('calls') ?? 0) + 1);
  if (mine < attempt) throw new TypeError(`attempt ${mine}`);
  return mine;
});

const scenarios = {
  async designExample() {
    const refs = Array.from({ length: 10 }, (_, i) => square.remote(i));
    const { ready, pending } = await wait(refs, { numReturns: 3, timeoutMs: 10_000 });
    const counter = RemoteCounter.options({ numCpus: 0, maxRestarts: 3 }).remote();
    const total = await get(counter.inc.remote(square.remote(7)));
    return { values: await get(refs), total, split: [ready.length, pending.length] };
  },
  async values() {
    const value = {
      date: new Date(5),
      big: 2n ** 70n,
      map: new Map([[1, 'a']]),
      set: new Set([1]),
      floats: new Float32Array([1.5]),
      nothing: undefined,
      buffer: new Uint8Array([1, 2]).buffer,
    };
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const [back, again] = await get([put(value), identity.remote(value)]);
    const sameCycle = (await get(identity.remote(cycle))) as { self?: unknown };
    const shown = (v: unknown) => {
      const { date, big, map, set, floats, buffer, ...rest } = v as typeof value;
      return [
        date.getTime(),
        String(big),
        [...map],
        [...set],
        floats.constructor.name,
        [...floats],
        [...new Uint8Array(buffer)],
        'nothing' in rest,
      ];
    };
    return { put: shown(back), call: shown(again), cycle: sameCycle.self === sameCycle };
  },
  async refsInArguments() {
    const seven = put(7);
    return {
      resolved: await get(sum.remote(seven, square.remote(2), 1)),
      nested: await get(follow.remote({ ref: square.remote(3) })),
    };
  },
  async refsInResults() {
    const { refs, mine } = await get(makeRefs.remote([1, 2, 3]));
    return { values: await get(refs), mine: await get(mine) };
  },
  async returnedRef() {
    const outer = await get(identity.remote({ ref: put('inside') }));
    return get((outer as { ref: ObjectRef<string> }).ref);
  },
  async numReturns() {
    return pair.options({ numReturns: 2 }).remote(4);
  },
  async settled() {
    const results = await get([square.remote(2), failUntil.options({ maxRetries: 0 }).remote(9)], { settled: true });
    return results.map(({ status }) => status);
  },
  async waitTimeOut() {
    const gate = RemoteGate.remote();
    const blocked = waitAtGate.remote({ gate, value: 1 });
    const done = square.remote(2);
    await get(done);
    const { ready, pending } = await wait([blocked, done], { numReturns: 2, timeoutMs: 50 });
    const late = await outcomeOf(() => get(blocked, { timeoutMs: 10 }));
    await get(gate.open.remote());
    return { ready: ready[0] === done, pending: pending[0] === blocked, late, afterwards: await get(blocked) };
  },
  async cancelRunning() {
    const gate = RemoteGate.remote();
    const parent = waitForChild.remote({ gate, value: 1 });
    const bystander = waitAtGate.remote({ gate, value: 2 });
    await seen(gate, 'started 1');
    await cancel(parent);
    const cancelled = await outcomeOf(() => get(parent));
    await get(gate.open.remote());
    return { cancelled, bystander: await get(bystander) };
  },
  async cancelQueued() {
    const gate = RemoteGate.remote();
    const holder = waitAtGate.options({ resources: { slot: 1 } }).remote({ gate, value: 1 });
    await seen(gate, 'started 1');
    const queued = square.options({ resources: { slot: 1 } }).remote(3);
    await cancel(queued);
    const cancelled = await outcomeOf(() => get(queued));
    await get(gate.open.remote());
    await get(holder);
    return cancelled;
  },
  async actorOrder() {
    const counter = RemoteCounter.remote(100);
    const refs = Array.from({ length: 50 }, (_, i) => counter.inc.remote(i));
    await get(refs);
    return { order: await get(counter.order.remote()), total: await get(counter.inc.remote(0)) };
  },
  async actorHandleTravels() {
    const counter = RemoteCounter.remote(1);
    const totals = await get([useCounter.remote({ counter }), useCounter.remote({ counter })]);
    return totals.toSorted((a, b) => a - b);
  },
  async actorError() {
    return get(RemoteCounter.remote().fail.remote());
  },
  async namedActor() {
    const counter = RemoteCounter.options({ name: 'the counter' }).remote(5);
    await get(counter.inc.remote());
    const found = await getActor<Counter>('the counter');
    return get(found.inc.remote());
  },
  async noSuchActor() {
    await getActor('nobody');
  },
  async killActor() {
    const counter = RemoteCounter.remote();
    await get(counter.inc.remote());
    await kill(counter);
    return get(counter.inc.remote());
  },
  async maxPendingCalls() {
    const counter = RemoteCounter.options({ maxPendingCalls: 2 }).remote();
    return outcomeOf(() => Array.from({ length: 100 }, () => counter.inc.remote()));
  },
  async map() {
    const ordered: number[] = [];
    for await (const value of square.map([1, 2, 3, 4, 5], { maxInFlight: 2 })) ordered.push(value);
    const unordered: number[] = [];
    for await (const value of square.map([1, 2, 3], { ordered: false })) unordered.push(value);
    return { ordered, unordered: unordered.toSorted((a, b) => a - b) };
  },
  async context() {
    const [first, second] = await get([whoAmI.remote(), whoAmI.remote()]);
    const mine = context();
    mine.progress(0.5, 'half');
    return {
      first,
      second,
      job: mine.job,
      signal: mine.signal.aborted,
      random: mine.random() < 1,
      once: await outcomeOf(() => mine.once('x', () => 1)),
    };
  },
  async retryExceptions() {
    const [all, byClass] = await get([
      failUntil.options({ retryExceptions: true }).remote(3),
      failUntil.options({ retryExceptions: [TypeError] }).remote(2),
    ]);
    const other = await outcomeOf(() => get(failUntil.options({ retryExceptions: [RangeError] }).remote(2)));
    const never = await outcomeOf(() => get(failUntil.remote(2)));
    return { all, byClass, other, never };
  },
  async depth200() {
    return get(descend.remote(200));
  },
  async free() {
    using kept = put(1);
    const ref = put(2);
    ref.free();
    return {
      kept: await get(kept),
      freed: await outcomeOf(() => get(ref)),
      json: await outcomeOf(() => JSON.stringify({ kept })),
    };
  },
  async notYet() {
    return square.options({ memoryBytes: 1 }).remote(1);
  },
  async awaitedRef() {
    const fresh = async () => square.remote(2);
    // What an async function returns may be a reference; a reference itself is nothing to wait for.
    const ref = await fresh();
    // oxlint-disable-next-line typescript/await-thenable -- what this does is the point
    return { value: await get(ref), awaited: await outcomeOf(async () => await ref) };
  },
};

/** Runs the scenarios, or those in `only`. */
export default async function main({ only }: { only?: string[] } = {}) {
  return runScenarios(scenarios, only);
}
