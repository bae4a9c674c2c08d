/**
 * `daylight get`: the value of an object, or the result and the published files of a job.
 */
import path from 'node:path';
import type { Command } from 'commander';
import type { ApiClient } from '#shared/api/client.ts';
import type { JobDetail } from '#shared/api/schemas.ts';
import { DaylightError } from '#shared/errors/daylight-error.ts';
import { parseObjectKey } from '#shared/ids/object-key.ts';
import { connectApi } from './cluster-api.ts';
import { ERRAND_PURPOSE } from './everyday-rows.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { findJob, orMissing } from './find.ts';
import { onInterrupt } from './interrupts.ts';
import { print, printJson, say } from './output.ts';
import { saveFile } from './save-file.ts';
import { addTargetOptions, resolveTarget, type Target, type TargetOptions } from './target.ts';
import { aboutBytes, checkResultFile, resultFile, resultIn, writeValue } from './value-files.ts';

interface GetOptions extends TargetOptions {
  readonly out?: string;
  readonly artefacts?: string;
  readonly json?: boolean;
}

/** Adds the command. */
export function addGetCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('get')
    .summary('fetch an object, or the result of a job')
    .description(
      'Fetches the value of an object, or the result of a job. An object (3.1057) is printed: bytes and texts as they are, all else as JSON; with --out it goes to a file, typed arrays to a .npy or .zip file. The result of a job (7) is saved as a zip archive with result.json and a .npy file for each typed array; --out x.json saves its JSON alone, --out x.npy its only typed array, and --json prints it.',
    )
    .argument('<ref>', 'id of an object, or id or name of a job')
    .option('--out <file>', 'write to this file (default for a job: job-ID-result.zip)')
    .option('--artefacts <dir>', 'of a job: save the files that it published in this folder, too')
    .option('--json', 'print the value, or result.json, as one line of JSON');
  addTargetOptions(command)
    .addHelpText('after', '\nExamples:\n  daylight get 3.1057 --out words.txt\n  daylight get 7 --artefacts pictures')
    .action(async (ref: string, options: GetOptions) => setExitCode(await get(ref, options)));
}

async function get(ref: string, options: GetOptions): Promise<number> {
  const target = resolveTarget(options);
  const key = parseObjectKey(ref);
  if (key === undefined) {
    await getJob(connectApi(target), ref, options);
    return EXIT.ok;
  }
  if (options.artefacts !== undefined)
    throw new UsageError(`${ref} is an object: --artefacts is for jobs, whose ids have no point`);
  return getObject(target, { id: ref, key }, options);
}

async function getObject(
  target: Target,
  { id, key }: { id: string; key: number },
  { out, json = false }: GetOptions,
): Promise<number> {
  const api = connectApi(target);
  const { status } = await orMissing(api, { id, what: 'object', answer: api.call('getObject', { params: { id } }) });
  if (status === 'pending') say(`${id} is not there yet, waiting: daylight why ${id}`);
  const left = new AbortController();
  const unlisten = onInterrupt(() => left.abort());
  try {
    const { fetchObject } = await import('#client/host/nodejs/object-access.ts');
    const described = { jobName: `get ${id}`, purpose: ERRAND_PURPOSE };
    const access = { url: target.address, token: target.token, ...described, signal: left.signal };
    const written = writeValue(await fetchObject({ ...access, onWarning: say }, key));
    if (out !== undefined) await saveFile(out, written.fileOf(out));
    if (json) printJson(written.json());
    else if (out === undefined) show(written.plain);
    return EXIT.ok;
  } catch (error) {
    if (!left.signal.aborted) throw error;
    return EXIT.interrupted;
  } finally {
    unlisten();
  }
}

function show(value: Uint8Array | string): void {
  const { stdout } = process;
  if (typeof value === 'string' && stdout.isTTY) print(value.replace(/\n$/, ''));
  else if (typeof value !== 'string' && stdout.isTTY) throw new UsageError(aboutBytes(value));
  else stdout.write(value);
}

async function getJob(api: ApiClient, name: string, { out, artefacts, json = false }: GetOptions): Promise<void> {
  if (out !== undefined) checkResultFile(out);
  const job = await findJob(api, name);
  const { id } = job;
  if (job.hasResult) {
    const archive = await api.call('getJobResult', { params: { id } });
    if (json) printJson(resultIn(archive));
    const file = out ?? path.join(artefacts ?? '', `job-${id}-result.zip`);
    if (out !== undefined || !json) await saveFile(file, resultFile(archive, file));
  } else if (artefacts === undefined) {
    throw new DaylightError(`job ${id} (${job.name}) has no result: ${whyNone(job)}`);
  } else {
    say(`job ${id} (${job.name}) has no result: ${whyNone(job)}`);
  }
  if (artefacts !== undefined) await saveArtefacts(api, job, artefacts);
}

function whyNone({ id, status, kind, error, message }: JobDetail): string {
  if (status === 'running') return `it is still running: daylight logs ${id} -f`;
  const reason = error?.message ?? message;
  if (status === 'stopped') return 'it was stopped';
  if (status === 'failed') return `it failed${reason === '' ? '' : ` (${reason})`}: daylight logs ${id}`;
  return kind === 'driver' ? 'what a driver returns goes to the driver alone' : 'it returned nothing';
}

async function saveArtefacts(api: ApiClient, { id }: JobDetail, folder: string): Promise<void> {
  const { items } = await api.call('listArtefacts', { params: { id } });
  for (const { name } of items) {
    // The server checks names; a file outside the folder would still be ours to answer for.
    if (name !== path.basename(name) || name.startsWith('.')) {
      say(`"${name}" is no plain file name and was left out`);
      continue;
    }
    await saveFile(path.join(folder, name), await api.call('getArtefact', { params: { id, name } }));
  }
  if (items.length === 0) say(`job ${id} has published no files`);
}
