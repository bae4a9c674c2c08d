/**
 * Finding what a command names: jobs by id or by name, tasks and objects by id. What is not there is answered with what may have
 * been meant.
 */
import { didYouMean } from '#client/api/did-you-mean.ts';
import type { ApiClient } from '#shared/api/client.ts';
import type { JobDetail } from '#shared/api/schemas.ts';
import { DaylightError } from '#shared/errors/daylight-error.ts';
import { parseObjectKey } from '#shared/ids/object-key.ts';
import { isNotFound, takeRows } from './cluster-api.ts';
import { UsageError } from './exit-codes.ts';
import { shortened } from './printable.ts';

/** How many of the newest are looked through for what may have been meant. */
const CANDIDATES = 1000;

/** The job with this id, or the newest of this name. @throws DaylightError with what may have been meant */
export async function findJob(api: ApiClient, text: string): Promise<JobDetail> {
  const id = /^\d+$/.test(text) ? text : await newestNamed(api, text);
  try {
    if (id !== undefined) return await api.call('getJob', { params: { id } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const { items } = await takeRows(api, 'listJobs', { limit: CANDIDATES });
  const newest = items[0];
  const meant = id === undefined ? didYouMean(text, new Set(items.map(({ name }) => name))) : '';
  const advice =
    newest === undefined ? 'there are no jobs yet' : `the newest is ${newest.id} (${newest.name}); daylight list jobs`;
  throw new DaylightError(`there is no job ${shortened(text)}${meant || `: ${advice}`}`);
}

/** Checks the form of a task's or an object's id. @throws UsageError */
export function parseId(text: string): string {
  if (parseObjectKey(text) === undefined) throw new UsageError(`"${shortened(text)}" is no id: one looks like 3.1057`);
  return text;
}

/** Asks about a task or an object; a 404 becomes an error that says what may have been meant. */
export async function orMissing<T>(
  api: ApiClient,
  { id, what, answer }: { readonly id: string; readonly what: 'task' | 'object'; readonly answer: Promise<T> },
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const list = what === 'task' ? 'listTasks' : 'listObjects';
    const { items } = await takeRows(api, list, { limit: CANDIDATES });
    const ids = items.map((item) => item.id);
    throw new DaylightError(`there is no ${what} ${id}${didYouMean(id, ids) || `: daylight list ${what}s`}`);
  }
}

async function newestNamed(api: ApiClient, name: string): Promise<string | undefined> {
  const { items } = await takeRows(api, 'listJobs', { query: { name }, limit: 1 });
  return items[0]?.id;
}
