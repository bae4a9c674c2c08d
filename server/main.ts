/**
 * One server: storage, control plane, gateway and HTTP put together, started and stopped.
 */
import { mkdir } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import path from 'node:path';
import { LIVE_NAMESPACE } from '#shared/api/live.ts';
import type { Example } from '#shared/api/schemas.ts';
import type { JobBundler } from '#shared/ports/job-bundler.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Storage } from '#shared/ports/storage.ts';
import { StorageError } from '#shared/ports/storage.ts';
import { ControlPlane, DEFAULT_SERVER_TIMES, type ServerLogger, type ServerTimes } from './control-plane.ts';
import { Gateway } from './gateway/gateway.ts';
import { openLiveChannel } from './gateway/live-channel.ts';
import { SocketIoConnections } from './gateway/socket-io-connections.ts';
import { loadTokens, type Tokens } from './gateway/tokens.ts';
import { createApp } from './http/app.ts';
import { Doorkeeper } from './http/authorize.ts';
import { donateLink } from './http/donate-link.ts';
import { urlsOf } from './http/listen-addresses.ts';
import { type LiveParts, liveSource } from './http/live-snapshots.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import type { OtlpExport } from './otlp/otlp-export.ts';
import { wantsOtlp } from './otlp/wants-otlp.ts';
import { Site } from './http/site.ts';
import { readTlsFiles, type TlsFiles, type TlsIdentity } from './http/tls-files.ts';
import { WebFiles } from './http/web-files.ts';
import { JobFiles } from './jobs/job-files.ts';
import { JobService } from './jobs/job-service.ts';
import type { JobServicePort } from './jobs/job-service-port.ts';
import { LogFiles } from './jobs/log-files.ts';
import { Measurements } from './metrics/measurements.ts';
import { measure } from './metrics/readings.ts';
import { ServerStartError } from './start-error.ts';
import { SqliteStorage } from './storage/sqlite-storage.ts';
import { serverVersion } from './version.ts';

/** What is still being answered when a server stops has this long. */
const ANSWER_LIMIT_MS = 500;

/** Who opens a connection and says nothing must not keep a server from stopping. */
const HANDSHAKE_LIMIT_MS = 5_000;

/** What a server is started with. */
export interface ServerConfig {
  /** 0: any free port. */
  readonly port: number;
  /** Address to listen on. Default 127.0.0.1: this machine only. */
  readonly host?: string;
  /** Where everything durable lies; created if absent. */
  readonly dataDirectory: string;
  /** Given or kept in the data directory; made at the first start. */
  readonly operatorToken?: string;
  readonly viewerToken?: string;
  readonly joinToken?: string;
  readonly times?: Partial<ServerTimes>;
  readonly logger?: ServerLogger;
  /** Speaks https with this certificate and key. */
  readonly tls?: TlsFiles;
  /** Address under which browsers and nodes find the server, if it is not the one it listens on: `https://host`. */
  readonly publicUrl?: string;
  /** Host name of the sandbox document, if it has one of its own; `*.` in front for any name there. */
  readonly sandboxHost?: string;
  /** Anyone may join, untrusted without the join key. Default: only who has it. */
  readonly isPublic?: boolean;
  /** Where the pages for browsers were built. Default: beside this program. */
  readonly webFolder?: string;
  /** Turns submitted sources into modules. Default: only bundles can be submitted. */
  readonly bundler?: JobBundler;
  /** Jobs to begin with, for the gallery. */
  readonly examples?: readonly Example[];
  /** The OpenTelemetry collector that the environment variables of this process name, if they do, gets the metrics. Default: it does not. */
  readonly pushesMetrics?: boolean;
  /** Another engine than SQLite in the data directory. */
  readonly storage?: Storage;
  /** Called if this server may not go on (another took over its data). */
  readonly onFatal?: (error: Error) => void;
}

