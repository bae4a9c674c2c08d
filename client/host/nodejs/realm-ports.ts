/**
 * What every realm of a Node host — worker or driver — is given: Node's own digest, clock, memory and source maps.
 */
import { createHash } from 'node:crypto';
import { mapStack } from '#client/bundler/stack-mapper.ts';
import type { CorePorts } from '#client/worker/ports.ts';
import { SharedStoreBudget } from './shared-store-budget.ts';
import { systemClock } from './system-ports.ts';

const DIGEST_BYTES = 16;
/** Frames of Daylight itself and of Node: nothing a user can act on. */
const RUNTIME_FRAME =
  /node:internal\/|\/client\/(api|worker|raylet|transport|host)\/|\/shared\/|\/node_modules\/daylight\//;

/** The ports of a realm on this thread. */
export function nodeRealmPorts(settings: {
  node: string;
  storeBudget: SharedArrayBuffer;
  randomSeed: number;
  job?: string;
}): CorePorts {
  const { node, storeBudget, randomSeed, job } = settings;
  return {
    clock: systemClock,
    wallClockMs: () => Date.now(),
    budget: new SharedStoreBudget(storeBudget),
    allocate: (sizeBytes) => new SharedArrayBuffer(sizeBytes),
    digest: (bytes) => createHash('sha256').update(bytes).digest().subarray(0, DIGEST_BYTES),
    mapStack: (stack, sourceMapOf) =>
      mapStack(stack, sourceMapOf, { isRuntimeFrame: (frame) => RUNTIME_FRAME.test(frame) }),
    node,
    randomSeed,
    ...(job === undefined ? {} : { job }),
  };
}
