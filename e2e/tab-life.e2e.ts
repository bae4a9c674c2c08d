/*
 * The life of a lent browser: hidden, opened twice, closed and opened again, stopped. What counts is what the server sees and
 * what the browser's processes use of the CPU.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { cpuBetween } from './fixtures/browser.ts';
import { Cluster, type NodeRow, resultOf } from './fixtures/cluster.ts';
import { DonatePage } from './fixtures/donate.ts';
import type { RunningProcess } from './fixtures/processes.ts';
import { until } from './fixtures/until.ts';

const WINDOW_MS = 4_000;
const SECOND_MS = 1_000;
/** What a browser with a page that does nothing may use of a core: drawing, garbage collection. */
const IDLE_SHARE = 0.15;
/** Chromium throttles the timers of hidden pages to one per minute after five minutes; here at once. */
const THROTTLES_AT_ONCE = '--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1';

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-tab-life-'));
let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start();
});
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A job that goes on until it is told that it is enough. */
function startSteady(name: string): { job: RunningProcess; finish: () => Promise<{ done: number }> } {
  const enough = path.join(folder, name);
  const job = cluster.startJob('steady.ts', { args: { enough }, name });
  return {
    job,
    finish: async () => {
      writeFileSync(enough, '');
      const { done, different } = resultOf(await job.end()) as { done: number; different: number };
      expect(different).toBe(0);
      return { done };
    },
  };
}

async function executed({ id }: NodeRow): Promise<number> {
  return (await cluster.node(id)).executedTasks;
}

/** Waits until the node has executed so many tasks more than now. */
async function worksOn(node: NodeRow, tasks: number = 5): Promise<void> {
  const before = await executed(node);
  await until(`${node.name} does ${tasks} tasks`, async () => (await executed(node)) >= before + tasks);
}

/** Ids of the tabs that are connected. */
async function connectedTabs(): Promise<string[]> {
  return (await cluster.nodes())
    .filter(({ role, state }) => role === 'tab' && state === 'connected')
    .map(({ id }) => id);
}

/** Waits until the session is over for good, long before the server would give up a tab that is away. */
async function isLetGo({ id }: NodeRow): Promise<void> {
  await until('the server lets the tab go', async () => (await cluster.node(id)).state === 'dead');
}

describe('a hidden tab', () => {
  afterAll(() => cluster.closeBrowsers());

  it('keeps at least half of its rate', async () => {
    const browser = await cluster.addBrowser([THROTTLES_AT_ONCE]);
    const { page, node } = await cluster.addTab({ browser });
    const { finish } = startSteady('hidden');
    const doneInWindow = async (): Promise<number> => {
      await worksOn(node);
      const before = await executed(node);
      await delay(WINDOW_MS);
      return (await executed(node)) - before;
    };
    const visible = await doneInWindow();
    await page.tab.hide();
    // The page itself is throttled by now: its timers of 10 ms come at most once a second.
    await until('the timers of the page are throttled', () =>
      page.tab.evaluate<boolean>(`new Promise((resolve) => {
        const startMs = performance.now();
        setTimeout(() => setTimeout(() => resolve(performance.now() - startMs > 500), 10), 10);
      })`),
    );
    const hidden = await doneInWindow();
    expect(hidden).toBeGreaterThan(visible / 2);
    await finish();
  });
});

