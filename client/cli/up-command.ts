/**
 * `daylight up`: a server in the foreground.
 */
import path from 'node:path';
import type { Command } from 'commander';
import type { NodeHost } from '#client/host/nodejs/node-host.ts';
import type { StoreOptions } from '#client/host/nodejs/store-options.ts';
import { serversFolder, writeServer } from './cluster-file.ts';
import { UsageError } from './exit-codes.ts';
import { untilInterrupted } from './interrupts.ts';
import { printJson } from './output.ts';
import { parseCpus, parseLabel, parsePort, parsePublicUrl, parseSandboxHost } from './parse-values.ts';
import { addStoreFlags, type StoreFlags, storeOptionsOf } from './store-flags.ts';
import type { ServerSettings, StartServer, StartedServer } from './server-starter.ts';

const DEFAULT_PORT = 7700;
const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '::1', '[::1]'];

interface UpOptions extends StoreFlags {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly cpus?: number;
  readonly label?: Record<string, string>;
  readonly packages?: string;
  readonly public?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly publicUrl?: string;
  readonly sandboxHost?: string;
  readonly json?: boolean;
  readonly untilStdinCloses?: boolean;
  readonly unlisted?: boolean;
}

/** Adds the command. */
export function addUpCommand(program: Command, startServer: StartServer): void {
  const command = program
    .command('up')
    .summary('start a server')
    .description(
      'Starts a server here: it keeps the state of the cluster, nodes and jobs connect to it. Ctrl-C ends it; what it knew is there at the next start. While it runs, the other commands of this account find it by themselves.',
    )
    .option('--port <port>', 'TCP port; 0 for any free one', parsePort, DEFAULT_PORT)
    .option('--host <address>', 'address to listen on; 0.0.0.0 for all of this machine', '127.0.0.1')
    .option('--data <dir>', 'folder for everything durable', '.data')
    .option('--cpus <n>', 'also lend this many CPUs of this machine', parseCpus)
    .option(
      '--label <key=value>',
      'and a label by which tasks can ask for them, e.g. zone=a; may be repeated',
      parseLabel,
    );
  addStoreFlags(command)
    .option(
      '--packages <dir>',
      'node_modules with the packages that pasted jobs may import (default: packages/node_modules in the data folder)',
    )
    .option('--public', 'let the browsers of strangers in; what they compute is not trusted')
    .option(
      '--tls-cert <file>',
      'speak https with this certificate (PEM, with what stands between it and the authority)',
    )
    .option('--tls-key <file>', 'and this key of it (PEM)')
    .option('--public-url <url>', 'address under which browsers and nodes find this server, for links', parsePublicUrl)
    .option(
      '--sandbox-host <name>',
      'another name of this server, for the sandbox alone; *.name for any name there',
      parseSandboxHost,
    )
    .option('--json', 'print where it listens as one line of JSON')
    .option('--until-stdin-closes', 'end when standard input closes: for programs that start a server')
    .option('--unlisted', 'other commands do not find it by themselves: for programs that start one for themselves')
    .addHelpText('after', '\nExample:\n  daylight up --port 7700 --data ~/cluster')
    .action((options: UpOptions) => up(options, startServer));
}

