/**
 * `daylight up`: a server in the foreground.
 */
import type { Command } from 'commander';
import { availableCpus } from '#client/host/nodejs/machine.ts';
import { type NodeHost, startNodeHost } from '#client/host/nodejs/node-host.ts';
import { UsageError } from './exit-codes.ts';
import { untilInterrupted } from './interrupts.ts';
import { parseCpus, parsePort, parsePublicUrl, parseSandboxHost } from './parse-values.ts';
import type { StartServer, StartedServer } from './server-starter.ts';

const DEFAULT_PORT = 7700;
const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '::1', '[::1]'];

interface UpOptions {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly cpus?: number;
  readonly public?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly publicUrl?: string;
  readonly sandboxHost?: string;
  readonly json?: boolean;
  readonly untilStdinCloses?: boolean;
}

/** Adds the command. */
export function addUpCommand(program: Command, startServer: StartServer): void {
  program
    .command('up')
    .summary('start a server')
    .description(
      'Starts a server here: it keeps the state of the cluster, nodes and jobs connect to it. Ctrl-C ends it; what it knew is there at the next start.',
    )
    .option('--port <port>', 'TCP port; 0 for any free one', parsePort, DEFAULT_PORT)
    .option('--host <address>', 'address to listen on; 0.0.0.0 for all of this machine', '127.0.0.1')
    .option('--data <dir>', 'folder for everything durable', '.data')
    .option('--cpus <n>', `also lend this many CPUs of this machine (it has ${availableCpus()})`, parseCpus)
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
    .addHelpText('after', '\nExample:\n  daylight up --port 7700 --data ~/cluster')
    .action((options: UpOptions) => up(options, startServer));
}

async function up(options: UpOptions, startServer: StartServer): Promise<void> {
  const { port, host, data, cpus = 0, json = false, untilStdinCloses = false, publicUrl, sandboxHost } = options;
  const tls = tlsFiles(options);
  if (sandboxHost !== undefined && publicUrl === undefined)
    throw new UsageError('--sandbox-host needs --public-url too: the sandbox must know whose pages may show it');
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
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
    logger: { info: json ? () => {} : say, warn: say, error: say },
    onFatal: (error) => {
      failure = error;
      onFatal();
    },
  });
  const node: NodeHost | undefined =
    cpus > 0
      ? await startNodeHost({ url: server.localUrl, token: server.joinToken, cpus, isOwnServer: true })
      : undefined;
  print(server, options);
  const stdinClosed = untilStdinCloses ? closing(process.stdin) : undefined;
  await untilInterrupted(stdinClosed ? Promise.race([fatal, stdinClosed]) : fatal);
  await node?.stop();
  await server.stop();
  if (failure) throw failure;
}

function tlsFiles({ tlsCert, tlsKey }: UpOptions): { certFile: string; keyFile: string } | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new UsageError('https needs both --tls-cert and --tls-key: the certificate and its key');
  return { certFile: tlsCert, keyFile: tlsKey };
}

function print(server: StartedServer, options: UpOptions): void {
  const { url, port, operatorToken, joinToken, operatorUrl, donateUrl } = server;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ url, port, operatorToken, joinToken, operatorUrl, donateUrl })}\n`);
    return;
  }
  const lines = [
    `Daylight listens on ${url}`,
    '',
    `  status page     ${operatorUrl}`,
    `  the same here   daylight status --address ${url} --token ${operatorToken}`,
    `  lend a machine  daylight join ${url} --token ${joinToken}`,
    `  lend a browser  ${donateUrl}`,
    ...(options.public ? [`  for anyone      ${donateUrl.split('#')[0]}`] : []),
    `  run a job       daylight run job.ts --address ${url} --token ${joinToken}`,
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
