/**
 * What anybody gets without a key: the donate page with its scripts, the sandbox document, what a page must know before it
 * starts, and the word of a tab that closes.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import type { DonateInfo } from '#shared/protocol/donate-info.ts';
import { PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import { addressBehind } from '../gateway/stranger-door.ts';
import type { LeaveNotice } from '../gcs/session-manager.ts';
import { AddressLimiter } from './address-limiter.ts';
import { isIpv6, isLoopbackName } from './host-name.ts';
import { donatePolicy, sandboxHeaders } from './policies.ts';
import { newNonce, sandboxDocument } from './sandbox-document.ts';
import { type Address, originOf, type Site } from './site.ts';
import type { WebFile, WebFiles } from './web-files.ts';

/** What the routes need of the server. */
export interface DonateDoor {
  readonly site: Site;
  readonly files: WebFiles;
  /** Whether a node may join without the key. */
  readonly isPublic: boolean;
  /** A tab says that it closes. It may be wrong or lie: it has given no key, and proves itself by its node id alone. */
  readonly tabLeaves: (notice: LeaveNotice) => void;
}

const compress = promisify(gzip);
const YEAR_S = 365 * 24 * 3600;
const MAX_NOTICE_BYTES = 1024;
/** Tabs behind one network address close more rarely; what is passed over is found out a little later. */
const NOTICES_PER_MINUTE = 120;
const NOT_BUILT =
  'The pages for browsers are not built on this server: run "npm run build:web" where it was installed from.';
const NO_ADDRESS = 'The server cannot tell under which address it was asked: the Host header is no name of a host.';
const NO_IPV6 = 'Open this page by the name of the server: its sandbox cannot be confined to a numeric IPv6 address.';

/**
 * Refuses requests to names that are none, and everything but the sandbox document on names that are there for it alone.
 * Comes before all other routes.
 */
export function guardNames(site: Site): RequestHandler {
  return (request, response, next) => {
    // Probes of HTTP/1.0 name no host.
    if (request.path === '/healthz' && request.headers.host === undefined) {
      next();
      return;
    }
    const address = site.addressOf(request);
    if (!address) sendText(response, 400, NO_ADDRESS);
    else if (site.isSandboxName(address.host.name) && request.path !== '/sandbox')
      sendText(response, 404, 'There is nothing here.');
    else next();
  };
}

/** The routes. {@link guardNames} has been before. */
export function donateRouter({ site, files, isPublic, tabLeaves }: DonateDoor): Router {
  const router = express.Router({ strict: true });
  const askedAt = (request: Request): Address => {
    const address = site.addressOf(request);
    if (!address) throw new Error('a request to no name passed the guard');
    return address;
  };

  router.get('/donate/', (_request, response) => response.redirect(308, '/donate'));
  router.get('/donate', (request, response) => {
    const page = askedAt(request);
    response.set('Cache-Control', 'no-store');
    if (isIpv6(page.host.name)) {
      const { scheme, host } = page;
      if (!isLoopbackName(host.name)) sendText(response, 400, NO_IPV6);
      else response.redirect(307, `${originOf({ scheme, host: { name: 'localhost', port: host.port } })}/donate`);
      return;
    }
    const build = files.current();
    if (!build) return sendText(response, 503, NOT_BUILT);
    response.set('Content-Security-Policy', donatePolicy(site, page));
    sendFile(request, response, build.donatePage);
  });
  router.get('/donate/info', (request, response) => {
    const info: DonateInfo = {
      isPublic,
      protocolVersion: PROTOCOL_VERSION,
      sandboxUrl: site.sandboxUrlFor(askedAt(request)),
    };
    response.set('Cache-Control', 'no-store').json(info);
  });
  router.get('/assets/:name', (request, response, next) => {
    const build = files.current();
    if (!build) return sendText(response, 503, NOT_BUILT);
    const file = build.assets.get(String(request.params.name));
    if (!file) return next();
    response.set('Content-Security-Policy', donatePolicy(site, askedAt(request)));
    // Its name has a digest of it: under this name it never changes.
    response.set('Cache-Control', `public, max-age=${YEAR_S}, immutable`);
    sendFile(request, response, file);
  });
  router.get('/sandbox', async (request, response) => {
    const build = files.current();
    if (!build) return sendText(response, 503, NOT_BUILT);
    const nonce = newNonce();
    const body = Buffer.from(sandboxDocument(build, nonce), 'utf8');
    response.set(sandboxHeaders(site, askedAt(request), nonce));
    // Another one for every response, so it is compressed on a thread and not here.
    const gzipped = request.acceptsEncodings('gzip') ? await compress(body) : undefined;
    sendFile(request, response, { type: 'text/html; charset=utf-8', body, gzipped });
  });
  router.post('/donate/leave', ...leaveHandlers(site, tabLeaves));
  return router;
}

/** A closing tab can read no answer, so there is but one. */
function leaveHandlers(
  site: Site,
  tabLeaves: DonateDoor['tabLeaves'],
): [RequestHandler, RequestHandler, RequestHandler, ErrorRequestHandler] {
  const limiter = new AddressLimiter(NOTICES_PER_MINUTE);
  const done = (response: Response): void => void response.status(204).end();
  return [
    (request, response, next) => {
      const { headers, socket } = request;
      const sender = addressBehind(socket.remoteAddress ?? '', headers['x-forwarded-for']?.toString());
      const may = limiter.allow(sender, performance.now());
      if (may && site.allowsOrigin(request)) next();
      else done(response);
    },
    express.text({ type: () => true, limit: MAX_NOTICE_BYTES }),
    (request, response) => {
      const notice = parseNotice(request.body);
      if (notice) tabLeaves(notice);
      done(response);
    },
    (_error: unknown, _request, response, _next) => done(response),
  ];
}

function parseNotice(body: unknown): LeaveNotice | undefined {
  if (typeof body !== 'string') return undefined;
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof given !== 'object' || given === null) return undefined;
  const [session, epoch, nodeId] = ['session', 'epoch', 'nodeId'].map((name): unknown => Reflect.get(given, name));
  if (!isCount(session) || !isCount(epoch)) return undefined;
  return typeof nodeId === 'string' && /^[0-9a-f]{1,64}$/.test(nodeId) ? { session, epoch, nodeId } : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function sendText(response: Response, status: number, text: string): void {
  response.status(status).set('Cache-Control', 'no-store').type('text').send(`${text}\n`);
}

/** Sends a file of the build, compressed where that is understood. */
export function sendFile(request: Request, response: Response, { type, body, gzipped }: WebFile): void {
  response.set('Content-Type', type);
  if (gzipped) response.vary('Accept-Encoding');
  if (!gzipped || !request.acceptsEncodings('gzip')) return void response.send(body);
  response.set('Content-Encoding', 'gzip').send(gzipped);
}
