/**
 * The API of a server as commands use it: requests over `fetch`, failures as errors that {@link explain} has words for, lists as
 * rows that come page by page.
 */
import { ApiClient, ApiFailure, type ApiRequest, type ApiResponse, type CallInput } from '#shared/api/client.ts';
import type { Answer, Query, RouteName } from '#shared/api/routes.ts';
import type { Page } from '#shared/api/schemas.ts';
import { AuthenticationError, ConnectionLostError, ProtocolError } from '#shared/errors/daylight-error.ts';
import type { Target } from './target.ts';

/** How long an answer may take to begin; what is submitted is bundled and checked first. */
const READ_LIMIT_MS = 15_000;
const WRITE_LIMIT_MS = 60_000;
const LARGEST_PAGE = 1000;
const UNAUTHORIZED = 401;

/** Routes that answer with pages of rows. */
export type ListName = {
  [N in RouteName]: Answer<N> extends { items: unknown[]; next: string | null } ? N : never;
}[RouteName];
/** A row of a list. */
export type Row<N extends ListName> = Answer<N> extends { items: (infer R)[] } ? R : never;

/** What is wanted of a list. */
export interface RowsInput<N extends ListName> extends Omit<CallInput<N>, 'body'> {
  /** Rows at most; default: all. */
  readonly limit?: number;
  /** Rows of one page; default: as many as the server gives. */
  readonly pageRows?: number;
}

/** A client for a cluster. */
export function connectApi(target: Target): ApiClient {
  return new ApiClient((request) => send(target, request));
}

/** One row of a list after the other, as many pages as it takes. */
export async function* rowsOf<N extends ListName>(
  api: ApiClient,
  name: N,
  { params, query, limit = Infinity, pageRows = LARGEST_PAGE }: RowsInput<N> = {},
): AsyncGenerator<Row<N>, string | null, undefined> {
  let after: string | null | undefined;
  for (let left = limit; left > 0;) {
    const given: object = { ...query, limit: Math.min(left, pageRows, LARGEST_PAGE), ...(after ? { after } : {}) };
    const answer: unknown = await api.call(name, { ...(params ? { params } : {}), query: given as Partial<Query<N>> });
    const { items, next } = answer as Page<Row<N>>;
    yield* items;
    if (next === null) return null;
    after = next;
    left -= items.length;
  }
  return after ?? null;
}

/** Rows up to a limit, and whether there are more. */
export async function takeRows<N extends ListName>(
  api: ApiClient,
  name: N,
  input: RowsInput<N> = {},
): Promise<{ items: Row<N>[]; next: string | null }> {
  const items: Row<N>[] = [];
  const rows = rowsOf(api, name, input);
  for (;;) {
    const { value, done } = await rows.next();
    if (done === true) return { items, next: value };
    items.push(value);
  }
}

/** True for what the server says of something it does not know. */
export function isNotFound(error: unknown): error is ApiFailure {
  return error instanceof ApiFailure && error.status === 404;
}

/** Why nothing answers at an address, or undefined if something does, whatever it is. */
export async function whyUnreachable(address: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    await fetch(`${address}/healthz`, { redirect: 'manual', signal });
    return undefined;
  } catch (error) {
    return signal.aborted ? undefined : unreachable(address, error).message;
  }
}

async function send({ address, token }: Target, { method, path, body }: ApiRequest): Promise<ApiResponse> {
  const limit = new AbortController();
  const limitMs = method === 'GET' ? READ_LIMIT_MS : WRITE_LIMIT_MS;
  // Until the answer begins: a large one may take as long as the network needs.
  const timer = setTimeout(() => limit.abort(new Error(`no answer within ${limitMs / 1000} s`)), limitMs);
  let response: Response;
  try {
    response = await fetch(`${address}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
      redirect: 'error',
      signal: limit.signal,
    });
  } catch (error) {
    throw unreachable(address, error);
  } finally {
    clearTimeout(timer);
  }
  if (response.status === UNAUTHORIZED)
    throw new AuthenticationError(`${address} does not know this token: commands need the operator's`);
  return {
    status: response.status,
    json: () => answered(address, () => response.json()),
    bytes: () => answered(address, async () => new Uint8Array(await response.arrayBuffer())),
  };
}

async function answered<T>(address: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new ProtocolError(`${address} does not answer as a Daylight server does: check the address`);
    throw unreachable(address, error);
  }
}

function unreachable(address: string, error: unknown): ConnectionLostError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // Where a name has several addresses, each failed in its own way.
  const causes: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  const words = causes.map((one) => (one instanceof Error ? one.message : String(one))).join(', ');
  return new ConnectionLostError(`${address} cannot be reached (${words})`);
}