/** A server that listens. */
export interface RunningServer {
  /** `http://host:port`, or the public URL. */
  readonly url: string;
  /** The same server as this machine reaches it. */
  readonly localUrl: string;
  readonly port: number;
  readonly operatorToken: string;
  readonly viewerToken: string;
  readonly joinToken: string;
  /** The dashboard, opened with the token. */
  readonly operatorUrl: string;
  /** The same for people who only look. */
  readonly viewerUrl: string;
  /** The page that lends a browser, opened with the join key. */
  readonly donateUrl: string;
  readonly plane: ControlPlane;
  readonly gateway: Gateway;
  readonly jobs: JobServicePort;
  /** Tells nodes to come back later, writes everything down and closes. Safe to repeat. */
  stop(): Promise<void>;
}

const SILENT: ServerLogger = { info() {}, warn() {}, error() {} };
const systemRandom: Random = { next: () => Math.random() };

/** Starts a server. @throws ServerStartError */
export async function startServer(config: ServerConfig): Promise<RunningServer> {
  const { dataDirectory, port, host = '127.0.0.1', isPublic = false, logger = SILENT } = config;
  const identity = config.tls && (await readIdentity(config.tls, logger));
  const site = siteOf(config, identity);
  const files = new WebFiles(config.webFolder === undefined ? undefined : [config.webFolder]);
  await makeDirectory(dataDirectory);
  const storage = config.storage ?? new SqliteStorage({ directory: dataDirectory });
  const http = identity
    ? createTlsServer({ cert: identity.cert, key: identity.key, handshakeTimeout: HANDSHAKE_LIMIT_MS })
    : createServer();
  try {
    const times = { ...DEFAULT_SERVER_TIMES, ...config.times };
    const plane = await ControlPlane.start({ storage, random: systemRandom, times, logger });
    const tokens = await loadTokens(dataDirectory, givenTokens(config));
    let metrics: Metrics | undefined;
    let jobs: JobService | undefined;
    const door = new Doorkeeper(tokens, site, plane.clock);
    const view = viewOf(plane, isPublic, () => jobs);
    const { examples = [] } = config;
    const downloads = new JobFiles(jobsFolder(dataDirectory));
    const parts = { ...view, tokens, door, site, files, downloads, examples, logger };
    http.on('request', createApp({ ...parts, metrics: () => metrics }));
    // Listening first: a gateway on a port that is taken would have to be undone again.
    const boundPort = await listen(http, port, host);
    site.listensOn(boundPort);
    const connections = new SocketIoConnections(http, (request) => site.allowsOrigin(request));
    const gateway = new Gateway(connections, plane, tokens, { isPublic });
    openLiveChannel(
      connections.open(LIVE_NAMESPACE, (request, token) => door.mayListen(request, token)),
      liveSource(view),
      plane.clock,
    );
    metrics = createMetrics(plane, gateway);
    plane.connect(gateway, (error) => {
      logger.error(`this server stops: ${error.message}`);
      config.onFatal?.(error);
    });
    const service = await startJobs(config, plane, gateway, downloads, logger);
    jobs = service;
    const otlp = await pushMetrics(config, metrics, logger);
    const listening = { scheme: identity ? 'https' : 'http', host, port: boundPort } as const;
    const { url, localUrl, browserUrl } = urlsOf(listening, site.publicOrigin);
    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await otlp?.stop();
      metrics?.close();
      // Who reads an answer slowly, or not at all, keeps no server from stopping.
      const cutting = setInterval(() => http.closeAllConnections(), ANSWER_LIMIT_MS);
      await gateway.stop().finally(() => clearInterval(cutting));
      http.closeAllConnections();
      await service.close();
      await plane.commits.stop();
      await storage.close();
    };
    return {
      url,
      localUrl,
      port: boundPort,
      operatorToken: tokens.operator,
      viewerToken: tokens.viewer,
      joinToken: tokens.join,
      operatorUrl: `${url}/?token=${tokens.operator}`,
      viewerUrl: `${url}/?token=${tokens.viewer}`,
      donateUrl: donateLink(browserUrl, tokens.join),
      plane,
      gateway,
      jobs: service,
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    http.close();
    await storage.close().catch(() => undefined);
    throw startError(error, dataDirectory);
  }
}

