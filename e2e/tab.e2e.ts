/*
 * Tabs as nodes beside a Node host: one search of digits on all of them, while tabs are closed, frozen, cut off or crash, and
 * while the server does. Every time the result is what the same search gives without a cluster.
 */

import { setTimeout as delay } from 'node:timers/promises';

import { loadDigits } from 'daylight/datasets/digits';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { shuffled } from '../examples/digits/dataset.ts';
import type { SearchResult } from '../examples/digits/job.ts';
import { planSearch } from '../examples/digits/search.ts';
import { searchSequentially, type SequentialResult } from '../examples/digits/sequential.ts';
import { Cluster, type JobRow, type JoinedTab, type NodeRow, resultOf } from './fixtures/cluster.ts';
import { CutProxy } from './fixtures/cut-proxy.ts';
import type { RunningProcess } from './fixtures/processes.ts';
import { until } from './fixtures/until.ts';

const ARGS = { quick: true, trials: 16, seed: 5 };
const FIRST_RUNG = 16;
const FREEZE_MS = 20_000;
/** A tab that is gone for good is given up after a minute; then its share is computed again. */
const LIMIT_MS = 170_000;

let cluster: Cluster;
let expected: SequentialResult;

beforeAll(async () => {
  cluster = await Cluster.start([{ name: 'host' }]);
  // All CPUs of this machine are at work in the searches: this one comes before them.
  expected = searchSequentially(shuffled(await loadDigits({ shuffle: false }), planSearch(ARGS).seed), ARGS);
}, 120_000);
afterAll(() => cluster.stop());

/** A search that is on its way. */
interface Search {
  readonly name: string;
  readonly running: RunningProcess;
}

function startSearch(name: string): Search {
  return { name, running: cluster.startJob('examples/digits/job.ts', { args: ARGS, name }) };
}

async function jobOf({ name }: Search): Promise<JobRow | undefined> {
  return (await cluster.jobs()).find((job) => job.name === name);
}

/** Waits until half of the first rung is done, each of `tabs` has done something, and has more to do. */
async function halfWay(search: Search, tabs: readonly JoinedTab[]): Promise<void> {
  const reached = await until(
    `${search.name} is half-way`,
    async () => {
      if (!search.running.isRunning) return 'over';
      const job = await jobOf(search);
      if (!job || job.finished < FIRST_RUNG / 2) return false;
      const nodes = await Promise.all(tabs.map(({ node }) => cluster.node(node.id)));
      return nodes.every(({ executedTasks, assignedTasks }) => executedTasks > 0 && assignedTasks > 0) && 'half-way';
    },
    60_000,
  );
  if (reached === 'over') throw new Error(`${search.name} was over too early:\n${search.running.stderr}`);
}

/** Waits for the end, and compares with the search without a cluster. */
async function expectRightResult({ running, name }: Search): Promise<void> {
  const result = resultOf(await running.end(LIMIT_MS)) as SearchResult;
  expect(result.trials.map(({ node: _, ...trial }) => trial)).toEqual(expected.trials);
  expect(result.best).toEqual(expected.best);
  const row = (await cluster.jobs()).find((job) => job.name === name);
  expect(row).toMatchObject({ status: 'succeeded', failed: 0, unfinished: 0 });
}

/** Waits until the server says that of a session. */
async function sessionIs({ id }: NodeRow, state: string, limitMs?: number): Promise<NodeRow> {
  return until(
    `session ${id} is ${state}`,
    async () => {
      const node = await cluster.node(id);
      return node.state === state && node;
    },
    limitMs,
  );
}

