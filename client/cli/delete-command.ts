/**
 * `daylight delete`: makes the server forget jobs that are over. A person is asked first; a program says `--yes`.
 */
import type { Command } from 'commander';
import type { JobDetail } from '#shared/api/schemas.ts';
import { DaylightError } from '#shared/errors/daylight-error.ts';
import { connectApi } from './cluster-api.ts';
import { confirm, exitCodeOf } from './confirm.ts';
import { EXIT, explain } from './exit-codes.ts';
import { findJob } from './find.ts';
import { print, printJson, say } from './output.ts';
import { addTargetOptions, resolveTarget, type TargetOptions } from './target.ts';

interface DeleteOptions extends TargetOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Adds the command. `setExitCode` is told if a job could not be deleted. */
export function addDeleteCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('delete')
    .summary('forget jobs that are over')
    .description(
      'Deletes jobs that are over, with their results, their files and their logs. A job that is running has to be stopped first.',
    )
    .argument('<jobs...>', 'ids of jobs, or names: the newest of that name')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print the ids of the deleted jobs as one line of JSON');
  addTargetOptions(command)
    .addHelpText('after', '\nExample:\n  daylight delete 7 8 --yes')
    .action(async (names: string[], options: DeleteOptions) => setExitCode(await remove(names, options)));
}

async function remove(names: readonly string[], options: DeleteOptions): Promise<number> {
  const { yes = false, json = false } = options;
  const api = connectApi(resolveTarget(options));
  // All are found before the first is deleted: a misspelled one deletes nothing.
  const found = await Promise.all([...new Set(names)].map((name) => findJob(api, name)));
  const jobs = [...new Map(found.map((job) => [job.id, job])).values()];
  const running = jobs.filter(({ status }) => status === 'running');
  if (running.length > 0)
    throw new DaylightError(
      `${running.map(wordsOf).join(', ')} still running: daylight stop ${running.map(({ id }) => id).join(' ')}`,
    );
  const answer = yes ? 'yes' : await confirm('delete', jobs.map(wordsOf));
  if (answer !== 'yes') {
    say('nothing was deleted');
    return exitCodeOf(answer);
  }
  let exitCode: number = EXIT.ok;
  const deleted: string[] = [];
  for (const job of jobs) {
    try {
      await api.call('deleteJob', { params: { id: job.id } });
      deleted.push(job.id);
      if (!json) print(`${wordsOf(job)}: deleted`);
    } catch (error) {
      const failure = explain(error);
      say(`daylight: job ${job.id} could not be deleted: ${failure.text}`);
      exitCode = failure.exitCode;
    }
  }
  if (json) printJson({ deleted });
  return exitCode;
}

function wordsOf({ id, name }: Pick<JobDetail, 'id' | 'name'>): string {
  return `${id} (${name})`;
}
