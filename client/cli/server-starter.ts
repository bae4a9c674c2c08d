/**
 * A server as the command line knows it. The executable passes the real one in, so that nothing below `client` depends
 * on the server.
 */

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
  readonly joinToken: string;
  readonly operatorUrl: string;
  /** The page that lends a browser, opened with the join token. */
  readonly donateUrl: string;
  stop(): Promise<void>;
}

/** Starts a server; its errors are one sentence for a person. */
export type StartServer = (settings: ServerSettings) => Promise<StartedServer>;
