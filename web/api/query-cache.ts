/**
 * The cache of what the API answered. What was refused is not asked again by itself, what failed is; whoever is not logged in
 * is told so once, for the whole page.
 */
import { MutationCache, QueryCache, QueryClient, type Query } from '@tanstack/react-query';
import { ApiFailure } from '#shared/api/client.ts';
import { pollingOf } from './queries.ts';

const MAX_RETRIES = 2;
const UNAUTHORIZED = 401;

/** What a cache needs to know. */
export interface CacheParts {
  /** Whether the live channel delivers. */
  readonly isLive: () => boolean;
  /** Nobody is logged in (any more). */
  readonly onLoggedOut: () => void;
}

/** Whether asking again may help. */
export function mayHelpToRetry(failures: number, error: unknown): boolean {
  if (error instanceof ApiFailure && error.status < 500) return false;
  return failures < MAX_RETRIES;
}

/** Makes the cache. */
export function createQueryCache({ isLive, onLoggedOut }: CacheParts): QueryClient {
  const onError = (error: unknown): void => {
    if (error instanceof ApiFailure && error.status === UNAUTHORIZED) onLoggedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        retry: mayHelpToRetry,
        refetchInterval: (query) => pollingOf(query.queryKey, isLive(), pagesOf(query)),
        refetchOnWindowFocus: true,
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}

function pagesOf(query: Pick<Query, 'state'>): number {
  const { data } = query.state as { readonly data?: unknown };
  const pages: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'pages') : undefined;
  return Array.isArray(pages) ? pages.length : 1;
}
