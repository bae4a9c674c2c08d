/**
 * The command line: which commands there are, and how they end.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT, explain } from './exit-codes.ts';
import { addJoinCommand } from './join-command.ts';
import { addRunCommand } from './run-command.ts';
import type { StartServer } from './server-starter.ts';
import { addStatusCommand } from './status-command.ts';
import { addUpCommand } from './up-command.ts';

/** Runs `daylight` with these arguments (without node and script); resolves with the exit code. */
export async function runCli(args: readonly string[], startServer: StartServer): Promise<number> {
  const program = new Command('daylight')
    .description('Tasks, actors and shared objects on machines people lend.')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'show this')
    .helpCommand(false)
    .showHelpAfterError('(daylight --help shows what there is)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nExample:\n  daylight run job.ts --args \'{"n": 10}\'\n\nExit codes: 0 ok, 1 failed, 2 wrong usage, 3 cannot connect, 130 interrupted.',
    );
  let exitCode: number = EXIT.ok;
  addUpCommand(program, startServer);
  addJoinCommand(program);
  addRunCommand(program, (code) => (exitCode = code));
  addStatusCommand(program);
  for (const command of program.commands) command.helpOption('--help', 'show this').exitOverride();
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    // commander has said it already; `--help` and `--version` end this way too, with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const failure = explain(error);
    process.stderr.write(`daylight: ${failure.text}\n`);
    return failure.exitCode;
  }
}

function version(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}
