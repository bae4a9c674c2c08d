/**
 * What a shell can complete: the commands with their options and arguments, read from the same definitions that parse them, so
 * that a script is never behind.
 */
import type { Argument, Command, Option } from 'commander';

/** What stands for an argument or the value of an option. */
export type Completion =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Ids that the server knows now. */
  | { readonly kind: 'ids'; readonly of: 'jobs' | 'tasks' | 'objects' }
  | { readonly kind: 'files' }
  | { readonly kind: 'folders' }
  /** Anything: nothing is offered. */
  | { readonly kind: 'text' };

/** An option. */
export interface CompletedOption {
  /** `-f`, or nothing. */
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  /** Of its value, if it takes one. */
  readonly value: Completion | undefined;
}

/** A command. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** Of its arguments in their order; the last goes on if it is `repeats`. */
  readonly args: readonly Completion[];
  readonly repeats: boolean;
}

const FILES = ['file', 'tls-cert', 'tls-key', 'out'];
const FOLDERS = ['data', 'packages', 'artefacts'];

/** Reads a program; `listed` are the words that `list` takes. */
export function completionModel(program: Command, listed: readonly string[]): CompletedCommand[] {
  const commands = program.commands.map((command): CompletedCommand => {
    const args = command.registeredArguments;
    return {
      name: command.name(),
      summary: command.summary() || command.description(),
      options: [...command.options.map(optionOf), HELP],
      args: args.map((argument) => argumentOf(argument, listed)),
      repeats: args.at(-1)?.variadic ?? false,
    };
  });
  const names = commands.map(({ name }) => name);
  const help = { name: 'help', summary: 'show help', options: [], repeats: false };
  return [...commands, { ...help, args: [{ kind: 'words', words: names }] }];
}

/** Every command has it, though commander does not list it. */
const HELP: CompletedOption = { short: undefined, long: '--help', description: 'show this', value: undefined };

function optionOf({ long = '', short, description, required, argChoices }: Option): CompletedOption {
  const value = argChoices ? ({ kind: 'words', words: argChoices } as const) : valueOf((long ?? '').replace(/^--/, ''));
  // What may stand alone is followed by an argument as often as by its value.
  return { short, long: long ?? '', description, value: required ? value : undefined };
}

function argumentOf(argument: Argument, listed: readonly string[]): Completion {
  const name = argument.name();
  if (argument.argChoices) return { kind: 'words', words: argument.argChoices };
  if (name === 'kind') return { kind: 'words', words: listed };
  if (name === 'job' || name === 'jobs') return { kind: 'ids', of: 'jobs' };
  if (name === 'ref') return { kind: 'ids', of: 'objects' };
  return valueOf(name);
}

function valueOf(name: string): Completion {
  if (name === 'task') return { kind: 'ids', of: 'tasks' };
  if (FILES.includes(name)) return { kind: 'files' };
  return { kind: FOLDERS.includes(name) ? 'folders' : 'text' };
}
