/**
 * `daylight rerun`: runs what was submitted once more, as a new job. The server has kept the module, so neither the file nor what it
 * imports is needed here.
 */
import type { Command } from 'commander';
import { parseArgs } from './args-option.ts';
import { connectApi } from './cluster-api.ts';
import { findJob } from './find.ts';
import { addTargetOptions, resolveTarget, type TargetOptions } from './target.ts';
import { addWatchOptions, tellJob, type WatchOptions } from './watch-job.ts';

interface RerunOptions extends TargetOptions, WatchOptions {
  readonly args?: unknown;
}

/** Adds the command. `setExitCode` is told how the job ended, if that is waited for. */
export function addRerunCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('rerun')
    .summary('run a submitted job again')
    .description(
      'Runs the module of a submitted job again, as a new job with the same name, purpose and priority. Prints the id of the new job and the address of its page.',
    )
    .argument('<job>', 'id of the job, or its name: the newest of that name')
    .option('--args <json>', "another argument of the job's main, or @FILE (default: the same)", parseArgs);
  addTargetOptions(addWatchOptions(command))
    .addHelpText('after', '\nExample:\n  daylight rerun 7 --args \'{"n": 20}\' --wait')
    .action(async (name: string, options: RerunOptions) => setExitCode(await rerun(name, options)));
}

async function rerun(name: string, options: RerunOptions): Promise<number> {
  const { args } = options;
  const target = resolveTarget(options);
  const api = connectApi(target);
  const { id } = await findJob(api, name);
  const job = await api.call('rerunJob', { params: { id }, body: args === undefined ? {} : { args } });
  return tellJob(api, job, target.address, options);
}
