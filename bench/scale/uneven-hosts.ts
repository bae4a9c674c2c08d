// Hosts of which some are slow, and tasks that differ: what makes sharing and tails worth measuring.
import type { Random } from '#shared/ports/random.ts';
import type { ScaleNodeKind } from './scale-cluster.ts';

export const HOST_CPUS = 4;
const RUN_MS = 50;
/** Every so many hosts is a slow one, … */
const SLOW_EVERY = 20;
/** … on which tasks take so many times as long. */
const SLOWNESS = 4;

export function unevenHosts(count: number): ScaleNodeKind[] {
  return Array.from({ length: count }, (_, n) => ({
    name: `host${n}`,
    cpus: HOST_CPUS,
    slowness: n % SLOW_EVERY === SLOW_EVERY - 1 ? SLOWNESS : 1,
  }));
}

/** How long tasks take on a host that is not slow. */
export function unevenRunMs(random: Random): () => number {
  return () => RUN_MS * (0.5 + random.next());
}

/** The same in words. */
export function describeHosts(count: number): string {
  return `${count} nodes with ${HOST_CPUS} CPUs, every ${SLOW_EVERY}th ${SLOWNESS} × slower, tasks of ${RUN_MS / 2} to ${RUN_MS * 1.5} ms`;
}
