/*
 * Every check that is not a test: format, lint with type information, types per environment, layers, docs, dead
 * code. Two at a time, one line each, and the output only of those that fail.
 */

import { existsSync, globSync } from 'node:fs';
import path from 'node:path';

import { runCommand } from './run-command.ts';
import { repositoryRoot } from './source-files.ts';

const CONCURRENCY = 2;

/** Counts of checks that passed and failed. */
export interface CheckCounts {
  readonly passed: number;
  readonly failed: number;
}

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

/** Each environment's TypeScript configuration and the folder whose files make it necessary. */
const environments = [
  { name: 'node', config: 'tsconfig.json', folder: 'scripts' },
  { name: 'shared', config: 'shared/tsconfig.json', folder: 'shared' },
  { name: 'client', config: 'client/tsconfig.json', folder: 'client' },
  { name: 'web', config: 'web/tsconfig.json', folder: 'web' },
  { name: 'browser host', config: 'client/host/browser/tsconfig.json', folder: 'client/host/browser' },
];

/** The type checks; an environment may lack a configuration only while it has no files. */
function typeChecks(): Check[] {
  return environments.flatMap(({ name, config, folder }) => {
    const hasConfig = existsSync(path.join(repositoryRoot, config));
    const hasFiles = globSync(`${folder}/**/*.{ts,tsx}`, { cwd: repositoryRoot }).length > 0;
    if (!hasConfig && hasFiles) throw new Error(`${folder} has files but there is no ${config}`);
    return hasConfig && hasFiles
      ? [{ name: `types (${name})`, command: ['tsc', '-p', config, '--pretty', 'false'] }]
      : [];
  });
}

function allChecks(): Check[] {
  return [
    { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
    { name: 'format', command: ['oxfmt', '--check'] },
    ...typeChecks(),
    { name: 'layers', command: ['node', 'scripts/check-layers.ts'] },
    { name: 'docs', command: ['node', 'scripts/check-docs.ts'] },
    { name: 'dead code', command: ['knip', '--no-config-hints'] },
  ];
}

/** Runs one check, prints its line, and its output when it failed; resolves to whether it passed. */
async function runCheck({ name, command }: Check): Promise<boolean> {
  const startedAtMs = performance.now();
  const { exitCode, output } = await runCommand(command);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  const passed = exitCode === 0;
  console.log(`${passed ? '✓' : '✗'} ${name.padEnd(20)} ${seconds.padStart(5)} s`);
  if (!passed) console.log(`${output.trimEnd().replaceAll(/^/gm, '    ')}\n    (${command.join(' ')})`);
  return passed;
}

/** Runs all checks. */
export async function runChecks(): Promise<CheckCounts> {
  const waiting = allChecks();
  const counts = { passed: 0, failed: 0 };
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      if (await runCheck(check)) counts.passed += 1;
      else counts.failed += 1;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return counts;
}

if (import.meta.main) {
  const { passed, failed } = await runChecks();
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}
