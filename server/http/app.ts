/**
 * The HTTP side of the server: the API, health, metrics and the pages.
 */
import express, { type Express, type Request } from 'express';
import type { Example } from '#shared/api/schemas.ts';
import type { ControlPlane, ServerLogger } from '../control-plane.ts';
import type { Tokens } from '../gateway/tokens.ts';
import type { LeaveNotice } from '../gcs/session-manager.ts';
import type { JobDownloads } from '../jobs/job-downloads.ts';
import type { JobServicePort } from '../jobs/job-service-port.ts';
import type { Measurements } from '../metrics/measurements.ts';
import { apiHandlers } from './api/handlers.ts';
import { ApiError } from './api-error.ts';
import { apiRouter, errorAnswers } from './api-router.ts';
import { type Doorkeeper, only, tokenLinks } from './authorize.ts';
import { donateLinkAt } from './donate-link.ts';
import { qrCode } from './donate-qr.ts';
import { donateRouter, guardNames } from './donate-routes.ts';
import type { Metrics } from './metrics.ts';
import { lostPeople, pageRouter } from './pages.ts';
import { COMMON_HEADERS } from './policies.ts';
import type { Site } from './site.ts';
import type { WebFiles } from './web-files.ts';

/** What the application serves. */
export interface AppParts {
  readonly plane: ControlPlane;
  readonly tokens: Tokens;
  readonly door: Doorkeeper;
  readonly site: Site;
  readonly files: WebFiles;
  readonly measurements: Measurements;
  /** Whether a node may join without the key. */
  readonly isPublic: boolean;
  /** Version of the server. */
  readonly version: string;
  /** Undefined as long as the gateway is not there. */
  readonly metrics: () => Metrics | undefined;
  /** Submitted jobs, once their service has started. */
  readonly jobs?: () => JobServicePort | undefined;
  /** What jobs left, to be taken home. */
  readonly downloads: JobDownloads;
  /** Jobs to begin with. */
  readonly examples?: readonly Example[];
  readonly logger: ServerLogger;
}

/** Makes the application. */
export function createApp(parts: AppParts): Express {
  const { plane, tokens, door, site, files, isPublic, metrics, logger } = parts;
  const app = express();
  app.disable('x-powered-by');
  // Digests of answers that nobody keeps.
  app.disable('etag');
  app.use((_request, response, next) => {
    response.set(COMMON_HEADERS);
    next();
  });
  app.use(guardNames(site));
  app.get('/healthz', (_request, response) => {
    const failing = plane.commits.failing;
    response.status(failing ? 503 : 200).json({ status: failing ? 'storage-failing' : 'ok' });
  });
  const tabLeaves = (notice: LeaveNotice): void =>
    plane.step((gcs) => {
      gcs.sessions.leaveNotice(notice);
      gcs.settle();
    });
  app.use(donateRouter({ site, files, isPublic, tabLeaves }));
  app.use(tokenLinks(door));
  app.use(pageRouter(site, files));
  const joinUrl = (request: Request): string => donateLinkAt(site, request, tokens.join);
  app.get('/donate-qr.svg', only(door, 'operator'), (request, response) => {
    response
      .set('Cache-Control', 'no-store')
      .type('svg')
      .send(qrCode(isPublic ? donateLinkAt(site, request, '') : joinUrl(request)));
  });
  app.get('/metrics', only(door, 'viewer'), async (_request, response) => {
    const registry = metrics()?.registry;
    if (!registry) throw new ApiError(503, 'starting', 'this server has only just begun to listen: ask again');
    response.set('Content-Type', registry.contentType).send(await registry.metrics());
  });
  const { jobs = () => undefined, downloads, examples = [], measurements, version } = parts;
  const handlers = apiHandlers({ plane, door, measurements, jobs, downloads, examples, isPublic, version, joinUrl });
  app.use('/api/v1', apiRouter(handlers, door, logger));
  app.use(lostPeople(site, files));
  app.use(() => {
    throw new ApiError(404, 'not-found', 'there is nothing here');
  });
  app.use(errorAnswers(logger));
  return app;
}
