/**
 * Following a job from afar: its state and its log are asked for again and again until it is over. A server that is away is waited
 * for, as it is everywhere in Daylight: the job is not lost with it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '#shared/api/client.ts';
import type { JobDetail, JobError, LogLine } from '#shared/api/schemas.ts';
import { ConnectionLostError } from '#shared/errors/daylight-error.ts';
import { counted } from './format.ts';

const LOOK_EVERY_MS = 500;
const LINES_AT_ONCE = 1000;

/** What is wanted of a job's log. */
export interface LogRange {
  /** Number of the line before the first. */
  readonly after: number;
  /** Only what this task printed. */
  readonly task?: string | undefined;
}

/** The lines that are there now; returns the number of the last one. */
export async function* presentLines(
  api: ApiClient,
  job: string,
  { after, task }: LogRange,
): AsyncGenerator<LogLine, number, undefined> {
  let last = after;
  for (;;) {
    const query = { after: last, limit: LINES_AT_ONCE, ...(task === undefined ? {} : { task }) };
    const { items, next } = await api.call('getJobLogs', { params: { id: job }, query });
    yield* items;
    if (next <= last) return last;
    last = next;
  }
}

/** What is told of a job while it is followed. */
export interface JobListener {
  onLine?(line: LogLine): void;
  onState?(job: JobDetail): Promise<void> | void;
  /** A word about the connection. */
  onNews(message: string): void;
}

/** Follows a job until it is over. Rejects with the signal's reason when it is aborted. */
export async function followJob(
  api: ApiClient,
  id: string,
  { listener, log, signal }: { listener: JobListener; log?: LogRange; signal?: AbortSignal },
): Promise<JobDetail> {
  let after = log?.after ?? 0;
  let isAway = false;
  for (;;) {
    try {
      // The state first: lines that come after an end that was seen would be missed.
      const job = await api.call('getJob', { params: { id } });
      if (isAway) listener.onNews('the server is back');
      isAway = false;
      if (log !== undefined) after = await tellLines(api, id, { ...log, after }, listener);
      await listener.onState?.(job);
      if (job.status !== 'running') return job;
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) throw error;
      if (!isAway) listener.onNews(`the server is out of reach, trying again: ${error.message}`);
      isAway = true;
    }
    await delay(LOOK_EVERY_MS, undefined, signal === undefined ? {} : { signal });
  }
}

/** What is done of a job, from 0 to 1, and in words: what its `main` says, else the tasks that are over. */
export function progressOf(job: JobDetail): { readonly fraction: number; readonly words: string } {
  const { status, progress, note, finished, submitted } = job;
  const tasks = submitted === 0 ? '' : `${finished} of ${counted(submitted, 'task')}`;
  const byTasks = submitted === 0 ? 0 : finished / submitted;
  const fraction = progress > 0 ? progress : byTasks;
  // Only its end makes it whole: main may submit more, or still be at work on what came back.
  const shown = status === 'succeeded' ? 1 : Math.min(0.999, fraction);
  return { fraction: shown, words: [note, tasks].filter((part) => part !== '').join(', ') };
}

/** What a job failed of, in a line: of an error that came from a task, what the task threw. */
export function causeOf({ name, message, stack }: JobError): string {
  const thrown = stack.split('remote stack:\n').slice(1).at(-1)?.split('\n')[0]?.trim() ?? '';
  return name === 'TaskError' && thrown.includes(message.split('\n')[0] ?? '') ? thrown : `${name}: ${message}`;
}

async function tellLines(api: ApiClient, id: string, log: LogRange, listener: JobListener): Promise<number> {
  const lines = presentLines(api, id, log);
  for (;;) {
    const { value, done } = await lines.next();
    if (done === true) return value;
    listener.onLine?.(value);
  }
}
