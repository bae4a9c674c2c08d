/**
 * `daylight stop`: ends jobs for good. A person is asked first; a program says `--yes`.
 */
import type { Command } from 'commander';
import type { JobDetail } from '#shared/api/schemas.ts';
import { connectApi } from './cluster-api.ts';
import { confirm, exitCodeOf } from './confirm.ts';
import { EXIT, explain } from './exit-codes.ts';
import { findJob } from './find.ts';
import { counted } from './format.ts';
import { print, printJson, say } from './output.ts';
import { addTargetOptions, resolveTarget, type TargetOptions } from './target.ts';

interface StopOptions extends TargetOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Adds the command. `setExitCode` is told if a job could not be stopped. */
export function addStopCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('stop')
    .summary('stop jobs')
    .description(
      'Stops jobs: their tasks end, their actors die, their objects go. What they printed and published stays. A job that is over already is left as it is.',
    )
    .argument('<jobs...>', 'ids of jobs, or names: the newest of that name')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print the jobs as one line of JSON');
  addTargetOptions(command)
    .addHelpText('after', '\nExample:\n  daylight stop 7 8 --yes')
    .action(async (names: string[], options: StopOptions) => setExitCode(await stop(names, options)));
}

async function stop(names: readonly string[], options: StopOptions): Promise<number> {
  const { yes = false, json = false } = options;
  const api = connectApi(resolveTarget(options));
  // All are found before the first is stopped: a misspelled one stops nothing.
  const jobs = await Promise.all([...new Set(names)].map((name) => findJob(api, name)));
  const running = jobs.filter(({ status }) => status === 'running');
  const words = running.map(({ id, name, unfinished }) => `${id} (${name}, ${counted(unfinished, 'unfinished task')})`);
  const answer = running.length === 0 || yes ? 'yes' : await confirm('stop', words);
  if (answer !== 'yes') {
    say('nothing was stopped');
    return exitCodeOf(answer);
  }
  let exitCode: number = EXIT.ok;
  const items: JobDetail[] = [];
  for (const job of jobs) {
    if (job.status !== 'running') {
      items.push(job);
      if (!json) print(`${job.id} (${job.name}) is over already: ${job.status}`);
      continue;
    }
    try {
      const stopped = await api.call('stopJob', { params: { id: job.id } });
      items.push(stopped);
      if (!json) print(`${stopped.id} (${stopped.name}): ${stopped.status}`);
    } catch (error) {
      const failure = explain(error);
      say(`daylight: job ${job.id} could not be stopped: ${failure.text}`);
      exitCode = failure.exitCode;
    }
  }
  if (json) printJson({ items });
  return exitCode;
}
