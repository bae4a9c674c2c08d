/**
 * The routes of `/api/v1` as requests reach them: who may, what the request says, the handler's answer, errors. What a handler
 * gets has been checked against the route's schemas.
 */
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import {
  type Answer,
  type Body,
  type Params,
  type Query,
  type Route,
  type RouteName,
  ROUTES,
} from '#shared/api/routes.ts';
import type { ServerLogger } from '../control-plane.ts';
import { ApiError, errorAnswerOf } from './api-error.ts';
import { type Caller, checkRole, type Doorkeeper } from './authorize.ts';
import { type BytesAnswer, sendBytes } from './bytes-answer.ts';
import { checkedBody, checkedQuery } from './route-input.ts';

/** One request of a route. */
export interface Call<N extends RouteName> {
  readonly params: Params<N>;
  readonly query: Query<N>;
  readonly body: Body<N>;
  /** Undefined for a stranger, who reaches only what is open to anybody. */
  readonly caller: Caller | undefined;
  readonly request: Request;
  readonly response: Response;
}

/** What a handler answers with: what the route says, or bytes with their type. */
export type Reply<N extends RouteName> = Answer<N> extends Uint8Array ? BytesAnswer : Answer<N>;

/** Answers a route. */
export type Handler<N extends RouteName> = (call: Call<N>) => Reply<N> | Promise<Reply<N>>;

/** One for each route. */
export type Handlers = { readonly [N in RouteName]: Handler<N> };

const KB = 1024;
const MB = KB * KB;
/** Bytes of a body, by route: JSON may need several for one character. */
const BODY_BYTES: { readonly [N in RouteName]?: number } = {
  submitJob: 96 * MB,
  checkSource: 12 * MB,
  rerunJob: 16 * MB,
};
const USUAL_BODY_BYTES = 16 * KB;

/** The routes, to be mounted where the API lives. */
export function apiRouter(handlers: Handlers, door: Doorkeeper, logger: ServerLogger): Router {
  const router = Router({ strict: true });
  router.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  for (const name of Object.keys(ROUTES) as RouteName[]) mount(router, name, handlers[name], door);
  for (const path of new Set(Object.values(ROUTES).map((route) => expressPath(route.path))))
    router.all(path, otherMethod(path));
  router.use(() => {
    throw new ApiError(404, 'not-found', 'there is no such route: see /api/v1/openapi.json');
  });
  router.use(errorAnswers(logger));
  return router;
}

function mount<N extends RouteName>(router: Router, name: N, handler: Handler<N>, door: Doorkeeper): void {
  const route: Route = ROUTES[name];
  const callers = new WeakMap<Request, Caller>();
  const method = route.method === 'GET' ? 'get' : route.method === 'POST' ? 'post' : 'delete';
  router[method](
    expressPath(route.path),
    (request, _response, next) => {
      const caller = door.callerOf(request);
      if (route.role !== 'anybody') checkRole(caller, route.role);
      if (route.method !== 'GET') door.checkIntent(request, caller);
      if (caller) callers.set(request, caller);
      next();
    },
    // After that: nobody else's body is read.
    ...(route.body ? [express.json({ limit: BODY_BYTES[name] ?? USUAL_BODY_BYTES, strict: false })] : []),
    async (request: Request, response: Response) => {
      const query = checkedQuery(route.query, request.query);
      const body = checkedBody(route.body, request.body);
      // Path, query and body have just been checked against what their types are made of.
      const input = { params: request.params, query, body } as unknown as Pick<Call<N>, 'params' | 'query' | 'body'>;
      const reply: unknown = await handler({ ...input, caller: callers.get(request), request, response });
      if (typeof route.answer === 'string') await sendBytes(response, reply as BytesAnswer);
      else response.json(reply);
    },
  );
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function otherMethod(path: string): RequestHandler {
  const methods = Object.values(ROUTES)
    .filter((route) => expressPath(route.path) === path)
    .map(({ method }) => method);
  return (_request, response) => {
    response.set('Allow', methods.join(', '));
    throw new ApiError(405, 'method', `this takes ${methods.join(' and ')}`);
  };
}

/** Says what went wrong in the form of the API. */
export function errorAnswers(logger: ServerLogger): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const answer = errorAnswerOf(error);
    if (response.headersSent) {
      response.destroy();
    } else if (answer) {
      if (answer.status === 401) response.set('WWW-Authenticate', 'Bearer');
      response.status(answer.status).json(answer.body);
    } else {
      logger.error(`a request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      const message = 'the server could not answer; its log says why';
      response.status(500).json({ error: { code: 'internal', message } });
    }
  };
}
