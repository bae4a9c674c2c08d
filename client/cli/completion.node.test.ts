import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KINDS } from './columns.ts';
import { completionModel } from './completion-model.ts';
import { completionScript, SHELLS } from './completion-scripts.ts';
import { createProgram } from './program.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-completion-'));
const commands = completionModel(
  createProgram(
    () => Promise.reject(new Error('completion starts no server')),
    () => {},
  ),
  Object.keys(KINDS),
);

/** What bash offers for the last of these words. */
function bash(...words: readonly string[]): string[] {
  const script = `
    source "${folder}/completion.bash"
    COMP_WORDS=(daylight ${words.map((word) => `'${word}'`).join(' ')})
    COMP_CWORD=${words.length}
    _daylight
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  const output = execFileSync('bash', ['-c', script], { env, cwd: folder, encoding: 'utf8' });
  return output.split('\n').filter((line) => line !== '');
}

beforeAll(() => {
  writeFileSync(path.join(folder, 'completion.bash'), completionScript('bash', commands));
  writeFileSync(path.join(folder, 'job.ts'), '');
  // Stands for the command line with a server that has two jobs and a task.
  const program = path.join(folder, 'daylight');
  writeFileSync(program, `#!/bin/sh\necho id\n[ "$2" = jobs ] && printf '7\\r\\n12\\r\\n' || echo 3.17\n`);
  chmodSync(program, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('completion', () => {
  it('of commands', () => {
    expect(bash('s')).toEqual(['submit', 'status', 'stop']);
    expect(bash('')).toEqual(expect.arrayContaining(['up', 'timeline', 'completion', 'help', '--version']));
    expect(bash('help', 'ti')).toEqual(['timeline']);
  });

  it('of options and their values', () => {
    expect(bash('submit', '--w')).toEqual(['--wait']);
    expect(bash('submit', '--trust', '')).toEqual(['own', 'unchecked']);
    expect(bash('submit', '--purpose', '')).toEqual([]);
    expect(bash('submit', 'jo')).toEqual(['job.ts']);
  });

  it('of arguments, wherever options stand', () => {
    expect(bash('list', 't')).toEqual(['tasks']);
    expect(bash('list', '--limit', '3', 'no')).toEqual(['nodes']);
    expect(bash('list', '--json', 'ac')).toEqual(['actors']);
    expect(bash('completion', '')).toEqual([...SHELLS]);
  });

  it('of ids that the server knows', () => {
    expect(bash('logs', '')).toEqual(['7', '12']);
    expect(bash('logs', '1')).toEqual(['12']);
    expect(bash('stop', '7', '--yes', '1')).toEqual(['12']);
    expect(bash('logs', '7', '')).toEqual([]);
    expect(bash('logs', '7', '--task', '')).toEqual(['3.17']);
    expect(bash('why', '3')).toEqual(['3.17']);
  });

  it.each(SHELLS)('for %s knows every command, option and choice', (shell) => {
    const script = completionScript(shell, commands);
    for (const { name, options } of commands) {
      expect(script).toContain(name);
      for (const { long } of options) expect(script).toContain(shell === 'fish' ? `-l ${long.slice(2)} ` : long);
    }
    for (const kind of ['jobs', 'tasks', 'objects']) expect(script).toContain(`_daylight_ids ${kind}`);
    expect(script).not.toContain('undefined');
  });
});
