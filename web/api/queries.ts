/**
 * Routes of the API as queries of TanStack Query: one key for each route, parameters and query, so that whoever shows the same
 * thing shares one answer. How an answer is kept fresh is a property of the route.
 */
import { infiniteQueryOptions, queryOptions, type QueryKey } from '@tanstack/react-query';
import type { CallInput } from '#shared/api/client.ts';
import type { Answer, Query, RouteName } from '#shared/api/routes.ts';
import { api } from './browser-client.ts';

/** Routes that answer with a page of rows. */
export type ListName = {
  [N in RouteName]: Answer<N> extends { readonly items: readonly unknown[]; readonly next: string | null } ? N : never;
}[RouteName];
/** A row of such a list. */
export type RowOf<N extends ListName> =
  Answer<N> extends { readonly items: readonly (infer T extends object)[] } ? T : never;

/** Kept up to date by the live channel; asked for again only while that is gone. */
const LIVE: ReadonlySet<string> = new Set<RouteName>([
  'getCluster',
  'listJobs',
  'listNodes',
  'getJob',
  'getNode',
  'getJobFunctions',
  'listArtefacts',
]);
/** Asked for once: they do not change, or only by what the page itself does. */
const STILL: ReadonlySet<string> = new Set<RouteName>([
  'me',
  'listExamples',
  'getJobSource',
  'getJobResult',
  'checkSource',
]);
const POLL_MS = 4000;
/** A long list that somebody pages through is not loaded again under their eyes. */
const MAX_POLLED_PAGES = 3;

/** Key of a query in the cache. */
export function keyOf<N extends RouteName>(name: N, { params, query, body }: CallInput<N> = {}): QueryKey {
  return body === undefined ? [name, params ?? {}, query ?? {}] : [name, params ?? {}, query ?? {}, body];
}

/** Time until a query is asked again; false for never. */
export function pollingOf(key: QueryKey, isLive: boolean, pages = 1): number | false {
  const [name, , query] = key;
  if (typeof name !== 'string' || STILL.has(name)) return false;
  // The live channel tells rows, not which of them a filter lets through.
  if (LIVE.has(name) && isLive && !isFiltered(query)) return false;
  return pages > MAX_POLLED_PAGES ? false : POLL_MS;
}

/** Whether a list is asked for with a filter or an order of its own. */
export function isFiltered(query: unknown): boolean {
  if (typeof query !== 'object' || query === null) return false;
  return Object.entries(query).some(([field, value]) => field !== 'limit' && value !== undefined);
}

/** One answer. */
export function ask<N extends RouteName>(name: N, input: CallInput<N> = {}) {
  return queryOptions<Answer<N>>({
    queryKey: keyOf(name, input),
    queryFn: () => api.call(name, input),
    staleTime: STILL.has(name) ? Infinity : 0,
  });
}

/** A list, page by page. */
export function askPages<N extends ListName>(name: N, input: CallInput<N> = {}) {
  return infiniteQueryOptions({
    queryKey: keyOf(name, input),
    queryFn: ({ pageParam }) => {
      const query =
        pageParam === undefined ? input.query : ({ ...input.query, after: pageParam } as unknown as Partial<Query<N>>);
      return api.call(name, query === undefined ? input : { ...input, query }) as Promise<ListPage<RowOf<N>>>;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: ListPage<RowOf<N>>) => page.next ?? undefined,
  });
}

/** A page of rows. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
