/**
 * Under which URLs a server that listens is found: by its own machine, by others, and by browsers, which do the work only
 * where they trust the connection — over https, or on their own machine.
 */
import { networkInterfaces } from 'node:os';
import { isLoopbackName } from './host-name.ts';

/** Where a server listens. */
export interface Listening {
  readonly scheme: 'http' | 'https';
  /** As given: an address, a name, or one that stands for all of this machine's. */
  readonly host: string;
  readonly port: number;
}

/** URLs without a path. */
export interface ListenUrls {
  /** For this machine. */
  readonly localUrl: string;
  /** For other machines too, if it listens for them. */
  readonly url: string;
  /** For the link that lends a browser. */
  readonly browserUrl: string;
}

const ALL_ADDRESSES: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

/** The URLs. A public one is better than whatever can be found out here. */
export function urlsOf({ scheme, host, port }: Listening, publicUrl: string | undefined): ListenUrls {
  const at = (name: string): string => `${scheme}://${name}:${port}`;
  const own = host.includes(':') ? `[${host}]` : host;
  const loopback = ALL_ADDRESSES[host];
  const localUrl = at(loopback ?? own);
  const url = publicUrl ?? at(loopback === undefined ? own : (outerAddress() ?? loopback));
  // Over plain http only this machine's own browser can use the page.
  const browserUrl = publicUrl ?? (scheme === 'https' || isLoopbackName(own) ? url : localUrl);
  return { localUrl, url, browserUrl };
}

/** An address by which other machines may reach this one. */
function outerAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
