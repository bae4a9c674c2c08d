// Bundling of one submitted source, inside the sandbox: what the source is turned into, or everything that is wrong with it.

import type { Problem } from '#shared/api/schemas.ts';
import { BundleError } from '#shared/errors/daylight-error.ts';
import type { SourceOutcome, SubmittedSource } from '#shared/ports/job-bundler.ts';
import { type ArgsSchema, findArgsSchema } from '../args-schema.ts';
import type { BundleProblem } from '../bundle-problem.ts';
import { tryBundle } from '../job-bundler.ts';
import type { BundledModule } from '../job-bundler.ts';
import { JobHost } from './job-host.ts';
import { problemOf } from './problem-of.ts';
import { findComputedImport } from './computed-imports.ts';

const MAX_BUNDLE_CHARS = 32_000_000;
const MAX_PROBLEMS = 100;

/** Bundles a source; never rejects for what is wrong with it. */
export async function bundleSource(input: SubmittedSource, packagesDir: string): Promise<SourceOutcome> {
  const { source, fileName } = input;
  const computed = computedImport(source, fileName);
  if (computed !== undefined) return { problems: [problemOf(computed, fileName)] };
  const { module, failures } = await tryBundle({ host: new JobHost(source, fileName, packagesDir) });
  if (failures !== undefined)
    return { problems: failures.slice(0, MAX_PROBLEMS).map((failure) => problemOf(placed(failure), fileName)) };
  if (module.code.length > MAX_BUNDLE_CHARS) {
    const reason = `the bundle has ${module.code.length} characters, at most ${MAX_BUNDLE_CHARS} are taken`;
    return { problems: [problemOf({ file: fileName, line: 1, column: 1, reason }, fileName)] };
  }
  return finished(module, input);
}

async function finished(module: BundledModule, input: SubmittedSource): Promise<SourceOutcome> {
  const { source, fileName, argument } = input;
  const { schema, problem } = findArgsSchema(source, fileName);
  const warnings = module.warnings
    .filter(({ file }) => file === fileName)
    .slice(0, MAX_PROBLEMS)
    .map(({ message, ...at }): Problem => ({ ...at, message, severity: 'warning', source: 'bundle' }));
  if (problem !== undefined) warnings.push({ ...problemOf(problem, fileName), severity: 'warning' });
  const { hash, code, sourceMap, hasMain, registrations } = module;
  const functions = registrations.map(({ name }) => name);
  const job = { hash, code, sourceMap, hasMain, functions, args: schema };
  return argument
    ? { problems: warnings, job, misfits: await misfitsOf(schema, argument.value) }
    : { problems: warnings, job };
}

/** Here and not in the server: a pattern or a schema that refers to itself can keep whoever reads it busy for ever. */
async function misfitsOf(schema: ArgsSchema | null, value: unknown): Promise<readonly string[]> {
  if (schema === null) return [];
  const { problemsOfArgs } = await import('#shared/api/args-check.ts');
  return problemsOfArgs(schema, value);
}

/** What does not parse is told by the bundling. */
function computedImport(source: string, fileName: string): BundleProblem | undefined {
  try {
    return findComputedImport(source, fileName);
  } catch (error) {
    if (error instanceof BundleError) return undefined;
    throw error;
  }
}

/** An error of the bundler in its parts. */
function placed({ message, file, line, column, hint }: BundleError): BundleProblem {
  const place = `${file}:${line}:${column}: `;
  const text = message.startsWith(place) ? message.slice(place.length) : message;
  const reason = hint !== '' && text.endsWith(hint) ? text.slice(0, -hint.length).trimEnd() : text;
  return { file, line, column, reason, hint };
}
