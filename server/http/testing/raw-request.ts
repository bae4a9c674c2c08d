/**
 * Requests as no browser would send them: with any `Host`, and with the path as it is written.
 */
import { randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** What to send. */
export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer. */
export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends a request to the server at `url`; the path goes out unchanged. Certificates are not checked. */
export function rawRequest(
  url: string,
  path: string,
  { method = 'GET', headers = {}, body }: RawRequest = {},
): Promise<RawResponse> {
  const { protocol, hostname, port } = new URL(url);
  const options = { hostname: hostname.replace(/^\[|\]$/g, ''), port, path, method, headers, agent: false };
  return new Promise((resolve, reject) => {
    const sent = protocol === 'https:' ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
    sent.on('error', reject);
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
      });
    });
    sent.end(body);
  });
}

/**
 * Asks for a WebSocket as a session does; resolves with the status, 101 for one that was opened (and is closed at once).
 * @param ca the only certificate that is trusted, for https
 */
export function askForSocket(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  ca?: string,
): Promise<number> {
  const { protocol, hostname, port } = new URL(url);
  const options = {
    hostname,
    port,
    path: '/socket.io/?EIO=4&transport=websocket',
    agent: false,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
      ...headers,
    },
  };
  return new Promise((resolve, reject) => {
    const sent =
      protocol === 'https:' ? httpsRequest({ ...options, ...(ca === undefined ? {} : { ca }) }) : httpRequest(options);
    sent.on('error', reject);
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    sent.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.end();
  });
}
