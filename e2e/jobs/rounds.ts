// Rounds of work whose result is known: tasks with children, chains of references, and an actor that gets the sums. `main`
// says which round it is in, so that a test can strike in the middle of one.

import { get, put, remote, wait } from 'daylight';

export const leaf = remote((x: number) => x + 1);
export const branch = remote(async (x: number) => {
  const leaves = await get([leaf.remote(x), leaf.remote(x + 1), leaf.remote(x + 2)]);
  return leaves.reduce((a, b) => a + b, 0);
});
export const weigh = remote((weights: Float32Array, x: number) => weights.reduce((a, b) => a + b, 0) + x);

class Ledger {
  readonly #sums = new Map<number, number>();
  report(round: number, sum: number): void {
    this.#sums.set(round, sum);
  }
  total(): number {
    return [...this.#sums.values()].reduce((a, b) => a + b, 0);
  }
}
export const RemoteLedger = remote(Ledger);

/** The sum that one round must come to. */
function expected(round: number, width: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) {
    const x = round * width + i;
    // branch(leaf(x)) = (x + 2) + (x + 3) + (x + 4), and the weights sum up to 50 000.
    sum += 3 * x + 9 + 50_000 + x;
  }
  return sum;
}

/** `rounds` rounds of `width` branches. */
export default async function main({ rounds = 30, width = 12 }: { rounds?: number; width?: number } = {}) {
  const weights = put(new Float32Array(50_000).fill(1));
  const ledger = RemoteLedger.options({ maxRestarts: 3 }).remote();
  const wrong: string[] = [];
  let total = 0;
  for (let round = 0; round < rounds; round++) {
    console.log(`round ${round}`);
    const xs = Array.from({ length: width }, (_, i) => round * width + i);
    let pending = xs.flatMap((x) => [branch.remote(leaf.remote(x)), weigh.remote(weights, x)]);
    let sum = 0;
    while (pending.length > 0) {
      const waited = await wait(pending, { numReturns: 1 });
      pending = waited.pending;
      for (const value of await get(waited.ready)) sum += value;
    }
    if (sum !== expected(round, width)) wrong.push(`round ${round}: ${sum}, not ${expected(round, width)}`);
    total += sum;
    ledger.report.remote(round, sum);
  }
  return { wrong, total, ledger: await get(ledger.total.remote()) };
}
