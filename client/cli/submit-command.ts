/**
 * `daylight submit`: hands a job to the cluster, which runs it whether or not anybody waits. The module is bundled here, where its
 * imports are; with `--source` the server bundles the text and checks its types.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { jobNameOf } from '#client/bundler/job-name.ts';
import { type ApiClient, ApiFailure } from '#shared/api/client.ts';
import type { JobDetail, Problem, Submission } from '#shared/api/schemas.ts';
import { BundleError, DaylightError } from '#shared/errors/daylight-error.ts';
import { MAX_PURPOSE_BYTES, MAX_SUBMITTER_BYTES } from '#shared/protocol/limits.ts';
import { connectApi } from './cluster-api.ts';
import { EXIT } from './exit-codes.ts';
import { formatDuration } from './format.ts';
import { onInterrupt } from './interrupts.ts';
import { followJob, progressOf } from './job-events.ts';
import { openTerminal, print, printJson, say } from './output.ts';
import { parseJson, parsePriority, parseText } from './parse-values.ts';
import { problemOf, showProblems } from './source-problems.ts';
import { addTargetOptions, resolveTarget, type TargetOptions } from './target.ts';

interface SubmitOptions extends TargetOptions {
  readonly args?: unknown;
  readonly source?: boolean;
  readonly name?: string;
  readonly purpose?: string;
  readonly submitter?: string;
  readonly priority?: number;
  readonly trust?: 'own' | 'unchecked';
  readonly wait?: boolean;
  readonly follow?: boolean;
  readonly json?: boolean;
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
    .option('--args <json>', "argument of the job's main", parseJson)
    .option('--name <name>', "the job's name in lists (default: the file's, or for a job.ts its folder's)")
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
    .option('--source', 'send the text of the file: the server bundles it and checks its types')
    .option('--wait', "wait for the end of the job, show its progress, and exit with the job's status")
    .option('--follow', 'the same, and print what it logs')
    .option('--json', 'print the job as one line of JSON: as submitted, or with --wait as it ended');
  addTargetOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  daylight submit examples/digits/job.ts --purpose "teaching" --wait\n\nCtrl-C while it waits leaves the job running: daylight stop JOB ends it.',
    )
    .action(async (file: string, options: SubmitOptions) => setExitCode(await submit(file, options)));
}

async function submit(file: string, options: SubmitOptions): Promise<number> {
  const { wait = false, follow = false, json = false } = options;
  const target = resolveTarget(options);
  const api = connectApi(target);
  let job: JobDetail;
  try {
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
  const url = `${target.address}/jobs/${job.id}`;
  if (!wait && !follow) {
    if (json) printJson({ ...job, url });
    else print(`job ${job.id} (${job.name})`, `  ${url}`, `  daylight logs ${job.id} -f`);
    return EXIT.ok;
  }
  say(`job ${job.id} (${job.name})  ${url}`);
  const ended = await waitFor(api, job, follow);
  if (ended === undefined) return EXIT.interrupted;
  if (json) printJson({ ...ended, url });
  else tellEnd(ended);
  return ended.status === 'succeeded' ? EXIT.ok : EXIT.failed;
}

async function contentOf(file: string, { source = false }: SubmitOptions): Promise<Partial<Submission>> {
  // The API takes plain names only; paths inside a bundle are in its source map.
  const fileName = path
    .basename(file)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(-100);
  if (source) return { fileName, source: await textOf(file) };
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

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new DaylightError(`${file} cannot be read (${error instanceof Error ? error.message : String(error)})`);
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

/** The job as it ended; undefined after Ctrl-C, which leaves it running. */
async function waitFor(api: ApiClient, { id }: JobDetail, follow: boolean): Promise<JobDetail | undefined> {
  const terminal = openTerminal();
  const left = new AbortController();
  const unlisten = onInterrupt(() => left.abort());
  try {
    return await followJob(api, id, {
      listener: {
        onLine: ({ task, text }) => terminal.log(task ?? '', text),
        onState(job) {
          const { fraction, words } = progressOf(job);
          terminal.progress(fraction, words);
        },
        onNews: (message) => terminal.line(message),
      },
      ...(follow ? { log: { after: 0 } } : {}),
      signal: left.signal,
    });
  } catch (error) {
    if (!left.signal.aborted) throw error;
    terminal.end();
    say(`job ${id} goes on: daylight logs ${id} -f, or daylight stop ${id}`);
    return undefined;
  } finally {
    terminal.end();
    unlisten();
  }
}

function tellEnd({ id, name, status, startedAt, endedAt, message, error, hasResult, artefactCount }: JobDetail): void {
  const tookMs = Date.parse(endedAt ?? '') - Date.parse(startedAt ?? '');
  print(`job ${id} (${name}): ${status}${Number.isNaN(tookMs) ? '' : ` after ${formatDuration(tookMs)}`}`);
  if (error !== null && error !== undefined) say(error.stack === '' ? `${error.name}: ${error.message}` : error.stack);
  else if (status !== 'succeeded' && message !== '') say(message);
  if (hasResult) print(`  its result  daylight get ${id} --json`);
  if (artefactCount > 0) print(`  its files   daylight get ${id} --artefacts FOLDER`);
}
