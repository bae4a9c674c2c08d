/*
 * What `npm pack` makes must serve a stranger: installed from the tarball into an empty folder, the package can
 * be imported, its types are true and its command runs, without anything of this repository on the way.
 */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runCommand } from '../scripts/run-command.ts';
import { repositoryRoot } from '../scripts/source-files.ts';
import { Processes } from './fixtures/processes.ts';

const PACK_AND_INSTALL_MS = 300_000;

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-package-'));
const processes = new Processes();

/** Runs a command in the user's folder and returns its output; throws with the output when it fails. */
async function run(command: readonly string[], cwd: string = folder): Promise<string> {
  const { exitCode, output } = await runCommand(command, { cwd });
  if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}:\n${output}`);
  return output;
}

function write(name: string, content: string | object): void {
  writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
}

beforeAll(async () => {
  await run(['npm', 'pack', '--loglevel=error', '--pack-destination', folder], repositoryRoot);
  const [tarball = 'no tarball'] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  write('package.json', { name: 'somebody', private: true, type: 'module' });
  await run(['npm', 'install', `./${tarball}`, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']);
}, PACK_AND_INSTALL_MS);

afterAll(async () => {
  await processes.killAll();
  rmSync(folder, { recursive: true, force: true });
});

describe('the packed package', () => {
  it('can be imported by name', async () => {
    write('import.mjs', `import * as daylight from 'daylight'; console.log(JSON.stringify(Object.keys(daylight)));`);
    const names: unknown = JSON.parse(await run([process.execPath, 'import.mjs']));
    expect(names).toEqual(
      expect.arrayContaining(['init', 'remote', 'put', 'get', 'wait', 'cancel', 'kill', 'getActor', 'context']),
    );
  });

  it('has the daylight command', async () => {
    expect(await run([path.join('node_modules', '.bin', 'daylight'), '--help'])).toMatch(/usage/i);
  });

  it('holds built files only, and no tests', () => {
    const installed = path.join(folder, 'node_modules', 'daylight');
    expect(readdirSync(installed).sort()).toEqual(expect.arrayContaining(['dist', 'package.json']));
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    const isText = (file: string): boolean => file.startsWith(path.join('dist', 'examples', 'gallery'));
    const misplaced = files.filter(
      (file) => /\.(test|e2e|contract)\./.test(file) || (/(?<!\.d)\.ts$/.test(file) && !isText(file)),
    );
    expect(misplaced).toEqual([]);
  });

  it('serves the pages for browsers', async () => {
    const program = path.join(folder, 'node_modules', 'daylight', 'dist', 'bin', 'daylight.js');
    const data = path.join(folder, 'data');
    const server = processes.node([program, 'up', '--port', '0', '--data', data, '--json'], { cwd: folder });
    const [line] = await server.says(/^\{.*\}$/m);
    const { url } = JSON.parse(line) as { url: string };
    const page = await fetch(`${url}/donate`);
    const text = await page.text();
    expect([page.status, text]).toEqual([200, expect.stringMatching(/src="\/assets\//)]);
    const [, script = ''] = /src="(\/assets\/[^"]+)"/.exec(text) ?? [];
    for (const address of [script, '/sandbox']) expect((await fetch(url + address)).status).toBe(200);
    server.signal('SIGTERM');
    expect((await server.end(10_000)).code).toBe(0);
  });

  it('has types that accept what is right and refuse what is wrong', async () => {
    write(
      'use.ts',
      [
        `import { get, remote } from 'daylight';`,
        `import type { ObjectRef } from 'daylight';`,
        `const square = remote((x: number) => x * x);`,
        `const ref: ObjectRef<number> = square.remote(7);`,
        `export const value: number = await get(ref);`,
        `// @ts-expect-error a string is no number`,
        `square.remote('7');`,
        `// @ts-expect-error a reference to a number is none to a string`,
        `export const wrong: ObjectRef<string> = ref;`,
      ].join('\n'),
    );
    write('tsconfig.json', {
      compilerOptions: {
        target: 'esnext',
        module: 'nodenext',
        strict: true,
        noEmit: true,
        types: ['node'],
        typeRoots: [path.join(repositoryRoot, 'node_modules', '@types')],
      },
      files: ['use.ts'],
    });
    expect(await run(['tsc', '-p', 'tsconfig.json', '--pretty', 'false'])).toBe('');
  });
});
