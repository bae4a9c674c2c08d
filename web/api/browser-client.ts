/**
 * The API's client in a browser: requests go out by `fetch` with the cookie of the login, and what changes something carries
 * a header that a form of another site cannot send.
 */
import { ApiClient, type ApiRequest, type ApiResponse } from '#shared/api/client.ts';

/** Nobody answered: the server is gone, or the network. */
export class NoConnectionError extends Error {
  constructor(cause: unknown) {
    super('no connection to the server', { cause });
    this.name = 'NoConnectionError';
  }
}

/** How long an answer may take: a source is checked and bundled within seconds. */
const TIMEOUT_MS = 60_000;

/** Headers of a request. */
export function headersOf({ method, body }: ApiRequest): Record<string, string> {
  return {
    accept: 'application/json, application/octet-stream',
    ...(method === 'GET' ? {} : { 'x-daylight': '1' }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
}

async function send(request: ApiRequest): Promise<ApiResponse> {
  const { method, path, body } = request;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: headersOf(request),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    throw new NoConnectionError(error);
  }
  return {
    status: response.status,
    json: () => response.json(),
    bytes: async () => new Uint8Array(await response.arrayBuffer()),
  };
}

/** The client of this page's server. */
export const api = new ApiClient(send);
