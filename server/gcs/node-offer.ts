/**
 * What a node offers: the resources it counts with in scheduling, and when it is no candidate at all.
 */
import { NodeResources } from '#shared/task/resources.ts';
import type { SessionRecord } from './entities.ts';

/** Amounts as they come in a `hello` or a `capacity` frame. */
export interface Amounts {
  readonly cpuMilli: number;
  readonly resources: readonly { readonly name: string; readonly milli: number }[];
}

/** The resources of these amounts, all free. */
export function offerOf({ cpuMilli, resources }: Amounts): NodeResources {
  return new NodeResources(cpuMilli, new Map(resources.map(({ name, milli }) => [name, milli])));
}

/** What a node offers that lends nothing: it gets no work, not even what asks for no CPU. */
export const NOTHING: Amounts = { cpuMilli: 0, resources: [] };

/** What a hello offers. A host may lend something else than CPUs; a tab without them is paused. */
export function firstOffer(hello: Amounts & { readonly role: SessionRecord['role'] }): Amounts {
  return hello.role === 'tab' && hello.cpuMilli === 0 ? NOTHING : hello;
}

/** True if there is anything to give work for. */
export function offersWork({ resources }: SessionRecord): boolean {
  if (resources.totalCpuMilli > 0) return true;
  for (const { totalMilli } of resources.custom()) if (totalMilli > 0) return true;
  return false;
}
