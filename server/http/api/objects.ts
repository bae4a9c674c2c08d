/**
 * Objects: who has and holds them, and what they were made of.
 */
import { found } from '../api-error.ts';
import type { Handlers } from '../api-router.ts';
import { rowOf } from '../columns.ts';
import { listQueryOf, pageOf } from '../lists.ts';
import { objectColumns } from '../views.ts';
import { lineageOf } from './lineage.ts';
import { type ApiParts, keyedTable, keyOf, turnsFor } from './parts.ts';

/** The handlers. */
export function objectHandlers(parts: ApiParts): Pick<Handlers, 'listObjects' | 'getObject' | 'getLineage'> {
  const { gcs } = parts.plane;
  const columns = objectColumns(gcs.objects);
  return {
    listObjects: ({ query }) =>
      pageOf(keyedTable(gcs.state.objects), columns, listQueryOf(query, columns), turnsFor(parts)),
    getObject: ({ params }) => rowOf(columns, found(gcs.state.object(keyOf(params.id)), 'object')),
    getLineage: ({ params }) => lineageOf(gcs, found(gcs.state.object(keyOf(params.id)), 'object')),
  };
}
