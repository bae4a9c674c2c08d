/**
 * `daylight up`: a server in the foreground.
 */
import type { Command } from 'commander';
import { availableCpus } from '#client/host/nodejs/machine.ts';
import { type NodeHost, startNodeHost } from '#client/host/nodejs/node-host.ts';
import { untilInterrupted } from './interrupts.ts';
import { parseCpus, parsePort } from './parse-values.ts';
import type { StartServer, StartedServer } from './server-starter.ts';

const DEFAULT_PORT = 7700;

interface UpOptions {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly cpus?: number;
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
    .option('--json', 'print where it listens as one line of JSON')
    .option('--until-stdin-closes', 'end when standard input closes: for programs that start a server')
    .addHelpText('after', '\nExample:\n  daylight up --port 7700 --data ~/cluster')
    .action((options: UpOptions) => up(options, startServer));
}

async function up(options: UpOptions, startServer: StartServer): Promise<void> {
  const { port, host, data, cpus = 0, json = false, untilStdinCloses = false } = options;
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  let failure: Error | undefined;
  const { promise: fatal, resolve: onFatal } = Promise.withResolvers<void>();
  const server = await startServer({
    port,
    host,
    dataDirectory: data,
    logger: { info: json ? () => {} : say, warn: say, error: say },
    onFatal: (error) => {
      failure = error;
      onFatal();
    },
  });
  const node: NodeHost | undefined =
    cpus > 0 ? await startNodeHost({ url: server.url, token: server.joinToken, cpus }) : undefined;
  print(server, json);
  const stdinClosed = untilStdinCloses ? closing(process.stdin) : undefined;
  await untilInterrupted(stdinClosed ? Promise.race([fatal, stdinClosed]) : fatal);
  await node?.stop();
  await server.stop();
  if (failure) throw failure;
}

function print({ url, port, operatorToken, joinToken, operatorUrl }: StartedServer, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ url, port, operatorToken, joinToken, operatorUrl })}\n`);
    return;
  }
  process.stdout.write(
    `Daylight listens on ${url}\n\n  status page   ${operatorUrl}\n  lend a machine  daylight join ${url} --token ${joinToken}\n  run a job     daylight run job.ts --address ${url} --token ${joinToken}\n\nCtrl-C ends it.\n`,
  );
}

function closing(stream: NodeJS.ReadStream): Promise<void> {
  return new Promise((resolve) => {
    stream.on('end', resolve);
    stream.on('close', resolve);
    stream.on('error', () => resolve());
    stream.resume();
  });
}
