/**
 * What a snapshot of the live channel changes in the cache of answers: single rows are replaced where they are shown, lists
 * keep their order and their pages, and what a snapshot does not tell is asked for when it must have changed.
 */
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { LiveSnapshot } from '#shared/api/live.ts';
import type { Event, Job, JobDetail, Node } from '#shared/api/schemas.ts';
import { isFiltered, keyOf, type ListPage } from './queries.ts';

type Pages<T> = InfiniteData<ListPage<T>, string | undefined>;

/** Where the newest warnings of the last snapshot lie. */
export const ALERTS_KEY = ['alerts'];
/** Where the number of the last log line of a job lies. */
export const lastLogLineKey = (job: string): readonly string[] => ['lastLogLine', job];

/** Puts a snapshot into the cache. */
export function takeSnapshot(cache: QueryClient, snapshot: LiveSnapshot): void {
  cache.setQueryData(keyOf('getCluster'), snapshot.cluster);
  cache.setQueryData<readonly Event[]>(ALERTS_KEY, snapshot.alerts);
  takeRows<Job>(cache, 'listJobs', snapshot.jobs);
  takeRows<Node>(cache, 'listNodes', snapshot.nodes);
  for (const job of snapshot.jobs) takeJob(cache, job);
  for (const node of snapshot.nodes) {
    cache.setQueryData<Node>(keyOf('getNode', { params: { id: node.id } }), (before) => before && node);
  }
  if (!snapshot.job) return;
  const { job, functions, artefacts, lastLogLine } = snapshot.job;
  const { id } = job;
  takeJob(cache, job);
  cache.setQueryData(keyOf('getJobFunctions', { params: { id } }), { items: [...functions], next: null });
  cache.setQueryData(keyOf('listArtefacts', { params: { id } }), { items: [...artefacts], next: null });
  cache.setQueryData(lastLogLineKey(id), lastLogLine);
}

/** A job's page knows more than a snapshot tells; when the job ends, that has changed. */
function takeJob(cache: QueryClient, job: Job): void {
  const key = keyOf('getJob', { params: { id: job.id } });
  const before = cache.getQueryData<JobDetail>(key);
  if (!before) return;
  cache.setQueryData<JobDetail>(key, { ...before, ...job });
  if (before.status !== job.status || before.hasResult !== job.hasResult)
    void cache.invalidateQueries({ queryKey: key });
}

function takeRows<T extends { readonly id: string }>(cache: QueryClient, name: string, rows: readonly T[]): void {
  for (const [key, data] of cache.getQueriesData<Pages<T> | ListPage<T>>({ queryKey: [name] })) {
    if (!data) continue;
    // Whether a new row belongs into a list that is filtered or sorted, and where, is for the server to say.
    const takesNew = !isFiltered(key[2]);
    if ('pages' in data) cache.setQueryData<Pages<T>>(key, replaceInPages(data, rows, takesNew));
    else {
      const [page] = replaceInPages({ pages: [data], pageParams: [undefined] }, rows, takesNew).pages;
      if (page) cache.setQueryData<ListPage<T>>(key, page);
    }
  }
}

/** The same pages with the rows that are known better, and, in front, those that are new. */
export function replaceInPages<T extends { readonly id: string }>(
  data: Pages<T>,
  rows: readonly T[],
  takesNew: boolean,
): Pages<T> {
  const fresh = new Map(rows.map((row) => [row.id, row]));
  const newest = Math.max(0, ...data.pages.flatMap((page) => page.items.map(({ id }) => Number(id))));
  const pages = data.pages.map((page) => ({ ...page, items: page.items.map((row) => fresh.get(row.id) ?? row) }));
  const added = takesNew
    ? rows.filter(({ id }) => Number(id) > newest).sort((one, other) => Number(other.id) - Number(one.id))
    : [];
  const [first, ...rest] = pages;
  if (added.length === 0 || !first) return { ...data, pages };
  return { ...data, pages: [{ ...first, items: [...added, ...first.items] }, ...rest] };
}
