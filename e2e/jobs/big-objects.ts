// Large values: from the driver to hosts, between hosts through the server's relay, and back. Every byte is checked where it
// arrives.

import { context, get, put, remote } from 'daylight';

/** `length` bytes in a pattern that `check` knows. */
function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

function check(bytes: Uint8Array, length: number, seed: number): boolean {
  return bytes.length === length && Buffer.compare(bytes, pattern(length, seed)) === 0;
}

export const make = remote((length: number, seed: number) => ({ bytes: pattern(length, seed), node: context().node }));
export const verify = remote((value: { bytes: Uint8Array; node: string }, length: number, seed: number) => ({
  ok: check(value.bytes, length, seed),
  madeOn: value.node,
  readOn: context().node,
}));

/** Makes objects on the host with `maker`, reads them on that with `reader` and here. */
export default async function main({ sizeBytes = 20_000_000 }: { sizeBytes?: number } = {}) {
  const made = [1, 2].map((seed) => make.options({ resources: { maker: 0.1 } }).remote(sizeBytes, seed));
  const read = made.map((ref, index) =>
    verify.options({ resources: { reader: 0.1 } }).remote(ref, sizeBytes, index + 1),
  );
  const mine = put({ bytes: pattern(sizeBytes, 3), node: 'driver' });
  const sent = verify.options({ resources: { reader: 0.1 } }).remote(mine, sizeBytes, 3);
  const here = await get(made);
  return {
    between: await get(read),
    sent: await get(sent),
    here: here.map(({ bytes }, index) => check(bytes, sizeBytes, index + 1)),
  };
}
