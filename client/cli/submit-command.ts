/**
 * `daylight submit`: hands a job to the cluster, which runs it whether or not anybody waits. The module is bundled here, where its
 * imports are; with `--source` the server bundles the text and checks its types.
 */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { jobNameOf } from '#client/bundler/job-name.ts';
import { type ApiClient, ApiFailure } from '#shared/api/client.ts';
import type { JobDetail, Problem, Submission } from '#shared/api/schemas.ts';
import { BundleError, DaylightError } from '#shared/errors/daylight-error.ts';
import { MAX_PURPOSE_BYTES, MAX_SUBMITTER_BYTES } from '#shared/protocol/limits.ts';
import { checkArgs, jobSource, parseArgs } from './args-option.ts';
import { connectApi } from './cluster-api.ts';
import { EXIT } from './exit-codes.ts';
import { printJson } from './output.ts';
import { parseName, parsePriority, parseText } from './parse-values.ts';
import { problemOf, showProblems } from './source-problems.ts';
import { addTargetOptions, resolveTarget, type TargetOptions } from './target.ts';
import { addWatchOptions, tellJob, type WatchOptions } from './watch-job.ts';

interface SubmitOptions extends TargetOptions, WatchOptions {
  readonly args?: unknown;
  readonly source?: boolean;
  readonly name?: string;
  readonly purpose?: string;
  readonly submitter?: string;
  readonly priority?: number;
  readonly trust?: 'own' | 'unchecked';
}

/** Adds the command. `setExitCode` is told how the job ended, if that is waited for. */
export function addSubmitCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('submit')
    .summary('hand a job to the cluster')
    .description(
      'Bundles a job module and hands it to the cluster, which runs it to its end whether or not anybody waits. Prints the id of the job and the address of its page.',
    )
    .argument('<file>', 'the job module (.ts or .js)')
    .option('--args <json>', "argument of the job's main, or @FILE", parseArgs)
    .option('--name <name>', "the job's name in lists (default: the file's, or for a job.ts its folder's)", parseName)
    .option('--purpose <text>', 'what for: shown to the people whose machines compute', parseText(MAX_PURPOSE_BYTES))
    .addOption(
      new Option('--submitter <name>', 'who runs it: shown to them too')
        .env('DAYLIGHT_SUBMITTER')
        .argParser(parseText(MAX_SUBMITTER_BYTES)),
    )
    .option('--priority <n>', 'weight among jobs: 1 is usual, 2 gets twice as much', parsePriority)
    .addOption(
      new Option('--trust <nodes>', 'whose nodes may run its tasks: own, or unchecked for strangers, too').choices([
        'own',
        'unchecked',
      ]),
    )
    .option('--source', 'send the text of the file: the server bundles it and checks its types');
  addTargetOptions(addWatchOptions(command))
    .addHelpText(
      'after',
      '\nExample:\n  daylight submit examples/digits/job.ts --purpose "teaching" --wait\n\nCtrl-C while it waits leaves the job running: daylight stop JOB ends it.',
    )
    .action(async (file: string, options: SubmitOptions) => setExitCode(await submit(file, options)));
}

async function submit(file: string, options: SubmitOptions): Promise<number> {
  const { json = false } = options;
  const target = resolveTarget(options);
  const api = connectApi(target);
  let job: JobDetail;
  try {
    await checkArgs(file, options.args);
    const content = await contentOf(file, options);
    if (content.source !== undefined) await check(api, file, content);
    job = await api.call('submitJob', { body: { ...content, ...settingsOf(file, options) } });
  } catch (error) {
    const problems = problemsIn(error);
    if (problems.length === 0) throw error;
    if (json) printJson({ problems });
    else showProblems(problems, file);
    return EXIT.failed;
  }
  return tellJob(api, job, target.address, options);
}

async function contentOf(file: string, { source = false }: SubmitOptions): Promise<Partial<Submission>> {
  // The API takes plain names only; paths inside a bundle are in its source map.
  const fileName = path
    .basename(file)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(-100);
  if (source) return { fileName, source: await jobSource(file) };
  const { bundleModule } = await import('#client/bundler/job-bundler.ts');
  const { code, sourceMap, hasMain, warnings } = await bundleModule({ entryFile: path.resolve(file) });
  if (!hasMain) throw new DaylightError(`${file} has no main: add "export default async function main(args) { … }"`);
  showProblems(
    warnings.map((warning) => ({ ...warning, severity: 'warning', source: 'bundle' })),
    file,
  );
  return { fileName, bundle: { code, sourceMap } };
}

/** A source that the server runs is checked for its types, too. @throws SourceError */
async function check(api: ApiClient, file: string, { source = '', fileName = '' }: Partial<Submission>): Promise<void> {
  const { problems } = await api.call('checkSource', { body: { source, fileName } });
  if (problems.some(({ severity }) => severity === 'error')) throw new SourceError(problems);
  showProblems(problems, file);
}

/** The server found something wrong. */
class SourceError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('the source is wrong');
    this.problems = problems;
  }
}

function settingsOf(file: string, options: SubmitOptions): Partial<Submission> {
  const { args, name = jobNameOf(file), purpose, submitter, priority, trust } = options;
  return {
    name,
    ...(args === undefined ? {} : { args }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(submitter === undefined ? {} : { submitter }),
    ...(priority === undefined ? {} : { priority }),
    ...(trust === undefined ? {} : { trust }),
  };
}

function problemsIn(error: unknown): readonly Problem[] {
  if (error instanceof ApiFailure || error instanceof SourceError) return error.problems;
  return error instanceof BundleError ? [problemOf(error)] : [];
}
