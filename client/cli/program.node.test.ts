import { CommanderError } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createProgram, usageWords } from './program.ts';

afterEach(() => vi.unstubAllEnvs());

const program = () =>
  createProgram(
    () => Promise.reject(new Error('help starts no server')),
    () => {},
  );

/** What is said of a command line that cannot be used. */
async function complaint(...args: readonly string[]): Promise<string> {
  let said = '';
  const cli = program();
  for (const command of [cli, ...cli.commands]) command.configureOutput({ writeErr: (text) => (said += text) });
  await expect(cli.parseAsync([...args], { from: 'user' })).rejects.toBeInstanceOf(CommanderError);
  return said;
}

describe('wrong usage', () => {
  it('is said as everything else is, and points to the help of its command', async () => {
    expect(await complaint('submit', 'job.ts', '--zz')).toBe(
      "daylight: unknown option '--zz'\n(daylight submit --help shows how it is used)\n",
    );
    expect(await complaint('nope')).toBe("daylight: unknown command 'nope'\n(daylight --help shows what there is)\n");
  });

  it('repeats of a long value its beginning', async () => {
    const said = await complaint('submit', 'job.ts', '--args', `{"text": 'it is', "x": "${'y'.repeat(5000)}"`);
    expect(said.length).toBeLessThan(400);
    expect(said).toMatch(
      /^daylight: option '--args <json>' argument '\{"text": 'it is'.*…' is invalid\. this is not JSON/,
    );
    expect(usageWords(`error: unknown command '${'x'.repeat(100)}'`)).toBe(
      `daylight: unknown command '${'x'.repeat(59)}…'`,
    );
  });

  it('is a name that lists have no room for, before anything else is done', async () => {
    for (const command of ['run', 'submit'])
      expect(await complaint(command, 'job.ts', '--name', 'x'.repeat(201))).toMatch(/at most 200 characters/);
  });
});

describe('help', () => {
  it('is as wide as COLUMNS says, also where that is little', () => {
    for (const columns of [40, 64]) {
      vi.stubEnv('COLUMNS', String(columns));
      const lines = program().commands.flatMap((command) => command.helpInformation().split('\n'));
      const tooWide = lines.filter((line) => line.length > columns && line.trim().includes(' '));
      // Terms and the usage are not cut.
      expect(tooWide.filter((line) => !/^( {2}-| {2}\S+ {2,}|Usage: )/.test(line))).toEqual([]);
    }
  });
});
