/**
 * What a person means by "the nodes" and "the jobs". The server lists every session there ever was, those of drivers too, and a job
 * for each object that a terminal put or fetched: after a day's work these are nearly all there is. They are shown to who asks.
 */
import type { ApiClient } from '#shared/api/client.ts';
import type { Query } from '#shared/api/routes.ts';
import type { Job } from '#shared/api/schemas.ts';
import { rowsOf, type Row } from './cluster-api.ts';

/**
 * Filters for nodes that lend and are not gone. The API's filters know no "or" and no "not"; of the roles (host, tab, driver) and
 * the states (connected, disconnected, dead) these patterns are like exactly those that are meant.
 */
export const LENDING_ROLES = '*t*';
/** See {@link LENDING_ROLES}. */
export const LIVING_STATES = '*connected';

/** What a job of `daylight put` or `daylight get` is for: by this it is known again. */
export const ERRAND_PURPOSE = 'an object for a terminal (daylight put, daylight get)';

/** True for a job that stands for `daylight put` or `daylight get` alone. Such a job never has tasks. */
export function isErrand({ kind, purpose, submitted }: Pick<Job, 'kind' | 'purpose' | 'submitted'>): boolean {
  return kind === 'driver' && submitted === 0 && purpose === ERRAND_PURPOSE;
}

/** Jobs that are no errands, at most `limit`; `next` is there if there are more. */
export async function everydayJobs(
  api: ApiClient,
  { query = {}, limit }: { readonly query?: Partial<Query<'listJobs'>>; readonly limit: number },
): Promise<{ items: Row<'listJobs'>[]; next: string | null }> {
  const items: Row<'listJobs'>[] = [];
  // Pages somewhat larger than what is wanted: most often one is enough.
  for await (const job of rowsOf(api, 'listJobs', { query, pageRows: 2 * limit + 10 })) {
    if (isErrand(job)) continue;
    if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
    items.push(job);
  }
  return { items, next: null };
}
