import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.ts';

const GUIDE = path.resolve(import.meta.dirname, '../../docs/guides/command-line.md');
const HELP_COLUMNS = 96;
const BLOCK = /^```text title="daylight (?:(\w+) )?--help"\n[^]*?^```$/gm;

const program = createProgram(
  () => Promise.reject(new Error('help starts no server')),
  () => {},
);
const guide = readFileSync(GUIDE, 'utf8');

/** What `--help` prints. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => HELP_COLUMNS });
  command.outputHelp();
  return text.trimEnd();
}

describe('the guide to the command line', () => {
  it('has the help of every command', () => {
    const shown = [...guide.matchAll(BLOCK)].map(([, name = '']) => name);
    expect(shown).toEqual(['', ...program.commands.map((command) => command.name())]);
  });

  // `vitest -u` writes the help into the guide.
  it('shows help as it is printed', async () => {
    const renewed = guide.replaceAll(BLOCK, (_, name: string | undefined) => {
      const command = name === undefined ? program : program.commands.find((one) => one.name() === name);
      if (command === undefined) throw new Error(`there is no command ${name}`);
      return `\`\`\`text title="daylight ${name === undefined ? '' : `${name} `}--help"\n${helpOf(command)}\n\`\`\``;
    });
    await expect(renewed).toMatchFileSnapshot(GUIDE);
  });

  it('names only commands and options that there are', () => {
    const prose = guide.replaceAll(BLOCK, '');
    const options = new Set(program.commands.flatMap(({ options: given }) => given.map(({ long }) => long)));
    for (const [option] of prose.matchAll(/--[a-z][\w-]+/g)) expect([...options, '--help']).toContain(option);
    const names = [...program.commands.map((command) => command.name()), 'help'];
    for (const [, name] of prose.matchAll(/`daylight ([a-z]+)|^daylight ([a-z]+)/gm))
      if (name) expect(names).toContain(name);
  });
});
