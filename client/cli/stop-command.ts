/**
 * `daylight stop`: ends jobs for good. A person is asked first; a program says `--yes`.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { JobDetail } from '#shared/api/schemas.ts';
import { connectApi } from './cluster-api.ts';
import { EXIT, explain, UsageError } from './exit-codes.ts';
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
  if (running.length > 0 && !yes && !(await isMeant(running))) {
    say('nothing was stopped');
    return EXIT.failed;
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

async function isMeant(jobs: readonly JobDetail[]): Promise<boolean> {
  const words = jobs.map(({ id, name, unfinished }) => `${id} (${name}, ${counted(unfinished, 'unfinished task')})`);
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError(`say --yes to stop ${words.join(', ')}: there is nobody here to ask`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  asking.once('SIGINT', () => asking.close());
  try {
    const closed = once(asking, 'close').then(() => '');
    // The end of the input, which rejects, is no yes either.
    const asked = asking.question(`Stop ${words.join(', ')}? [y/N] `).catch(() => '');
    const answer = await Promise.race([asked, closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asking.close();
  }
}
