/**
 * `daylight completion`: a script with which a shell completes commands, options and ids.
 */
import { Argument, type Command } from 'commander';
import { KINDS } from './columns.ts';
import { completionModel } from './completion-model.ts';
import { completionScript, type Shell, SHELLS } from './completion-scripts.ts';

/** Adds the command. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .summary('print a completion script for a shell')
    .description(
      'Prints a script with which a shell completes commands, options and the ids of jobs, tasks and objects. Bash: source <(daylight completion bash) in ~/.bashrc. Zsh: write it to _daylight in a folder of $fpath. Fish: write it to ~/.config/fish/completions/daylight.fish.',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', '\nExample:\n  source <(daylight completion bash)')
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell, completionModel(program, Object.keys(KINDS))));
    });
}
