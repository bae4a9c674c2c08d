/**
 * A server as the command line knows it. The executable passes the real one in, so that nothing below `client` depends
 * on the server.
 */

import type { Example } from '#shared/api/schemas.ts';
import type { JobBundler } from '#shared/ports/job-bundler.ts';

/** What a server is started with; what it says goes to the logger. */
export interface ServerSettings {
  readonly port: number;
  readonly host: string;
  readonly dataDirectory: string;
  /** Files in PEM form with which it speaks https. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Address under which browsers and nodes find it, if it is not the one it listens on. */
  readonly publicUrl?: string;
  /** Host name of the sandbox document; `*.` in front for any name there. */
  readonly sandboxHost?: string;
  /** Anyone may join, untrusted without the join token. */
  readonly isPublic: boolean;
  /** Turns pasted sources into modules; without it only bundles can be submitted. Whoever gives it closes it. */
  readonly bundler?: JobBundler;
  /** The gallery. */
  readonly examples?: readonly Example[];
  readonly logger: { info(message: string): void; warn(message: string): void; error(message: string): void };
  readonly onFatal: (error: Error) => void;
}

/** A server that listens. */
export interface StartedServer {
  readonly url: string;
  /** The same server as this machine reaches it. */
  readonly localUrl: string;
  readonly port: number;
  readonly operatorToken: string;
  /** For people who only look. */
  readonly viewerToken: string;
  readonly joinToken: string;
  /** The dashboard, opened with the operator's token. */
  readonly operatorUrl: string;
  /** The same with the viewer's. */
  readonly viewerUrl: string;
  /** The page that lends a browser, opened with the join token. */
  readonly donateUrl: string;
  stop(): Promise<void>;
}

/** Starts a server; its errors are one sentence for a person. */
export type StartServer = (settings: ServerSettings) => Promise<StartedServer>;
