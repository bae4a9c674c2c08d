/**
 * What follows once a job has been handed over: where it is, or with `--wait` its progress and its end. Ctrl-C ends the watching,
 * not the job.
 */
import type { Command } from 'commander';
import type { ApiClient } from '#shared/api/client.ts';
import type { JobDetail } from '#shared/api/schemas.ts';
import { EXIT, withoutRuntimeFrames } from './exit-codes.ts';
import { formatDuration } from './format.ts';
import { onInterrupt } from './interrupts.ts';
import { followJob, progressOf } from './job-events.ts';
import { openTerminal, print, printJson, say } from './output.ts';
import { Standstill, whyNothingRuns } from './standstill.ts';

/** The options as a command line has them. */
export interface WatchOptions {
  readonly wait?: boolean;
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** Adds `--wait`, `--follow` and `--json`. */
export function addWatchOptions(command: Command): Command {
  return command
    .option('--wait', "wait for the end of the job, show its progress, and exit with the job's status")
    .option('--follow', 'the same, and print what it logs')
    .option('--json', 'print the job as one line of JSON: as submitted, or with --wait as it ended');
}

/** Tells of a job that was handed over to the server at `address`; resolves with the exit code. */
export async function tellJob(
  api: ApiClient,
  job: JobDetail,
  address: string,
  { wait = false, follow = false, json = false }: WatchOptions,
): Promise<number> {
  const url = `${address}/jobs/${job.id}`;
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

/** The job as it ended; undefined after Ctrl-C, which leaves it running. */
async function waitFor(api: ApiClient, { id }: JobDetail, follow: boolean): Promise<JobDetail | undefined> {
  const terminal = openTerminal();
  const left = new AbortController();
  const unlisten = onInterrupt(() => left.abort());
  const standstill = new Standstill();
  try {
    return await followJob(api, id, {
      listener: {
        onLine: ({ task, text }) => terminal.log(task ?? '', text),
        async onState(job) {
          const { fraction, words } = progressOf(job);
          terminal.progress(fraction, words);
          if (job.status !== 'running' || !standstill.begins(`${fraction} ${words}`, performance.now())) return;
          for (const line of await whyNothingRuns(api, id)) terminal.line(line);
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

function tellEnd(job: JobDetail): void {
  const { id, name, status, startedAt, endedAt, message, error, failed, hasResult, artefactCount } = job;
  const tookMs = Date.parse(endedAt ?? '') - Date.parse(startedAt ?? '');
  print(`job ${id} (${name}): ${status}${Number.isNaN(tookMs) ? '' : ` after ${formatDuration(tookMs)}`}`);
  if (error !== null && error !== undefined)
    say(error.stack === '' ? `${error.name}: ${error.message}` : withoutRuntimeFrames(error.stack));
  else if (status !== 'succeeded' && message !== '') say(message);
  if (hasResult) print(`  its result  daylight get ${id} --json`);
  if (artefactCount > 0) print(`  its files   daylight get ${id} --artefacts FOLDER`);
  if (status !== 'failed') return;
  say(`  its log     daylight logs ${id}`);
  if (failed > 0) say(`  its tasks   daylight list tasks --where job=${id} --where state=failed`);
}
