/**
 * Who asks: an operator, who may do everything, a viewer, who may look, or a stranger. Programs send a token with every request.
 * A browser shows its token once, at the login or by a link with `?token=`, and gets a cookie, which is no token: it says whom it
 * was given to until when, signed with a key that never leaves the server. So guessing is possible at tokens alone, whose length
 * makes it hopeless; whoever tries it too often is told to wait, and nobody else is.
 */
import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler, Response } from 'express';
import { addressOf } from '../gateway/stranger-door.ts';
import { sameToken, type Tokens } from '../gateway/tokens.ts';
import { AddressLimiter } from './address-limiter.ts';
import { ApiError } from './api-error.ts';
import type { Site } from './site.ts';

/** What somebody may do. */
export type Role = 'viewer' | 'operator';

/** Somebody who is known. */
export interface Caller {
  readonly role: Role;
  /** A browser sends a cookie along whoever made it ask; a token only a program that was given it. */
  readonly by: 'cookie' | 'token';
}

export const COOKIE_NAME = 'daylight_session';
/** Sent along with everything that changes something, by pages of this server alone: others may not set it. */
export const PAGE_HEADER = 'x-daylight';
const COOKIE_AGE_S = 30 * 24 * 3600;
/** Wrong tokens from one address per minute: typing errors, and a few programs with an old one. */
const WRONG_TOKENS_PER_MINUTE = 60;

/** What the doorkeeper looks at the clock for. */
export interface DoorClock {
  nowMs(): number;
  wallMs(): number;
}

/** Knows who asks. */
export class Doorkeeper {
  readonly #tokens: Tokens;
  readonly #site: Site;
  readonly #clock: DoorClock;
  readonly #wrongTokens = new AddressLimiter(WRONG_TOKENS_PER_MINUTE);

  constructor(tokens: Tokens, site: Site, clock: DoorClock) {
    this.#tokens = tokens;
    this.#site = site;
    this.#clock = clock;
  }

  /**
   * Who sent a request; undefined for a stranger. A token counts, also a wrong one, and not the cookie beside it.
   * @param token another place where the request may have one
   * @throws ApiError if it is wrong, as too many from there were lately
   */
  callerOf(request: IncomingMessage, token?: string): Caller | undefined {
    const given = token ?? /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const role = given === undefined ? this.#roleOfCookie(request) : this.roleOfToken(given, request);
    return role && { role, by: given === undefined ? 'cookie' : 'token' };
  }

  /** Whether a socket may listen: as {@link callerOf}, but nobody is told why not. */
  mayListen(request: IncomingMessage, token: string | undefined): boolean {
    try {
      return this.callerOf(request, token) !== undefined;
    } catch {
      return false;
    }
  }

  /** The role that a token gives; undefined for a wrong one, which is counted. @throws ApiError as {@link callerOf} */
  roleOfToken(token: string, request: IncomingMessage): Role | undefined {
    // Both are compared always: which one fits must not show.
    const views = sameToken(token, this.#tokens.viewer);
    if (sameToken(token, this.#tokens.operator)) return 'operator';
    if (views) return 'viewer';
    // Not before: a forgotten program with an old token, or anybody behind the same proxy, would lock out who has the right one.
    if (!this.#wrongTokens.allow(addressOf(request), this.#clock.nowMs()))
      throw new ApiError(429, 'too-many-attempts', 'too many wrong tokens came from your address: wait a minute');
    return undefined;
  }

  /** Whether a request that changes something was meant by whoever sent it. @throws ApiError */
  checkIntent(request: IncomingMessage, caller: Caller | undefined): void {
    if (!this.#site.allowsOrigin(request))
      throw new ApiError(403, 'origin', 'a page of another site may not change anything here');
    if (caller?.by !== 'cookie') return;
    // `SameSite` does not tell pages of the same host at another port from ours.
    if (request.headers.origin === undefined || request.headers[PAGE_HEADER] !== '1')
      throw new ApiError(
        403,
        'origin',
        `with a cookie, only pages of this server that send "${PAGE_HEADER}: 1" may change anything`,
      );
  }

  /** Logs a browser in. */
  setCookie(request: IncomingMessage, response: Response, role: Role): void {
    const untilS = Math.floor(this.#clock.wallMs() / 1000) + COOKIE_AGE_S;
    this.#writeCookie(request, response, `${role}.${untilS}.${this.#sign(role, untilS)}`, COOKIE_AGE_S);
  }

  /** Logs it out. */
  clearCookie(request: IncomingMessage, response: Response): void {
    this.#writeCookie(request, response, '', 0);
  }

  #writeCookie(request: IncomingMessage, response: Response, value: string, ageS: number): void {
    const secure = this.#site.addressOf(request)?.scheme === 'https' ? '; Secure' : '';
    response.setHeader(
      'Set-Cookie',
      `${COOKIE_NAME}=${value}; Path=/; Max-Age=${ageS}; HttpOnly; SameSite=Strict${secure}`,
    );
  }

  #roleOfCookie(request: IncomingMessage): Role | undefined {
    const [role, until = '', signature = ''] = cookieOf(request)?.split('.') ?? [];
    if (role !== 'operator' && role !== 'viewer') return undefined;
    const untilS = Number(until);
    if (!Number.isSafeInteger(untilS) || untilS * 1000 < this.#clock.wallMs()) return undefined;
    return sameToken(signature, this.#sign(role, untilS)) ? role : undefined;
  }

  /** With the token in it: another token makes all cookies void. */
  #sign(role: Role, untilS: number): string {
    const { cookieKey } = this.#tokens;
    return createHmac('sha256', cookieKey).update(`${role}\n${untilS}\n${this.#tokens[role]}`).digest('base64url');
  }
}

/** Exchanges `?token=` for a cookie and leads to the same page without it, so that it does not stay in the address bar. */
export function tokenLinks(door: Doorkeeper): RequestHandler {
  return (request, response, next) => {
    const { token } = request.query;
    const role = request.method === 'GET' && typeof token === 'string' ? door.roleOfToken(token, request) : undefined;
    if (!role) {
      next();
      return;
    }
    door.setCookie(request, response, role);
    // From the path alone and with one slash: a link cannot lead to another site.
    const path = request.path.replace(/^\/+/, '/');
    const query = new URLSearchParams(request.originalUrl.split('?')[1]);
    query.delete('token');
    response.redirect(303, query.size > 0 ? `${path}?${query.toString()}` : path);
  };
}

/** Refuses whoever may not do what needs this role. @throws ApiError */
export function checkRole(caller: Caller | undefined, needed: Role): void {
  if (!caller)
    throw new ApiError(
      401,
      'authentication',
      'this needs a token: open the link that the server printed, log in, or send it as "Authorization: Bearer …"',
    );
  if (needed === 'operator' && caller.role === 'viewer')
    throw new ApiError(403, 'viewer', 'who has the viewer token may only look: this needs the operator token');
}

/** The same for a route outside the API. */
export function only(door: Doorkeeper, needed: Role): RequestHandler {
  return (request, _response, next) => {
    checkRole(door.callerOf(request), needed);
    next();
  };
}

function cookieOf(request: IncomingMessage): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=');
    if (name === COOKIE_NAME && value !== undefined) return value;
  }
  return undefined;
}
