// `fn.map`: a bounded number of calls in flight. The input is read only as fast as results are taken, so it may be endless.

import type { ObjectRef } from './object-ref.ts';
import { DEFAULT_MAX_IN_FLIGHT } from './options.ts';
import type { MapOptions } from './remote-types.ts';
import { realmRuntime } from '../worker/current-runtime.ts';

/** Calls `call` on each item; gives the results. What is in flight when the consumer leaves, or after an error, is cancelled. */
export async function* mapCalls(
  call: (item: unknown) => ObjectRef<unknown>,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  { maxInFlight = DEFAULT_MAX_IN_FLIGHT, ordered = true, signal }: MapOptions = {},
): AsyncIterableIterator<unknown, void, undefined> {
  if (!Number.isInteger(maxInFlight) || maxInFlight < 1)
    throw new RangeError(`maxInFlight must be a whole number from 1, not ${maxInFlight}`);
  const { core } = realmRuntime();
  // This function is not rewritten as job code is: after an `await` the task has to be named (rule L8).
  const task = core.context.current();
  const input = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let inFlight: ObjectRef<unknown>[] = [];
  let isExhausted = false;
  try {
    for (;;) {
      while (!isExhausted && inFlight.length < maxInFlight) {
        signal?.throwIfAborted();
        const next = await input.next();
        if (next.done === true) isExhausted = true;
        else inFlight.push(core.context.run(task, () => call(next.value)));
      }
      if (inFlight.length === 0) return;
      const flying = inFlight;
      const ready = ordered
        ? flying.slice(0, 1)
        : (await core.context.run(task, () => core.wait(flying, 1, undefined, signal))).ready;
      const values = await core.context.run(task, () => core.get(ready, { signal }));
      inFlight = inFlight.filter((ref) => !ready.includes(ref));
      for (const [index, value] of values.entries()) {
        ready[index]?.free();
        yield value;
      }
    }
  } finally {
    for (const ref of inFlight) core.cancel(ref, true, false);
    if (!isExhausted) await input.return?.();
  }
}
