import { type InfiniteData, QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import type { LiveSnapshot } from '#shared/api/live.ts';
import type { Cluster, Job, JobDetail, Node } from '#shared/api/schemas.ts';
import { ALERTS_KEY, lastLogLineKey, takeSnapshot } from './live-cache.ts';
import { keyOf, type ListPage } from './queries.ts';

const CLUSTER: Cluster = {
  ...{ startedAt: null, now: null, version: '0.1.0', isPublic: false, storage: 'working', inGrace: false },
  ...{ hosts: 1, tabs: 0, drivers: 0, cpus: 2, freeCpus: 2, gpus: 0, runningJobs: 1, unfinishedTasks: 0 },
  ...{ queuedTasks: 0, endedTasks: 0, tasksPerSecond: 0, retriesPerMinute: 0, objects: 0, infeasible: [] },
};

function job(id: string, changes: Partial<Job> = {}): Job {
  return {
    ...{ id, name: `job ${id}`, status: 'running', kind: 'submitted', startedAt: null, endedAt: null, message: '' },
    ...{ submitter: '', purpose: '', driver: '1', priority: 1, trust: 'own', submitted: 0, finished: 0, failed: 0 },
    ...{ unfinished: 0, actors: 0, progress: 0, note: '', hasResult: false },
    ...changes,
  };
}

const snapshot = (changes: Partial<LiveSnapshot>): LiveSnapshot => ({
  ...{ cluster: CLUSTER, jobs: [], nodes: [], alerts: [] },
  ...changes,
});

type Pages = InfiniteData<ListPage<Job>, string | undefined>;
const pagesOf = (...pages: Job[][]): Pages => ({
  pages: pages.map((items, index) => ({ items, next: index === pages.length - 1 ? null : 'more' })),
  pageParams: pages.map((_, index) => (index === 0 ? undefined : 'more')),
});

function seen(cache: QueryClient, key: readonly unknown[]): string[][] {
  return (
    cache.getQueryData<Pages>(key)?.pages.map(({ items }) => items.map(({ id, finished }) => `${id}:${finished}`)) ?? []
  );
}

describe('a snapshot of the live channel', () => {
  it('changes rows where they are, in all pages, and puts new ones in front', () => {
    const cache = new QueryClient();
    const key = keyOf('listJobs', { query: { limit: 100 } });
    cache.setQueryData(key, pagesOf([job('5'), job('4')], [job('3')]));
    takeSnapshot(cache, snapshot({ jobs: [job('6'), job('7'), job('4', { finished: 9 }), job('3', { finished: 2 })] }));
    expect(seen(cache, key)).toEqual([['7:0', '6:0', '5:0', '4:9'], ['3:2']]);
  });

  it('adds nothing to a list that is filtered or sorted', () => {
    const cache = new QueryClient();
    const key = keyOf('listJobs', { query: { limit: 100, status: 'failed' } });
    cache.setQueryData(key, pagesOf([job('4')]));
    takeSnapshot(cache, snapshot({ jobs: [job('5'), job('4', { finished: 1 })] }));
    expect(seen(cache, key)).toEqual([['4:1']]);
  });

  it('changes a list that is shown in one piece', () => {
    const cache = new QueryClient();
    const key = keyOf('listJobs', { query: { limit: 8 } });
    cache.setQueryData<ListPage<Job>>(key, { items: [job('1')], next: null });
    takeSnapshot(cache, snapshot({ jobs: [job('2'), job('1', { finished: 3 })] }));
    const items = cache.getQueryData<ListPage<Job>>(key)?.items ?? [];
    expect(items.map(({ id, finished }) => [id, finished])).toEqual([
      ['2', 0],
      ['1', 3],
    ]);
  });

  it('keeps what only the page of a job knows, and has it asked for again when the job ends', () => {
    const cache = new QueryClient();
    const key = keyOf('getJob', { params: { id: '4' } });
    const detail: JobDetail = { ...job('4'), args: { n: 1 }, error: null, artefactCount: 0, hasSource: true };
    cache.setQueryData(key, detail);
    takeSnapshot(cache, snapshot({ jobs: [job('4', { finished: 5 })] }));
    expect(cache.getQueryData<JobDetail>(key)).toMatchObject({ finished: 5, args: { n: 1 }, hasSource: true });
    expect(cache.getQueryState(key)?.isInvalidated).toBe(false);
    takeSnapshot(cache, snapshot({ jobs: [job('4', { status: 'failed' })] }));
    expect(cache.getQueryState(key)?.isInvalidated).toBe(true);
  });

  it('tells the rest of the job that is looked at', () => {
    const cache = new QueryClient();
    takeSnapshot(cache, snapshot({ job: { job: job('4'), functions: [], artefacts: [], lastLogLine: 17 } }));
    expect(cache.getQueryData(keyOf('getJobFunctions', { params: { id: '4' } }))).toEqual({ items: [], next: null });
    expect(cache.getQueryData(lastLogLineKey('4'))).toBe(17);
  });

  it('keeps the cluster, its alerts, and nodes that somebody looks at', () => {
    const cache = new QueryClient();
    const node = { id: '7', name: 'laptop' } as unknown as Node;
    cache.setQueryData(keyOf('getNode', { params: { id: '7' } }), { ...node, name: 'before' });
    const alerts = [{ at: null, severity: 'warning', kind: 'node-left', message: 'gone', job: 0, session: 3 } as const];
    takeSnapshot(cache, snapshot({ nodes: [node, { ...node, id: '8' }], alerts }));
    expect(cache.getQueryData(keyOf('getCluster'))).toEqual(CLUSTER);
    expect(cache.getQueryData(ALERTS_KEY)).toEqual(alerts);
    expect(cache.getQueryData(keyOf('getNode', { params: { id: '7' } }))).toEqual(node);
    expect(cache.getQueryData(keyOf('getNode', { params: { id: '8' } }))).toBeUndefined();
  });
});
