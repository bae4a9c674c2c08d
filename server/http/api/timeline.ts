/**
 * What a job ran where and when, for a picture of it.
 */
import type { Page, Span, Task } from '#shared/api/schemas.ts';
import type { JobRecord } from '../../gcs/entities.ts';
import { filterOf } from '../columns.ts';
import type { ApiParts } from './parts.ts';
import { taskPage } from './task-pages.ts';

const DEFAULT_SPANS = 1000;

/** Newest first, live tasks before those that are over. */
export async function timelinePage(
  parts: ApiParts,
  job: JobRecord,
  { limit = DEFAULT_SPANS, after }: { limit?: number; after?: string },
): Promise<Page<Span>> {
  const filters = [filterOf<Task>('job', String(job.id)), filterOf<Task>('startedAt', '*')];
  const { items, next } = await taskPage(parts, { limit, after, filters });
  return { items: items.map(spanOf), next };
}

function spanOf({ id, fn, node, state, startedAt, endedAt, runMs, error }: Task): Span {
  return { task: id, fn, node, state, startedAt, endedAt, runMs, error };
}
