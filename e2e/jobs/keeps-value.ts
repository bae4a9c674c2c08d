// A large value that lies in the node that made it, and is read only when the test says so.

import { get, remote, wait } from 'daylight';

const LENGTH = 500_000;

export const big = remote((seed: number) => Float64Array.from({ length: LENGTH }, (_, index) => index * seed));

/** Makes a value, says so in a file, waits for another file, and reads it. */
export default async function main({ made, go }: { made: string; go: string }) {
  const { existsSync, writeFileSync } = await import('node:fs');
  const ref = big.remote(3);
  await wait([ref]);
  writeFileSync(made, '');
  while (!existsSync(go)) await new Promise((resolve) => setTimeout(resolve, 50));
  const value = await get(ref);
  return { length: value.length, last: value.at(-1) };
}
