/**
 * A handler for each route of the API, put together from one file per tag. The type says that none is missing.
 */
import type { Handlers } from '../api-router.ts';
import { clusterHandlers } from './cluster.ts';
import { jobHandlers } from './jobs.ts';
import { objectHandlers } from './objects.ts';
import type { ApiParts } from './parts.ts';
import { sessionHandlers } from './session.ts';
import { taskHandlers } from './tasks.ts';

/** All of them. */
export function apiHandlers(parts: ApiParts): Handlers {
  return {
    ...sessionHandlers(parts),
    ...jobHandlers(parts),
    ...clusterHandlers(parts),
    ...taskHandlers(parts),
    ...objectHandlers(parts),
  };
}
