// Hosts of which some are slow, and tasks that differ: what makes sharing and tails worth measuring.
import type { Random } from '#shared/ports/random.ts';
import type { ScaleNodeKind } from './scale-cluster.ts';

export const HOST_CPUS = 4;
const RUN_MS = 50;
/** Every so many hosts is a slow one, … */
const SLOW_EVERY = 20;
/** … on which tasks take so many times as long. */
const SLOWNESS = 4;

export function unevenHosts(count: number, slowness = SLOWNESS): ScaleNodeKind[] {
  return Array.from({ length: count }, (_, n) => ({
    name: `host${n}`,
    cpus: HOST_CPUS,
    slowness: n % SLOW_EVERY === SLOW_EVERY - 1 ? slowness : 1,
  }));
}

/** How long tasks take on a host that is not slow. */
export function unevenRunMs(random: Random, runMs = RUN_MS): () => number {
  return () => runMs * (0.5 + random.next());
}

/** The same in words. */
export function describeHosts(count: number, slowness = SLOWNESS, runMs = RUN_MS): string {
  return `${count} nodes with ${HOST_CPUS} CPUs, every ${SLOW_EVERY}th ${slowness} × slower, tasks of ${runMs / 2} to ${runMs * 1.5} ms`;
}