async function up(options: UpOptions, startServer: StartServer): Promise<void> {
  const {
    port,
    host,
    data,
    cpus = 0,
    label = {},
    json = false,
    untilStdinCloses = false,
    publicUrl,
    sandboxHost,
  } = options;
  if (cpus === 0) checkWithoutNode(options);
  const tls = tlsFiles(options);
  if (sandboxHost !== undefined && publicUrl === undefined)
    throw new UsageError('--sandbox-host needs --public-url too: the sandbox must know whose pages may show it');
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  const jobParts = await makeJobParts(options, say);
  let failure: Error | undefined;
  const { promise: fatal, resolve: onFatal } = Promise.withResolvers<void>();
  const server = await startServer({
    port,
    host,
    dataDirectory: data,
    isPublic: options.public ?? false,
    ...(tls === undefined ? {} : { tls }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(sandboxHost === undefined ? {} : { sandboxHost }),
    ...jobParts,
    logger: { info: json ? () => {} : say, warn: say, error: say },
    onFatal: (error) => {
      failure = error;
      onFatal();
    },
  }).catch(async (error: unknown) => {
    await jobParts.bundler.close();
    throw error;
  });
  const node = cpus > 0 ? await lendHere(server, cpus, label, storeOptionsOf(options)) : undefined;
  const forget = options.unlisted ? () => {} : remember(server, say);
  process.once('exit', forget);
  print(server, options);
  const stdinClosed = untilStdinCloses ? closing(process.stdin) : undefined;
  await untilInterrupted(stdinClosed ? Promise.race([fatal, stdinClosed]) : fatal);
  forget();
  await node?.stop();
  await server.stop();
  await jobParts.bundler.close();
  if (failure) throw failure;
}

/** Some options are of use only to a node here. @throws UsageError */
function checkWithoutNode({ label, objectStoreMemory, spillDir, spillLimit }: UpOptions): void {
  if (label) throw new UsageError('--label is for the CPUs of this machine: it needs --cpus, too');
  if ((objectStoreMemory ?? spillDir ?? spillLimit) !== undefined)
    throw new UsageError(
      '--object-store-memory, --spill-dir and --spill-limit are for values here: they need --cpus, too',
    );
}

/** What a server needs for pasted jobs; the server itself runs no job code and reads no packages. */
async function makeJobParts(
  { data, packages }: UpOptions,
  say: (message: string) => void,
): Promise<Required<Pick<ServerSettings, 'bundler' | 'examples'>>> {
  const [{ createIsolatedBundler }, { loadExamples }] = await Promise.all([
    import('#client/bundler/isolated/isolated-bundler.ts'),
    import('./gallery.ts'),
  ]);
  const examples = await loadExamples();
  const packagesDir = packages ?? path.join(data, 'packages', 'node_modules');
  return { bundler: createIsolatedBundler({ packagesDir, onTrouble: say }), examples };
}

async function lendHere(
  { localUrl, joinToken }: StartedServer,
  cpus: number,
  labels: Readonly<Record<string, string>>,
  store: StoreOptions,
): Promise<NodeHost> {
  const { startNodeHost } = await import('#client/host/nodejs/node-host.ts');
  return startNodeHost({ url: localUrl, token: joinToken, cpus, labels, isOwnServer: true, ...store });
}

/** Tells the other commands of this account where the server is; gives what takes that back. */
function remember({ url, localUrl, operatorToken, joinToken }: StartedServer, say: (message: string) => void) {
  // A certificate is for the name that others use.
  const reachedAt = localUrl.startsWith('https:') ? url : localUrl;
  try {
    return writeServer({ url: reachedAt, publicUrl: url, operatorToken, joinToken });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(`nothing can be written to ${serversFolder()}, so other commands need --address and --token (${reason})`);
    return () => {};
  }
}

function tlsFiles({ tlsCert, tlsKey }: UpOptions): { certFile: string; keyFile: string } | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new UsageError('https needs both --tls-cert and --tls-key: the certificate and its key');
  return { certFile: tlsCert, keyFile: tlsKey };
}

function print(server: StartedServer, options: UpOptions): void {
  const { url, port, operatorToken, viewerToken, joinToken, operatorUrl, viewerUrl, donateUrl } = server;
  if (options.json) {
    printJson({ url, port, operatorToken, viewerToken, joinToken, operatorUrl, viewerUrl, donateUrl });
    return;
  }
  const lines = [
    `Daylight listens on ${url}`,
    '',
    `  dashboard       ${operatorUrl}`,
    `  for viewers     ${viewerUrl}`,
    `  in a terminal   daylight status; elsewhere: --address ${url} --token ${operatorToken}`,
    `  lend a machine  daylight join ${url} --token ${joinToken}`,
    `  lend a browser  ${donateUrl}`,
    ...(options.public ? [`  for anyone      ${donateUrl.split('#')[0]}`] : []),
    `  run a job       daylight run job.ts --address ${url} --token ${joinToken}`,
    `  hand one over   daylight submit job.ts`,
    '',
    ...(needsHttps(options, url)
      ? ['Browsers on other machines need https: --tls-cert and --tls-key, or a proxy (docs/guides/reverse-proxy.md).']
      : []),
    'Ctrl-C ends it.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** True if other machines can reach the server, but not in a way in which their browsers let a page compute. */
function needsHttps({ host }: UpOptions, url: string): boolean {
  const isLocal = LOOPBACK.includes(host) && LOOPBACK.includes(new URL(url).hostname);
  return !isLocal && !url.startsWith('https:');
}

function closing(stream: NodeJS.ReadStream): Promise<void> {
  return new Promise((resolve) => {
    stream.on('end', resolve);
    stream.on('close', resolve);
    stream.on('error', () => resolve());
    stream.resume();
  });
}
