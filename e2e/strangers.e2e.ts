/*
 * Who may join, and what for: a private cluster asks for the key, a public one lets strangers in and gives them only what its
 * jobs trust them with.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Cluster, type JoinedTab } from './fixtures/cluster.ts';
import { DonatePage } from './fixtures/donate.ts';
import { until } from './fixtures/until.ts';

/** The link without what comes after `#`. */
function withoutKey(url: string): string {
  return url.split('#')[0] ?? url;
}

describe('a private cluster', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(() => cluster.stop());

  it('T2 says kindly to who has no key that it needs one, and keeps who has a wrong one out', async () => {
    const browser = await cluster.addBrowser();
    const page = await DonatePage.open(browser, withoutKey(cluster.address.donateUrl));
    expect(await page.tab.evaluate<string>('document.body.innerText')).toMatch(/private/);
    await page.tab.close();
    const wrong = await DonatePage.open(browser, `${withoutKey(cluster.address.donateUrl)}#key=nonsense`);
    await wrong.press('start');
    await wrong.phaseIs('failed');
    expect(await wrong.tab.evaluate<string>('document.body.innerText')).toMatch(/key/);
    expect((await cluster.nodes()).filter(({ role }) => role === 'tab')).toEqual([]);
  });
});

describe('a public cluster', () => {
  let cluster: Cluster;
  let stranger: JoinedTab;
  beforeAll(async () => {
    cluster = await Cluster.start([], ['--public']);
    stranger = await cluster.addTab({ url: withoutKey(cluster.address.donateUrl) });
  });
  afterAll(() => cluster.stop());

  it('T2 lets a browser without the key in as a stranger', async () => {
    expect(await cluster.node(stranger.node.id)).toMatchObject({ role: 'tab', trusted: false, state: 'connected' });
  });

  it('T4 gives a stranger nothing of a job that does not trust it, and says why it waits', async () => {
    const job = cluster.startJob('strangers.ts', { args: { trust: 'own' }, name: 'trusting' });
    const { infeasible } = await until('the tasks are shown as waiting', async () => {
      const view = await cluster.api<{ infeasible: { tasks: number; reason?: string }[] }>('cluster');
      return view.infeasible.length > 0 && view;
    });
    expect(infeasible[0]?.reason).toMatch(/stranger/);
    expect((await cluster.node(stranger.node.id)).executedTasks).toBe(0);
    // A node of a trusted owner gets them.
    await cluster.addHost({ name: 'own' });
    expect((await job.end()).stdout).toContain('"own"');
    expect((await cluster.node(stranger.node.id)).executedTasks).toBe(0);
    await cluster.stopHosts();
  });

  it('T4 lets a stranger work for a job that takes its results unchecked', async () => {
    const result = await cluster.result('strangers.ts', { args: { trust: 'unchecked' } });
    expect(result).toEqual({ nodes: [stranger.node.name] });
    expect((await cluster.node(stranger.node.id)).executedTasks).toBe(5);
  });

  it('T2 refuses a job that wants strangers checked, as long as nobody can', async () => {
    const ended = await cluster.run('strangers.ts', { args: { trust: 'spot' } });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/validation|checked/i);
  });

  it('T2 a browser that brings the key is no stranger', async () => {
    const { node } = await cluster.addTab();
    expect(await cluster.node(node.id)).toMatchObject({ trusted: true });
  });
});