describe('two tabs and a host', () => {
  let tabs: JoinedTab[] = [];
  beforeAll(async () => {
    tabs = [await cluster.addTab(), await cluster.addTab()];
  });
  afterAll(() => cluster.closeBrowsers());

  it('S2 share a search: each does some of its tasks, and together all of them', async () => {
    const before = new Map((await cluster.nodes()).map(({ id, executedTasks }) => [id, executedTasks]));
    const search = startSearch('shared');
    await expectRightResult(search);
    const job = await jobOf(search);
    const lenders = (await cluster.nodes()).filter(({ role }) => role !== 'driver');
    const done = lenders.map(({ id, executedTasks }) => executedTasks - (before.get(id) ?? 0));
    expect(done.length).toBe(3);
    for (const tasks of done) expect(tasks).toBeGreaterThan(0);
    expect(done.reduce((sum, tasks) => sum + tasks, 0)).toBe(job?.submitted);
    expect(tabs.flatMap(({ page }) => page.tab.errors)).toEqual([]);
  });

  it(
    'M2 may be frozen for 20 seconds: the tab goes on in its session',
    async () => {
      const [tab] = tabs;
      if (!tab) throw new Error('there is no tab');
      const search = startSearch('frozen');
      await halfWay(search, tabs);
      await tab.page.tab.setLifecycle('frozen');
      try {
        // The 20 seconds are what is tried here; the server notices before they are over.
        await Promise.all([sessionIs(tab.node, 'disconnected'), delay(FREEZE_MS)]);
      } finally {
        await tab.page.tab.setLifecycle('active');
      }
      expect(await sessionIs(tab.node, 'connected')).toMatchObject({ epoch: tab.node.epoch });
      await expectRightResult(search);
    },
    LIMIT_MS,
  );

  it(
    'G2 outlive a server that is killed half-way and started again',
    async () => {
      const search = startSearch('server killed');
      await halfWay(search, tabs);
      await cluster.killServer();
      await cluster.startServer();
      await expectRightResult(search);
      for (const { node } of tabs) expect(await sessionIs(node, 'connected')).toMatchObject({ epoch: node.epoch });
    },
    LIMIT_MS,
  );

  it(
    'L4 need not all stay: one is closed half-way',
    async () => {
      const [closed] = tabs;
      if (!closed) throw new Error('there is no tab');
      const search = startSearch('closed');
      await halfWay(search, tabs);
      await closed.page.tab.close();
      await expectRightResult(search);
      expect((await cluster.node(closed.node.id)).state).not.toBe('connected');
    },
    LIMIT_MS,
  );
});

describe('a tab that fails', () => {
  afterAll(() => cluster.closeBrowsers());

  it(
    'M4 by a crash of its process, and is opened again, comes back as the same node in a new session',
    async () => {
      const { page, browser, node } = await cluster.addTab();
      const search = startSearch('crashed');
      await halfWay(search, [{ page, browser, node }]);
      await page.tab.crash();
      const again = await cluster.addTab({ browser });
      expect(again.node).toMatchObject({ nodeId: node.nodeId });
      expect(again.node.epoch).toBeGreaterThan(node.epoch);
      await expectRightResult(search);
      await page.tab.close();
    },
    LIMIT_MS,
  );

  describe('because its network does', () => {
    let proxy: CutProxy;
    beforeAll(async () => {
      proxy = await CutProxy.start(cluster.address.port);
    });
    afterAll(() => proxy.stop());

    it.each([
      ['M1 without a word', 'silence'],
      ['M1 with its connections closed', 'cut'],
    ] as const)(
      '%s, goes on in its session when the network is back',
      async (_, failure) => {
        const tab = await cluster.addTab({ url: proxy.through(cluster.address.donateUrl) });
        const search = startSearch(failure);
        await halfWay(search, [tab]);
        proxy[failure]();
        try {
          await sessionIs(tab.node, 'disconnected', 30_000);
        } finally {
          proxy.restore();
        }
        expect(await sessionIs(tab.node, 'connected', 30_000)).toMatchObject({ epoch: tab.node.epoch });
        await expectRightResult(search);
        await tab.browser.close();
      },
      LIMIT_MS,
    );
  });
});
