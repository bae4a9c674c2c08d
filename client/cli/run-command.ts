/**
 * `daylight run`: runs a job module and waits for its result.
 */
import { type Command, Option } from 'commander';
import { formatObjectKey } from '#shared/ids/object-key.ts';
import { MAX_PURPOSE_BYTES, MAX_SUBMITTER_BYTES } from '#shared/protocol/limits.ts';
import { checkArgs, parseArgs } from './args-option.ts';
import { readNewestServer } from './cluster-file.ts';
import { EXIT, explain } from './exit-codes.ts';
import { onInterrupt } from './interrupts.ts';
import { parseAddress, parseCpus, parseName, parseText } from './parse-values.ts';
import { printable } from './printable.ts';
import { openTerminal } from './output.ts';
import { addStoreFlags, type StoreFlags, storeOptionsOf } from './store-flags.ts';
import { tokenFor } from './target.ts';

interface RunOptions extends StoreFlags {
  readonly args?: unknown;
  readonly address?: string;
  readonly token?: string;
  readonly cpus?: number;
  readonly name?: string;
  readonly submitter?: string;
  readonly purpose?: string;
  readonly json?: boolean;
}

/** Adds the command. `setExitCode` is told how the job ended. */
export function addRunCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('run')
    .summary('run a job')
    .description(
      'Bundles a job module, runs its default export and prints what it returns. Without an address a cluster of this machine is started for it. Ctrl-C cancels the job, a second one leaves at once.',
    )
    .argument('<file>', 'the job module (.ts or .js)')
    .option('--args <json>', "argument of the job's main, or @FILE", parseArgs)
    .addOption(new Option('--address <url>', 'address of a server').env('DAYLIGHT_ADDRESS').argParser(parseAddress))
    .addOption(new Option('--token <token>', 'its join or operator token').env('DAYLIGHT_TOKEN'))
    .option('--cpus <n>', 'CPUs this process lends (default: 0 with an address, else all)', parseCpus)
    .option('--name <name>', "the job's name in lists (default: the file's, or for a job.ts its folder's)", parseName)
    .addOption(
      new Option('--submitter <name>', 'who runs it: shown to the people whose machines compute')
        .env('DAYLIGHT_SUBMITTER')
        .argParser(parseText(MAX_SUBMITTER_BYTES)),
    )
    .option('--purpose <text>', 'what for: shown to them too', parseText(MAX_PURPOSE_BYTES));
  addStoreFlags(command)
    .option('--json', 'print the result as one line of JSON')
    .addHelpText('after', '\nExample:\n  daylight run examples/hello/job.ts --args \'{"n": 10}\' --json')
    .action(async (file: string, options: RunOptions) => setExitCode(await run(file, options)));
}

async function run(file: string, options: RunOptions): Promise<number> {
  const { args, address, cpus, name, submitter, purpose, json = false } = options;
  const token = address === undefined ? undefined : (options.token ?? tokenFor(address, 'joinToken'));
  await checkArgs(file, args);
  const terminal = openTerminal();
  const running = address === undefined ? readNewestServer() : undefined;
  if (running !== undefined)
    terminal.line(`a cluster of its own runs this job; for the one that runs here: --address ${running.url}`);
  const cancelled = new AbortController();
  const unlisten = onInterrupt(() => {
    terminal.line('cancelling the job; Ctrl-C again leaves at once');
    cancelled.abort();
  });
  try {
    const { runJob } = await import('#client/host/nodejs/run-job.ts');
    const result = await runJob({
      file,
      args,
      signal: cancelled.signal,
      ...(address === undefined || token === undefined ? {} : { address, token }),
      ...(cpus === undefined ? {} : { numCpus: cpus }),
      ...(name === undefined ? {} : { jobName: name }),
      ...(submitter === undefined ? {} : { submitter }),
      ...(purpose === undefined ? {} : { purpose }),
      ...storeOptionsOf(options),
      onLog: ({ task, text }) => terminal.log(task === 0 ? '' : formatObjectKey(task), text),
      onProgress: (fraction, note) => terminal.progress(fraction, note),
    });
    terminal.end();
    if (result !== undefined)
      process.stdout.write(`${json ? JSON.stringify(result) : JSON.stringify(result, undefined, 2)}\n`);
    return EXIT.ok;
  } catch (error) {
    terminal.end();
    if (cancelled.signal.aborted) return EXIT.interrupted;
    const failure = explain(error);
    process.stderr.write(`daylight: ${printable(failure.text)}\n`);
    return failure.exitCode;
  } finally {
    unlisten();
  }
}
