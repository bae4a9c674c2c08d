/**
 * The HTTP side of the server: the API, health, metrics and the status page.
 */
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import type { ControlPlane, ServerLogger } from '../control-plane.ts';
import type { Tokens } from '../gateway/tokens.ts';
import type { LeaveNotice } from '../gcs/session-manager.ts';
import { apiRouter } from './api.ts';
import { isOperator, operatorsOnly, ownPagesOnly, tokenLinks } from './authorize.ts';
import { donateLinkAt } from './donate-link.ts';
import { qrCode } from './donate-qr.ts';
import { donateRouter, guardNames } from './donate-routes.ts';
import type { Metrics } from './metrics.ts';
import { ApiError } from './paging.ts';
import { COMMON_HEADERS } from './policies.ts';
import type { Site } from './site.ts';
import { PAGE_SCRIPT, PAGE_STYLE, statusPage, strangerPage } from './status-page.ts';
import type { WebFiles } from './web-files.ts';

/** What the application serves. */
export interface AppParts {
  readonly plane: ControlPlane;
  readonly tokens: Tokens;
  readonly site: Site;
  readonly files: WebFiles;
  /** Whether a node may join without the key. */
  readonly isPublic: boolean;
  /** Asked for only after the gateway is there. */
  readonly metrics: () => Metrics;
  readonly logger: ServerLogger;
}

/** Makes the application. */
export function createApp({ plane, tokens, site, files, isPublic, metrics, logger }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.set(COMMON_HEADERS);
    next();
  });
  app.use(guardNames(site));
  const linksFor = (request: Request): { donateUrl: string; openUrl: string } => {
    const link = (key: string): string => donateLinkAt(site, request, key);
    return { donateUrl: link(tokens.join), openUrl: link('') };
  };
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
  app.use(tokenLinks(tokens, site));
  app.get('/style.css', (_request, response) => void response.type('css').send(PAGE_STYLE));
  app.get('/script.js', (_request, response) => void response.type('js').send(PAGE_SCRIPT));
  app.get('/', (request, response) => {
    const known = isOperator(request, tokens);
    const page = known ? statusPage({ ...linksFor(request), isPublic }) : strangerPage(isPublic);
    response
      .status(known ? 200 : 401)
      .set('Cache-Control', 'no-store')
      .type('html')
      .send(page);
  });
  app.get('/donate-qr.svg', operatorsOnly(tokens), (request, response) => {
    const { donateUrl, openUrl } = linksFor(request);
    response
      .set('Cache-Control', 'no-store')
      .type('svg')
      .send(qrCode(isPublic ? openUrl : donateUrl));
  });
  app.get('/metrics', operatorsOnly(tokens), async (_request, response) => {
    const { registry } = metrics();
    response.set('Content-Type', registry.contentType).send(await registry.metrics());
  });
  app.use(
    '/api/v1',
    operatorsOnly(tokens),
    ownPagesOnly(site),
    (_request, response, next) => {
      response.set('Cache-Control', 'no-store');
      next();
    },
    apiRouter(plane),
  );
  app.use(
    (_request, response) =>
      void response.status(404).json({ error: { code: 'not-found', message: 'there is nothing here' } }),
  );
  app.use(errorAnswer(logger));
  return app;
}

function errorAnswer(logger: ServerLogger): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    if (error instanceof ApiError) {
      response.status(error.status).json({ error: { code: error.code, message: error.message } });
      return;
    }
    logger.error(`an API request failed: ${error instanceof Error ? error.message : String(error)}`);
    response
      .status(500)
      .json({ error: { code: 'internal', message: 'the server could not answer; its log says why' } });
  };
}
