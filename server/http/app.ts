/**
 * The HTTP side of the server: the API, health, metrics and the status page.
 */
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { ControlPlane, ServerLogger } from '../control-plane.ts';
import type { Tokens } from '../gateway/tokens.ts';
import { apiRouter } from './api.ts';
import { isOperator, operatorsOnly, tokenLinks } from './authorize.ts';
import type { Metrics } from './metrics.ts';
import { ApiError } from './paging.ts';
import { PAGE_SCRIPT, PAGE_STYLE, statusPage, strangerPage } from './status-page.ts';

const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Makes the application. `metrics` may be asked for only after the gateway is there. */
export function createApp(plane: ControlPlane, tokens: Tokens, metrics: () => Metrics, logger: ServerLogger): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.set(SECURITY_HEADERS);
    next();
  });
  app.get('/healthz', (_request, response) => {
    const failing = plane.commits.failing;
    response.status(failing ? 503 : 200).json({ status: failing ? 'storage-failing' : 'ok' });
  });
  app.use(tokenLinks(tokens));
  app.get('/style.css', (_request, response) => void response.type('css').send(PAGE_STYLE));
  app.get('/script.js', (_request, response) => void response.type('js').send(PAGE_SCRIPT));
  app.get('/', (request, response) => {
    const known = isOperator(request, tokens);
    response
      .status(known ? 200 : 401)
      .set('Cache-Control', 'no-store')
      .type('html')
      .send(known ? statusPage() : strangerPage());
  });
  app.get('/metrics', operatorsOnly(tokens), async (_request, response) => {
    const { registry } = metrics();
    response.set('Content-Type', registry.contentType).send(await registry.metrics());
  });
  app.use(
    '/api/v1',
    operatorsOnly(tokens),
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
