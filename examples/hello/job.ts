// The smallest job worth running: tasks, an actor, and waiting for some of the results.
import { get, remote, wait } from 'daylight';

// A task: a function that may run on any worker of any node. It can use its arguments and this module, nothing else.
export const square = remote((x: number) => x * x);

// An actor: an object that lives in one worker and keeps its state between calls.
class Counter {
  #total = 0;

  add(amount: number): number {
    this.#total += amount;
    return this.#total;
  }
}
export const RemoteCounter = remote(Counter);

/** Squares 0 … n - 1 in parallel and adds the squares up in an actor. */
export default async function main({ n = 10 }: { n?: number } = {}): Promise<{ squares: number[]; total: number }> {
  // `.remote` returns at once with a reference to a result that does not exist yet: all n tasks start together.
  const squares = Array.from({ length: n }, (_, i) => square.remote(i));

  // `wait` returns as soon as that many results exist, in whatever order the tasks finish.
  const { ready, pending } = await wait(squares, { numReturns: Math.min(3, n) });
  console.log(`${ready.length} squares are there, ${pending.length} are still being computed`);

  // A reference may be an argument of another call; the system waits for it and moves the value, not this function.
  const counter = RemoteCounter.options({ numCpus: 0 }).remote();
  const totals = squares.map((ref) => counter.add.remote(ref));

  // `get` brings values here. Calls of one caller to one actor run in order, so the last total is the whole.
  return { squares: await get(squares), total: (await get(totals)).at(-1) ?? 0 };
}
