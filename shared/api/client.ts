/**
 * A client of the API, for browsers and programs alike: routes by name, with the types of what goes in and out. How a request is
 * sent is the caller's business.
 */
import {
  API_PATH,
  type Answer,
  type Body,
  type Params,
  type Query,
  type Route,
  type RouteName,
  ROUTES,
} from './routes.ts';
import type { Problem } from './schemas.ts';

/** A request as it goes out. */
export interface ApiRequest {
  readonly method: Route['method'];
  /** Path with the query, from the root of the server. */
  readonly path: string;
  /** JSON text, or undefined. */
  readonly body: string | undefined;
}

/** What came back. */
export interface ApiResponse {
  readonly status: number;
  json(): Promise<unknown>;
  bytes(): Promise<Uint8Array>;
}

/** The server refused or failed. */
export class ApiFailure extends Error {
  readonly status: number;
  /** For programs: `not-found`, `bad-query`, `problems` … */
  readonly code: string;
  /** Of a source that was refused. */
  readonly problems: readonly Problem[];

  constructor(status: number, code: string, message: string, problems: readonly Problem[]) {
    super(message);
    this.name = 'ApiFailure';
    this.status = status;
    this.code = code;
    this.problems = problems;
  }
}

/** What a call takes: path parameters, query and body, each where the route has it. */
export interface CallInput<N extends RouteName> {
  readonly params?: Params<N>;
  readonly query?: Partial<Query<N>>;
  readonly body?: Body<N>;
}

/** Calls routes. */
export class ApiClient {
  readonly #send: (request: ApiRequest) => Promise<ApiResponse>;

  constructor(send: (request: ApiRequest) => Promise<ApiResponse>) {
    this.#send = send;
  }

  /** Rejects with {@link ApiFailure} for every status but 2xx, and with whatever sending rejects with. */
  async call<N extends RouteName>(name: N, { params, query, body }: CallInput<N> = {}): Promise<Answer<N>> {
    const route: Route = ROUTES[name];
    const response = await this.#send({
      method: route.method,
      path: `${API_PATH}${fill(route.path, params ?? {})}${queryText(query ?? {})}`,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (response.status < 200 || response.status > 299) throw await failureOf(response);
    // The server checks what it sends against the same schema in its tests.
    return (typeof route.answer === 'string' ? await response.bytes() : await response.json()) as Answer<N>;
  }
}

/** A path with its parameters filled in. */
export function fill(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new TypeError(`${path} needs "${name}"`);
    return encodeURIComponent(value);
  });
}

function queryText(query: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

interface ErrorAnswer {
  readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly problems?: readonly Problem[] };
}

async function failureOf(response: ApiResponse): Promise<ApiFailure> {
  const { status } = response;
  const told = (await response.json().catch(() => undefined)) as ErrorAnswer | undefined;
  // A proxy may have answered: then the status has to do.
  const { code, message, problems = [] } = told?.error ?? {};
  return new ApiFailure(
    status,
    typeof code === 'string' ? code : 'unknown',
    typeof message === 'string' ? message : `the server answered ${status}`,
    problems,
  );
}