describe('a browser profile', () => {
  afterAll(() => cluster.closeBrowsers());

  it('M4 has one node: a second tab shows the same, and takes over when the first is closed', async () => {
    const browser = await cluster.addBrowser();
    const { page: first, node } = await cluster.addTab({ browser });
    const { finish } = startSteady('second tab');
    await worksOn(node);

    const second = await DonatePage.open(browser, cluster.address.donateUrl);
    if ((await second.phase()) === 'stopped') await second.press('start');
    await Promise.all([first.phaseIs('joined'), second.phaseIs('joined')]);
    // Either tab speaks for the node.
    await second.press('pause');
    await Promise.all([first.phaseIs('paused'), second.phaseIs('paused')]);
    await second.press('resume');
    await Promise.all([first.phaseIs('joined'), second.phaseIs('joined')]);
    expect(await connectedTabs()).toEqual([node.id]);
    await worksOn(node);

    await first.tab.close();
    const successor = await second.joined(cluster, new Set([node.id]));
    expect(successor).toMatchObject({ nodeId: node.nodeId });
    expect(successor.epoch).toBeGreaterThan(node.epoch);
    await second.phaseIs('joined');
    await worksOn(successor);
    expect(await connectedTabs()).toEqual([successor.id]);
    expect((await cluster.node(node.id)).state).toBe('dead');
    await finish();
  });

  it('M4 that is opened again is the same node in a new session', async () => {
    const browser = await cluster.addBrowser();
    const { node } = await cluster.addTab({ browser });
    await browser.close();
    const reopened = await cluster.addBrowser([], browser.profile);
    const { node: again } = await cluster.addTab({ browser: reopened });
    expect(again).toMatchObject({ nodeId: node.nodeId, state: 'connected' });
    expect(again.epoch).toBeGreaterThan(node.epoch);
    await isLetGo(node);
  });

  it('M4 is another node than another profile', async () => {
    const [one, other] = [await cluster.addTab(), await cluster.addTab()];
    expect(one.node.nodeId).not.toBe(other.node.nodeId);
  });
});

describe('the owner of a tab', () => {
  afterAll(() => cluster.closeBrowsers());

  it('ends all work with Stop, within a second, and begins again with Start', async () => {
    const { page, browser, node } = await cluster.addTab();
    // The worst case: code that cannot be asked to end.
    const job = cluster.startJob('endless.ts');
    await until('the task runs', async () => (await cluster.node(node.id)).runningTasks > 0);
    const start = browser.cpuByProcess();
    await until('it keeps the CPU busy', () => cpuBetween(start, browser.cpuByProcess()) > SECOND_MS / 2);
    await page.press('stop');
    // The second in which everything has to end, and the one that is looked at.
    await delay(SECOND_MS);
    const before = browser.cpuByProcess();
    await delay(SECOND_MS);
    expect(cpuBetween(before, browser.cpuByProcess())).toBeLessThan(IDLE_SHARE * SECOND_MS);
    await page.phaseIs('stopped');
    await isLetGo(node);
    job.signal('SIGINT');
    await job.end();

    const again = await page.start(cluster);
    expect(again).toMatchObject({ nodeId: node.nodeId });
    expect(await cluster.result('examples/hello/job.ts', { args: { n: 5 } })).toMatchObject({ total: 30 });
    expect(await executed(again)).toBeGreaterThan(0);
    expect(page.tab.errors).toEqual([]);
  });

  it('pauses: what runs is finished, nothing more is begun', async () => {
    await cluster.closeBrowsers();
    const { page, node } = await cluster.addTab();
    const { finish } = startSteady('paused');
    await worksOn(node);
    await page.press('pause');
    await page.phaseIs('paused');
    await until('nothing runs there', async () => (await cluster.node(node.id)).runningTasks === 0);
    const before = await executed(node);
    await delay(SECOND_MS);
    expect(await executed(node)).toBe(before);
    await page.press('resume');
    await worksOn(node);
    await finish();
  });

  it('leaves and erases: the browser comes back as somebody else', async () => {
    await cluster.closeBrowsers();
    const { page, browser, node } = await cluster.addTab();
    await page.press('erase');
    // The page asks whether that is meant.
    await page.tab.click('dialog [data-action=erase]');
    await page.phaseIs('stopped');
    await isLetGo(node);
    // The server is told before the databases are removed.
    await until('nothing is kept', () => page.tab.evaluate('indexedDB.databases().then(({ length }) => length === 0)'));
    expect(await page.tab.evaluate('localStorage.length')).toBe(0);
    const { node: other } = await cluster.addTab({ browser });
    expect(other.nodeId).not.toBe(node.nodeId);
  });
});
