/**
 * What an object was made of: its task's inputs, theirs, and so on, as far back as tasks are remembered.
 */
import type { Lineage } from '#shared/api/schemas.ts';
import { formatObjectKey, type ObjectKey } from '#shared/ids/object-key.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import type { ObjectRecord, TaskRecord } from '../../gcs/entities.ts';
import type { Gcs } from '../../gcs/gcs.ts';

/** More is a picture of nothing. */
export const MAX_LINEAGE_NODES = 200;

/** Breadth first: what is nearest is shown. */
export function lineageOf({ state, objects }: Pick<Gcs, 'state' | 'objects'>, start: ObjectRecord): Lineage {
  const nodes: Lineage['nodes'] = [];
  const edges: Lineage['edges'] = [];
  const met = new Set<ObjectKey>([start.key]);
  let isCut = false;
  // What is added meanwhile is met as well.
  for (const key of met) {
    const object = state.objects.get(key);
    const maker = object ? objects.makerOf(object) : state.tasks.get(key);
    const isPut = object !== undefined && object.maker !== -1;
    nodes.push({
      id: formatObjectKey(key),
      fn: isPut || !maker ? null : maker.fn.name,
      status: object?.status ?? 'freed',
      isRebuildable: maker !== undefined && mayRunAgain(maker),
    });
    // The task that made it is over and forgotten.
    if (!maker && !isPut) isCut = true;
    for (const input of new Set(maker?.deps.map((each) => state.resolve(each)))) {
      if (!met.has(input) && met.size === MAX_LINEAGE_NODES) {
        isCut = true;
        continue;
      }
      met.add(input);
      edges.push({ from: formatObjectKey(input), to: formatObjectKey(key) });
    }
  }
  return { nodes, edges, isCut };
}

/** As rule L4 has it: what an actor did cannot be done again. */
function mayRunAgain({ actor, fn, job }: TaskRecord): boolean {
  return actor === 0 && fn.kind !== FUNCTION_KIND.actor && job.status === 'running';
}
