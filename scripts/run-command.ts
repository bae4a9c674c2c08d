/*
 * Runs the project's command line tools as child processes, always those of node_modules and always on the
 * pinned Node, whatever the caller's PATH says.
 */

import { spawn } from 'node:child_process';
import path from 'node:path';

import { repositoryRoot } from './source-files.ts';

const binFolder = path.join(repositoryRoot, 'node_modules', '.bin');

/** How a command ended; `output` is standard output and standard error as they came, empty when inherited. */
export interface CommandResult {
  readonly exitCode: number;
  readonly output: string;
}

/** Options of {@link runCommand}: the working folder, extra environment, and whether to show the output at once. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly inherit?: boolean;
}

/**
 * Runs one command and resolves when it has ended, whatever its exit code; a death by signal counts as 1.
 *
 * @throws Error when the command cannot be started.
 */
export function runCommand(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? repositoryRoot,
      env: { ...process.env, ...options.env, PATH: `${binFolder}${path.delimiter}${process.env['PATH'] ?? ''}` },
      stdio: options.inherit === true ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }));
  });
}
