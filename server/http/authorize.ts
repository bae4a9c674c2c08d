/**
 * Who may use the API and the pages: whoever has the operator's token, in a header or in a cookie. A link with
 * `?token=` sets the cookie and leads to the same page without it, so the token does not stay in the address bar.
 */
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { sameToken, type Tokens } from '../gateway/tokens.ts';
import type { Site } from './site.ts';

const COOKIE = 'daylight_token';
const COOKIE_AGE_S = 30 * 24 * 3600;

/** Exchanges `?token=` for a cookie. */
export function tokenLinks(tokens: Tokens, site: Site): RequestHandler {
  return (request, response, next) => {
    const { token } = request.query;
    if (request.method !== 'GET' || typeof token !== 'string') {
      next();
      return;
    }
    if (!sameToken(token, tokens.operator)) {
      next();
      return;
    }
    const secure = site.addressOf(request)?.scheme === 'https' ? '; Secure' : '';
    response.setHeader(
      'Set-Cookie',
      `${COOKIE}=${token}; Path=/; Max-Age=${COOKIE_AGE_S}; HttpOnly; SameSite=Strict${secure}`,
    );
    // From the path alone and with one slash: a link cannot lead to another site.
    const path = request.path.replace(/^\/+/, '/');
    const query = new URLSearchParams(request.originalUrl.split('?')[1]);
    query.delete('token');
    response.redirect(303, query.size > 0 ? `${path}?${query.toString()}` : path);
  };
}

/** True if the request carries the operator's token. */
export function isOperator(request: Request, tokens: Tokens): boolean {
  const header = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const given = header ?? cookieOf(request);
  return given !== undefined && sameToken(given, tokens.operator);
}

/** Answers 401 to everybody else. */
export function operatorsOnly(tokens: Tokens): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    if (isOperator(request, tokens)) {
      next();
      return;
    }
    response
      .status(401)
      .set('WWW-Authenticate', 'Bearer')
      .json({
        error: {
          code: 'authentication',
          message:
            'this needs the operator token: open the URL that the server printed, or send it as "Authorization: Bearer …"',
        },
      });
  };
}

/**
 * Refuses what changes something if another site's page asks for it. Browsers send the cookie along with such a request when
 * that page is on the same host at another port, or on a neighbouring name: `SameSite` counts neither as another site.
 */
export function ownPagesOnly(site: Site): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    if (['GET', 'HEAD'].includes(request.method) || site.allowsOrigin(request)) {
      next();
      return;
    }
    response
      .status(403)
      .json({ error: { code: 'origin', message: 'a page of another site may not change anything here' } });
  };
}

function cookieOf(request: Request): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=');
    if (name === COOKIE && value !== undefined) return value;
  }
  return undefined;
}
