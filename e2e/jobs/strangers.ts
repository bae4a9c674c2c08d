// What a public cluster's strangers may and may not do.

import { get, remote } from 'daylight';

export const where = remote(async () => {
  const { context } = await import('daylight');
  return context().node;
});

/** Who ran a task that trusts its `trust`. */
export default async function main({ trust, tasks = 5 }: { trust: 'own' | 'unchecked' | 'spot'; tasks?: number }) {
  const run = where.options({ trust: trust as 'own' });
  return { nodes: [...new Set(await get(Array.from({ length: tasks }, () => run.remote())))] };
}
