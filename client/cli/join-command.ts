/**
 * `daylight join`: lends this machine to a cluster.
 */
import { type Command, Option } from 'commander';
import { availableCpus } from '#client/host/nodejs/machine.ts';
import { startNodeHost } from '#client/host/nodejs/node-host.ts';
import { UsageError } from './exit-codes.ts';
import { untilInterrupted } from './interrupts.ts';
import { parseAddress, parseCpus, parseMegabytes, parseResource } from './parse-values.ts';

const BYTES_PER_MB = 2 ** 20;

interface JoinOptions {
  readonly token?: string;
  readonly cpus: number;
  readonly name?: string;
  readonly resource?: Record<string, number>;
  readonly memory?: number;
  readonly gpu?: boolean;
}

/** Adds the command. */
export function addJoinCommand(program: Command): void {
  program
    .command('join')
    .summary('lend this machine to a cluster')
    .description(
      'Lends CPUs of this machine to the cluster at URL until Ctrl-C. Once it has joined, a server that is away is looked for until it is back.',
    )
    .argument('<url>', 'address of the server, as it printed it', parseAddress)
    .addOption(new Option('--token <token>', 'join token that the server printed').env('DAYLIGHT_TOKEN'))
    .option('--cpus <n>', 'CPUs to lend: tasks that run at once', parseCpus, availableCpus())
    .option('--name <name>', 'name for lists (default: this machine and the process id)')
    .option('--resource <name=amount>', 'a custom resource to lend, e.g. robot=1; may be repeated', parseResource)
    .option('--gpu', 'lend the GPU, too; needs the package webgpu: npm install webgpu')
    .option(
      '--memory <MB>',
      'resident memory beyond which a task is ended (default: 80 % of this machine)',
      parseMegabytes,
    )
    .addHelpText('after', '\nExample:\n  daylight join http://10.0.0.5:7700 --token 8mO2… --cpus 4 --resource robot=1')
    .action(join);
}

async function join(url: string, { token, cpus, name, resource, memory, gpu = false }: JoinOptions): Promise<void> {
  if (token === undefined)
    throw new UsageError('a token is needed: --token with the join token that the server printed, or DAYLIGHT_TOKEN');
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  const { promise: fatal, resolve: onFatal } = Promise.withResolvers<Error>();
  const host = await startNodeHost({
    url,
    token,
    cpus,
    ...(name === undefined ? {} : { name }),
    ...(resource === undefined ? {} : { resources: resource }),
    gpu,
    ...(memory === undefined ? {} : { memoryLimitBytes: memory * BYTES_PER_MB }),
    logger: { info: say, warn: say, error: say },
    onFatal,
  });
  let failure: Error | undefined;
  void fatal.then((error) => (failure = error));
  await untilInterrupted(fatal);
  await host.stop();
  if (failure) throw failure;
  say(`${host.name} has left`);
}
