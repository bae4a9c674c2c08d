/**
 * When a tab takes nothing more from its workers (rules B1, T1). Our runtime in a worker stops long before: it counts what it
 * has submitted, and is told how much room the store has. Who goes on beyond these bounds would fill the memory of the page.
 */
import type { Raylet } from '#client/raylet/raylet.ts';

/** Two programs' worth of calls that have no result. */
const MAX_TASKS = 2_000_000;
/** Values in memory: some times the store's limit, for workers that were told of the same room at the same time. */
const MAX_STORE_BYTES = 2 ** 30;

/** Why this node can take no more; `undefined` if it can. */
export function excessOf(raylet: {
  readonly journal: Pick<Raylet['journal'], 'isFlooded'>;
  readonly store: { readonly room: { readonly memoryBytes: number } };
  tableSizes(): { tasks: number };
}): string | undefined {
  if (raylet.journal.isFlooded) return 'it went on while the server was far behind';
  if (raylet.store.room.memoryBytes > MAX_STORE_BYTES) return 'it went on while the store was full';
  return raylet.tableSizes().tasks > MAX_TASKS ? 'it submitted more than a node can hold' : undefined;
}
