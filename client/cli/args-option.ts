/**
 * The job module and the argument of its `main` as commands are given them: `--args` is JSON or `@FILE`, and is compared with the form
 * that the module exports before anything is bundled or sent.
 */
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import type { ArgsSchema } from '#client/bundler/args-schema.ts';
import { problemsOfArgs } from '#shared/api/args-check.ts';
import { BundleError } from '#shared/errors/daylight-error.ts';
import { UsageError } from './exit-codes.ts';

/** Reads `--args`: JSON, or the name of a file with JSON behind `@`. */
export function parseArgs(text: string): unknown {
  const file = text.startsWith('@') ? text.slice(1) : undefined;
  try {
    return JSON.parse(file === undefined ? text : readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof SyntaxError) throw new InvalidArgumentError(`this is not JSON (${reason}).`);
    throw new InvalidArgumentError(`the file cannot be read (${reason}).`);
  }
}

/** The text of a job module. @throws UsageError if there is none */
export async function jobSource(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new UsageError(`${file}: there is no such file`);
  if (!found.isFile()) throw new UsageError(`${file} is not a file: name the job module in it`);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** Compares the argument with what the module says of it. @throws UsageError with everything that does not fit */
export async function checkArgs(file: string, args: unknown): Promise<void> {
  const source = await jobSource(file);
  const problems = problemsOfArgs(await formIn(source, file), args);
  if (problems.length === 0) return;
  const words = args === undefined ? ['--args is needed', ...problems] : problems;
  throw new UsageError(words.join('\n  '));
}

async function formIn(source: string, file: string): Promise<ArgsSchema | null> {
  const { findArgsSchema } = await import('#client/bundler/args-schema.ts');
  try {
    return findArgsSchema(source, file).schema;
  } catch (error) {
    // What does not parse has no form: whoever bundles it says what is wrong.
    if (error instanceof BundleError) return null;
    throw error;
  }
}
