/**
 * `daylight join`: lends this machine to a cluster.
 */
import { type Command, Option } from 'commander';
import { availableCpus } from '#client/host/nodejs/machine.ts';
import { whyUnreachable } from './cluster-api.ts';
import { readNewestServer } from './cluster-file.ts';
import { UsageError } from './exit-codes.ts';
import { untilInterrupted } from './interrupts.ts';
import { printJson } from './output.ts';
import { parseAddress, parseCpus, parseLabel, parseMegabytes, parseResource } from './parse-values.ts';
import { addStoreFlags, type StoreFlags, storeOptionsOf } from './store-flags.ts';
import { tokenFor } from './target.ts';

const BYTES_PER_MB = 2 ** 20;

interface JoinOptions extends StoreFlags {
  readonly token?: string;
  readonly cpus?: number;
  readonly name?: string;
  readonly resource?: Record<string, number>;
  readonly label?: Record<string, string>;
  readonly memory?: number;
  readonly gpu?: boolean;
  readonly json?: boolean;
}

/** Adds the command. */
export function addJoinCommand(program: Command): void {
  const command = program
    .command('join')
    .summary('lend this machine to a cluster')
    .description(
      'Lends CPUs of this machine to the cluster at URL until Ctrl-C. Once it has joined, a server that is away is looked for until it is back.',
    )
    .argument(
      '[url]',
      'address of the server, as it printed it (default: the one that runs on this machine)',
      parseAddress,
    )
    .addOption(new Option('--token <token>', 'join token that the server printed').env('DAYLIGHT_TOKEN'))
    .option('--cpus <n>', 'CPUs to lend: tasks that run at once (default: all)', parseCpus)
    .option('--name <name>', 'name for lists (default: this machine and the process id)')
    .option('--resource <name=amount>', 'a custom resource to lend, e.g. robot=1; may be repeated', parseResource)
    .option('--label <key=value>', 'a label by which tasks can ask for it, e.g. zone=a; may be repeated', parseLabel)
    .option('--gpu', 'lend the GPU, too; needs the package webgpu: npm install webgpu')
    .option(
      '--memory <MB>',
      'resident memory beyond which a task is ended (default: 80 % of this machine)',
      parseMegabytes,
    );
  addStoreFlags(command)
    .option('--json', 'print name, url and cpus as one line of JSON once it has joined')
    .addHelpText('after', '\nExample:\n  daylight join http://10.0.0.5:7700 --token 8mO2… --cpus 4 --resource robot=1')
    .action(join);
}

async function join(address: string | undefined, options: JoinOptions): Promise<void> {
  const { cpus = availableCpus(), name, resource, label, memory, gpu = false, json = false } = options;
  const url = address ?? readNewestServer()?.url;
  if (url === undefined)
    throw new UsageError('say which server: daylight join http://host:7700 --token …; none runs on this machine');
  const token = options.token ?? tokenFor(url, 'joinToken');
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  const { promise: fatal, resolve: onFatal } = Promise.withResolvers<Error>();
  const { startNodeHost } = await import('#client/host/nodejs/node-host.ts');
  const joining = new AbortController();
  // It is tried for some seconds, in case the server is just starting: who mistyped the address hears of it at once.
  void whyUnreachable(url, joining.signal).then((reason) => {
    if (reason !== undefined) say(`${reason}, trying again for some seconds`);
  });
  const host = await startNodeHost({
    url,
    token,
    cpus,
    ...(name === undefined ? {} : { name }),
    ...(resource === undefined ? {} : { resources: resource }),
    ...(label === undefined ? {} : { labels: label }),
    gpu,
    ...(memory === undefined ? {} : { memoryLimitBytes: memory * BYTES_PER_MB }),
    ...storeOptionsOf(options),
    logger: { info: say, warn: say, error: say },
    onFatal,
  }).finally(() => joining.abort());
  if (json) printJson({ name: host.name, url, cpus });
  let failure: Error | undefined;
  void fatal.then((error) => (failure = error));
  await untilInterrupted(fatal);
  await host.stop();
  if (failure) throw failure;
  say(`${host.name} has left`);
}
