/**
 * The dashboard: one page, which shows by its address what was asked for. Anybody gets it, and in it nothing of the cluster: what
 * it shows it asks the API for.
 */
import { type Request, type RequestHandler, Router } from 'express';
import { sendFile } from './donate-routes.ts';
import { DASHBOARD_FEATURES, dashboardPolicy } from './policies.ts';
import type { Site } from './site.ts';
import type { WebFiles } from './web-files.ts';

/** First parts of the addresses that the page knows. */
export const PAGES = ['jobs', 'nodes', 'tasks', 'actors', 'objects', 'submit', 'events', 'login'] as const;

const NOT_BUILT = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Daylight</title><link rel="icon" href="data:,"></head><body><h1>Daylight</h1><p>The server runs, but its pages were not built. Run <code>npm run build:web</code> where it was installed from, and load this page again.</p><p>The command line works without them: <code>daylight status</code>. So does the API: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p></body></html>
`;

/** The routes. */
export function pageRouter(site: Site, files: WebFiles): Router {
  const router = Router();
  const page = pageAnswer(site, files);
  router.get('/', page);
  for (const name of PAGES) router.get(`/${name}{/*rest}`, page);
  return router;
}

/** For whoever came to an address that nobody knows: the page, which says so and leads on. Programs get what is next. */
export function lostPeople(site: Site, files: WebFiles): RequestHandler {
  const page = pageAnswer(site, files);
  return (request, response, next) => {
    const isPerson = request.method === 'GET' && request.accepts(['json', 'html']) === 'html';
    if (!isPerson || !files.current()?.dashboardPage) return next();
    response.status(404);
    page(request, response, next);
  };
}

function pageAnswer(site: Site, files: WebFiles): RequestHandler {
  return (request, response) => {
    response.set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': policyFor(site, request),
      'Permissions-Policy': DASHBOARD_FEATURES,
    });
    const file = files.current()?.dashboardPage;
    if (file) sendFile(request, response, file);
    else response.status(503).type('html').send(NOT_BUILT);
  };
}

function policyFor(site: Site, request: Request): string {
  const address = site.addressOf(request);
  if (!address) throw new Error('a request to no name passed the guard');
  return dashboardPolicy(address);
}
