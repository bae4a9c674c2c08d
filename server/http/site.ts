/**
 * Where this server's pages and its sandbox live, as browsers see them. The sandbox document, in which other people's code
 * runs, gets a host name of its own where there is one, and on such names nothing else is served: no page, no API, no
 * cookie. Names below `localhost` serve for that on one's own machine, and each is a process of its own in Chromium.
 */
import type { IncomingMessage } from 'node:http';
import { ServerStartError } from '../start-error.ts';
import { formatHostName, type HostName, isLoopbackName, parseHostName } from './host-name.ts';

/** What the operator says of the server's names. */
export interface SiteOptions {
  /** Address under which browsers and nodes find the server, if it is not the one it listens on. */
  readonly publicUrl?: string;
  /** Host name of the sandbox document, `*.` in front for any name there. */
  readonly sandboxHost?: string;
  /** The server speaks https itself. */
  readonly isTls: boolean;
}

/** An address that a browser asked for. */
export interface Address {
  readonly scheme: 'http' | 'https';
  readonly host: HostName;
}

const SANDBOX_PATH = '/sandbox';
const LOCAL_SANDBOX_NAMES = '*.localhost';
const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** `scheme://host[:port]` */
export function originOf({ scheme, host }: Address): string {
  return `${scheme}://${formatHostName(host)}`;
}

/** The names of one server. */
export class Site {
  readonly #options: SiteOptions;
  readonly #public: Address | undefined;
  readonly #sandbox: { readonly pattern: string; readonly port: number | undefined } | undefined;
  #port = 0;

  /** @throws ServerStartError naming the option that is wrong */
  constructor(options: SiteOptions) {
    this.#options = options;
    this.#public = options.publicUrl === undefined ? undefined : parsePublicUrl(options.publicUrl);
    if (options.sandboxHost !== undefined) this.#sandbox = parseSandboxHost(options.sandboxHost, this.#public);
  }

  /** Must be called once the server listens. */
  listensOn(port: number): void {
    this.#port = port;
  }

  /** Origin of the public URL, if there is one. */
  get publicOrigin(): string | undefined {
    return this.#public && originOf(this.#public);
  }

  /** The address a request was sent to; undefined if its `Host` is no name of a host. */
  addressOf(request: IncomingMessage): Address | undefined {
    const host = parseHostName(request.headers.host);
    return host && { scheme: this.#schemeOf(request, host), host };
  }

  /** True for names that are there for the sandbox alone. */
  isSandboxName(name: string): boolean {
    if (name === this.#public?.host.name) return false;
    if (name.endsWith(LOCAL_SANDBOX_NAMES.slice(1))) return true;
    const pattern = this.#sandbox?.pattern;
    if (pattern === undefined) return false;
    return pattern.startsWith('*') ? name.endsWith(pattern.slice(1)) : name === pattern;
  }

  /** Address of the sandbox document for a page at this address: what its policy may name, and what it is to open. */
  sandboxUrlFor(page: Address): string {
    const { scheme, host } = page;
    if (isLoopbackName(host.name)) {
      // No browser takes a certificate for all names below `localhost`, and a frame it refuses stays empty.
      const name = scheme === 'http' ? LOCAL_SANDBOX_NAMES : host.name;
      return `${originOf({ scheme, host: { name, port: host.port } })}${SANDBOX_PATH}`;
    }
    if (this.#sandbox && this.#public) {
      const { pattern, port } = this.#sandbox;
      return `${originOf({ scheme: this.#public.scheme, host: { name: pattern, port } })}${SANDBOX_PATH}`;
    }
    return `${originOf(page)}${SANDBOX_PATH}`;
  }

  /** Who may frame the sandbox document that was asked for at this address: the pages it is for, as a policy names them. */
  framersOf({ scheme, host }: Address): readonly string[] {
    if (!this.isSandboxName(host.name)) return ["'self'"];
    if (host.name.endsWith(LOCAL_SANDBOX_NAMES.slice(1)))
      return ['127.0.0.1', 'localhost'].map((name) => originOf({ scheme, host: { name, port: host.port } }));
    return this.#public ? [originOf(this.#public)] : ["'none'"];
  }

  /**
   * Rule X6: whether a request may open a session. Programs send no `Origin`; what a browser sends must be a page of this
   * server, so that no other site's page can use the reader's access to it.
   */
  allowsOrigin(request: IncomingMessage): boolean {
    const address = this.addressOf(request);
    if (!address || this.isSandboxName(address.host.name)) return false;
    const { origin } = request.headers;
    if (origin === undefined) return true;
    const page = URL.parse(origin);
    const host = page && /^https?:$/.test(page.protocol) ? parseHostName(page.host) : undefined;
    if (!page || !host || this.isSandboxName(host.name)) return false;
    if (formatHostName(host) === formatHostName(withoutDefaultPort(address))) return true;
    if (page.origin === this.publicOrigin) return true;
    const port = host.port ?? DEFAULT_PORTS[page.protocol === 'https:' ? 'https' : 'http'];
    return isLoopbackName(host.name) && port === this.#port;
  }

  #schemeOf(request: IncomingMessage, host: HostName): 'http' | 'https' {
    if (this.#options.isTls) return 'https';
    if (this.#public?.host.name === host.name) return this.#public.scheme;
    // From a proxy that speaks https for us. Who sends it without one only spoils the links in his own page.
    const [forwarded] = String(request.headers['x-forwarded-proto'] ?? '').split(',');
    return forwarded?.trim() === 'https' ? 'https' : 'http';
  }
}

/** Browsers leave out a scheme's own port in `Origin`; others may write it in `Host`. */
function withoutDefaultPort({ scheme, host }: Address): HostName {
  return host.port === DEFAULT_PORTS[scheme] ? { name: host.name, port: undefined } : host;
}

function parsePublicUrl(text: string): Address {
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  const host = url ? parseHostName(url.host) : undefined;
  if (!url || !host || url.username !== '' || url.password !== '' || !/^\/?$/.test(url.pathname) || /[?#]/.test(text)) {
    throw new ServerStartError(
      'public-url',
      `"${text}" cannot be a public URL: give scheme and host alone, such as https://day.example.org.`,
    );
  }
  return { scheme: url.protocol === 'https:' ? 'https' : 'http', host };
}

function parseSandboxHost(text: string, page: Address | undefined): { pattern: string; port: number | undefined } {
  const isWildcard = text.startsWith('*.');
  const host = parseHostName(isWildcard ? text.slice(2) : text);
  if (!host || !host.name.includes('.') || /^[\d.]+$/.test(host.name)) {
    throw new ServerStartError(
      'sandbox-host',
      `"${text}" cannot be a sandbox host: give a name such as sandbox.example.org or *.sandbox.example.org.`,
    );
  }
  if (!page) {
    throw new ServerStartError(
      'sandbox-host',
      'A sandbox host needs a public URL too: say with --public-url where the pages are.',
    );
  }
  if (!isWildcard && host.name === page.host.name) {
    throw new ServerStartError(
      'sandbox-host',
      `The sandbox host cannot be ${host.name} itself: it is another name that leads to this server.`,
    );
  }
  return { pattern: isWildcard ? `*.${host.name}` : host.name, port: host.port ?? page.host.port };
}