function givenTokens({ operatorToken, viewerToken, joinToken }: ServerConfig): Partial<Tokens> {
  return {
    ...(operatorToken === undefined ? {} : { operator: operatorToken }),
    ...(viewerToken === undefined ? {} : { viewer: viewerToken }),
    ...(joinToken === undefined ? {} : { join: joinToken }),
  };
}

/** What the API and the live channel show, measured from now on. */
function viewOf(plane: ControlPlane, isPublic: boolean, jobs: () => JobService | undefined): LiveParts {
  const measurements = new Measurements();
  measure(plane, measurements);
  return { plane, measurements, jobs, isPublic, version: serverVersion() };
}

function jobsFolder(dataDirectory: string): string {
  return path.join(dataDirectory, 'jobs');
}

/** Takes up the submitted jobs of an earlier life. */
async function startJobs(
  { bundler, dataDirectory }: ServerConfig,
  plane: ControlPlane,
  { relay }: Gateway,
  files: JobFiles,
  logger: ServerLogger,
): Promise<JobService> {
  const logs = new LogFiles(
    jobsFolder(dataDirectory),
    (delayMs, callback) => void plane.clock.after(delayMs, callback),
  );
  plane.logs.keeper = logs;
  plane.publish = (job, file) => files.publish(job, file, plane.clock.wallMs());
  return JobService.start({ plane, relay, files, logs, bundler, warn: (message) => logger.warn(message) });
}

/** The export is loaded where it is used: it is larger than the rest of the server. */
async function pushMetrics(
  { pushesMetrics = false }: ServerConfig,
  { registry }: Metrics,
  logger: ServerLogger,
): Promise<OtlpExport | undefined> {
  if (!pushesMetrics || !wantsOtlp(process.env)) return undefined;
  const { startOtlpExport } = await import('./otlp/otlp-export.ts');
  const version = serverVersion();
  return startOtlpExport({ registry, version, warn: (message) => logger.warn(`OpenTelemetry: ${message}`) });
}

async function readIdentity(files: TlsFiles, logger: ServerLogger): Promise<TlsIdentity> {
  const identity = await readTlsFiles(files);
  if (identity.validUntil.getTime() < Date.now())
    logger.warn(`the certificate in ${files.certFile} has expired: browsers and nodes will refuse it`);
  return identity;
}

function siteOf({ publicUrl, sandboxHost }: ServerConfig, identity: TlsIdentity | undefined): Site {
  return new Site({
    isTls: identity !== undefined,
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(sandboxHost === undefined ? {} : { sandboxHost }),
  });
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw startError(error, directory);
  }
}

function listen(http: HttpServer, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)));
    http.listen(port, host, () => {
      const address = http.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): ServerStartError {
  if (error.code === 'EADDRINUSE')
    return new ServerStartError(
      'port-in-use',
      `Port ${port} is in use: stop what listens there, or choose another with --port.`,
    );
  if (error.code === 'EACCES')
    return new ServerStartError(
      'address',
      `Port ${port} may not be used by this account: choose one above 1023 with --port.`,
    );
  return new ServerStartError(
    'address',
    `The address ${host} cannot be listened on (${error.message}): choose one of this machine with --host.`,
  );
}

function startError(error: unknown, directory: string): Error {
  if (error instanceof ServerStartError) return error;
  if (error instanceof StorageError) return new ServerStartError(error.code, error.message);
  const code = error instanceof Error ? String(Reflect.get(error, 'code') ?? '') : '';
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code)) {
    return new ServerStartError(
      'directory',
      `The data directory ${directory} cannot be written (${code}): choose another with --data.`,
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}
