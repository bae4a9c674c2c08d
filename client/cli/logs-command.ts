/**
 * `daylight logs`: what a job's tasks printed, to the end or as it comes.
 */
import type { Command } from 'commander';
import type { LogLine } from '#shared/api/schemas.ts';
import { connectApi } from './cluster-api.ts';
import { findJob, parseId } from './find.ts';
import { causeOf, followJob, type LogRange, presentLines } from './job-events.ts';
import { printJson, say } from './output.ts';
import { parseWholeNumber } from './parse-values.ts';
import { Terminal } from './terminal.ts';
import { addTargetOptions, resolveTarget, type TargetOptions } from './target.ts';

interface LogsOptions extends TargetOptions {
  readonly follow?: boolean;
  readonly task?: string;
  readonly since: number;
  readonly json?: boolean;
}

/** Adds the command. */
export function addLogsCommand(program: Command): void {
  const command = program
    .command('logs')
    .summary('what a job printed')
    .description(
      'Prints the log of a job: what its main and its tasks printed, each line with the id of its task. The server keeps the newest lines of each job. Who prints very much (more than some thousand lines a second, or 20000 characters in a line) loses the rest: the log says how much. With --follow, too, it exits with 0 whatever becomes of the job: submit --wait ends as the job does.',
    )
    .argument('<job>', 'id of the job, or its name: the newest of that name')
    .option('-f, --follow', 'go on until the job is over')
    .option('--task <id>', 'only what this task printed')
    .option('--since <n>', 'only lines behind the one with this number', parseWholeNumber, 0)
    .option('--json', 'print each line as one line of JSON');
  addTargetOptions(command).addHelpText('after', '\nExample:\n  daylight logs 7 -f').action(logs);
}

async function logs(name: string, options: LogsOptions): Promise<void> {
  const { follow = false, task, since: after, json = false } = options;
  if (task !== undefined) parseId(task);
  const api = connectApi(resolveTarget(options));
  const { id } = await findJob(api, name);
  const show = json ? printJson : shower();
  const range: LogRange = { after, task };
  if (follow) {
    const { status, message, error } = await followJob(api, id, {
      listener: { onLine: show, onNews: say },
      log: range,
    });
    // What the server says of a job that threw is that its driver has ended.
    const reason = error === null ? message : causeOf(error);
    if (!json) say(`job ${id}: ${status}${reason === '' ? '' : `, ${reason}`}`);
    return;
  }
  for await (const line of presentLines(api, id, range)) show(line);
}

/** Prints lines for people, and says where some are missing. */
function shower(): (line: LogLine) => void {
  const { env, stdout } = process;
  const terminal = new Terminal(stdout, () => 0, (env['NO_COLOR'] ?? '') === '');
  return ({ task, text }) => terminal.log(task ?? '', text);
}
