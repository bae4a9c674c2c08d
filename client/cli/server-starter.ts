/**
 * A server as the command line knows it. The executable passes the real one in, so that nothing below `client` depends
 * on the server.
 */

/** What a server is started with; what it says goes to the logger. */
export interface ServerSettings {
  readonly port: number;
  readonly host: string;
  readonly dataDirectory: string;
  readonly logger: { info(message: string): void; warn(message: string): void; error(message: string): void };
  readonly onFatal: (error: Error) => void;
}

/** A server that listens. */
export interface StartedServer {
  readonly url: string;
  readonly port: number;
  readonly operatorToken: string;
  readonly joinToken: string;
  readonly operatorUrl: string;
  stop(): Promise<void>;
}

/** Starts a server; its errors are one sentence for a person. */
export type StartServer = (settings: ServerSettings) => Promise<StartedServer>;
