/**
 * The command line: which commands there are, and how they end. What is heavy (the bundler, a node) is loaded by the commands that
 * need it: a shell that completes an id waits for all the rest.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addCompletionCommand } from './completion-command.ts';
import { addDeleteCommand } from './delete-command.ts';
import { EXIT, explain } from './exit-codes.ts';
import { addGetCommand } from './get-command.ts';
import { addJoinCommand } from './join-command.ts';
import { addListCommand } from './list-command.ts';
import { addLogsCommand } from './logs-command.ts';
import { endWithReader, outputWidth } from './output.ts';
import { printable, shortened } from './printable.ts';
import { addPutCommand } from './put-command.ts';
import { addRerunCommand } from './rerun-command.ts';
import { addRunCommand } from './run-command.ts';
import type { StartServer } from './server-starter.ts';
import { addStatusCommand } from './status-command.ts';
import { addStopCommand } from './stop-command.ts';
import { addSubmitCommand } from './submit-command.ts';
import { addTimelineCommand } from './timeline-command.ts';
import { addUpCommand } from './up-command.ts';
import { addWhyCommand } from './why-command.ts';

/** Help that nobody watches is this wide. */
const HELP_COLUMNS = 100;
/** Descriptions are wrapped down to this width; below it every word would have a line of its own. */
const MIN_HELP_COLUMNS = 16;

/** Runs `daylight` with these arguments (without node and script); resolves with the exit code. */
export async function runCli(args: readonly string[], startServer: StartServer): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = createProgram(startServer, (code) => (exitCode = code));
  endWithReader();
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    // commander has said it already; `--help` and `--version` end this way too, with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const failure = explain(error);
    process.stderr.write(`daylight: ${printable(failure.text)}\n`);
    return failure.exitCode;
  }
}

/** All commands. `setExitCode` is told how a command ended that did not throw. */
export function createProgram(startServer: StartServer, setExitCode: (code: number) => void): Command {
  const program = new Command('daylight')
    .description('Tasks, actors and shared objects on machines people lend.')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'show this')
    .helpCommand('help [command]', 'show help, of a command if one is named')
    .showHelpAfterError('(daylight --help shows what there is)')
    .configureHelp({ minWidthToWrap: MIN_HELP_COLUMNS })
    .configureOutput({
      getOutHelpWidth: () => outputWidth() ?? HELP_COLUMNS,
      getErrHelpWidth: () => outputWidth(process.stderr) ?? HELP_COLUMNS,
      outputError: (text, write) => write(usageWords(text)),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
Example:
  daylight run job.ts --args '{"n": 10}'

On the machine where a server runs, commands find it by themselves. Elsewhere:
  DAYLIGHT_ADDRESS, DAYLIGHT_TOKEN  stand in for --address and --token
  DAYLIGHT_SUBMITTER                stands in for --submitter
  NO_COLOR                          if it is set, nothing is coloured

Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 cannot connect, 130 interrupted.`,
    );
  addUpCommand(program, startServer);
  addJoinCommand(program);
  addRunCommand(program, setExitCode);
  addSubmitCommand(program, setExitCode);
  addStatusCommand(program);
  addListCommand(program);
  addLogsCommand(program);
  addStopCommand(program, setExitCode);
  addRerunCommand(program, setExitCode);
  addDeleteCommand(program, setExitCode);
  addWhyCommand(program);
  addTimelineCommand(program);
  addPutCommand(program);
  addGetCommand(program, setExitCode);
  addCompletionCommand(program);
  for (const command of program.commands) {
    command
      .helpOption('--help', 'show this')
      .showHelpAfterError(`(daylight ${command.name()} --help shows how it is used)`)
      .exitOverride();
  }
  return program;
}

/** Where commander repeats a value that it could not use; the value may have quotes in it. */
const REPEATED_VALUE = /(?<=(?:argument|value) ')[^]+(?=' (?:is|from env) )/;
/** Any other word that it repeats, if that is long. */
const LONG_WORD = /(?<=')[^'\n]{60,}(?=')/g;

/** What commander says of wrong usage, as everything else is said here; of a long value its beginning will do. */
export function usageWords(text: string): string {
  return text
    .replace(/^error: /, 'daylight: ')
    .replace(REPEATED_VALUE, shortened)
    .replaceAll(LONG_WORD, shortened);
}

function version(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}
