/*
 * What the README tells people to type works: its titled code blocks are written into an empty folder, its `run` blocks are
 * run there one after the other, with the package linked the way npm would install it.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runCommand } from '../scripts/run-command.ts';
import { repositoryRoot } from '../scripts/source-files.ts';

interface Block {
  readonly language: string;
  /** What follows the language: `title="job.ts"`, `run`. */
  readonly info: string;
  readonly code: string;
}

/** The fenced code blocks of a Markdown text, in their order. */
function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)([^\n]*)\n([^]*?)^```$/gm)].map(([, language = '', info = '', code = '']) => ({
    language,
    info: info.trim(),
    code,
  }));
}

const blocks = blocksOf(readFileSync(path.join(repositoryRoot, 'README.md'), 'utf8'));
const files = blocks.flatMap(({ info, code }) => {
  const title = /title="([^"]+)"/.exec(info)?.[1];
  return title === undefined ? [] : [{ title, code }];
});
const commands = blocks.filter(({ info }) => info === 'run').flatMap(({ code }) => code.trim().split('\n'));

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-readme-'));
beforeAll(() => {
  const modules = path.join(folder, 'node_modules');
  mkdirSync(path.join(modules, '.bin'), { recursive: true });
  symlinkSync(repositoryRoot, path.join(modules, 'daylight'));
  const program = path.join(repositoryRoot, 'bin', 'daylight.ts');
  writeFileSync(path.join(modules, '.bin', 'daylight'), `#!/bin/sh\nexec node "${program}" "$@"\n`, { mode: 0o755 });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'reader', private: true, type: 'module' }));
  for (const { title, code } of files) writeFileSync(path.join(folder, title), code);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the README', () => {
  it('has a job, a script, and commands that run them', () => {
    expect(files.map(({ title }) => title)).toEqual(expect.arrayContaining(['job.ts', 'script.mts']));
    expect(commands.length).toBeGreaterThanOrEqual(2);
    const ten =
      files
        .find(({ title }) => title === 'job.ts')
        ?.code.trim()
        .split('\n') ?? [];
    expect(ten.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(12);
  });

  it.each(commands)('%s', async (command) => {
    // The source serves for the package here; `package.e2e.ts` tries the packed one.
    const env = { NODE_OPTIONS: '--conditions=daylight-source' };
    const { exitCode, output } = await runCommand(
      ['bash', '-c', command.replace(/^npx daylight/, 'node_modules/.bin/daylight')],
      { cwd: folder, env },
    );
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    if (command.includes('job.ts')) expect(Number(/"pi": ([\d.]+)/.exec(output)?.[1])).toBeCloseTo(Math.PI, 1);
    if (command.includes('script.mts')) expect(output).toMatch(/\[ 1, 4, 9 \]/);
  });
});
