/*
 * A GPU as a resource of a tab: a software one here, which a tab offers only if its owner says so.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ProductReport } from '../examples/matmul-gpu/job.ts';
import { softwareGpuArguments } from '../scripts/chromium.ts';
import type { Browser } from './fixtures/browser.ts';
import { Cluster } from './fixtures/cluster.ts';
import { DonatePage } from './fixtures/donate.ts';
import { until } from './fixtures/until.ts';

const EXAMPLE = 'examples/matmul-gpu/job.ts';

let cluster: Cluster;
let browser: Browser;
let page: DonatePage;
beforeAll(async () => {
  cluster = await Cluster.start();
  browser = await cluster.addBrowser(softwareGpuArguments);
  page = await DonatePage.open(browser, cluster.address.donateUrl);
});
afterAll(() => cluster.stop());

describe('the GPU of a tab', () => {
  it('S4 a software one is not offered, and who asks for a GPU waits and is shown', async () => {
    const node = await page.start(cluster);
    expect(await cluster.node(node.id)).toMatchObject({ resources: {} });
    const job = cluster.startJob(EXAMPLE, { name: 'waits for a GPU' });
    await until('the demand is shown', async () => {
      const { infeasible } = await cluster.api<{ infeasible: { demand: string }[] }>('cluster');
      return infeasible.some(({ demand }) => demand.includes('GPU'));
    });
    // Its owner allows it now: what waited runs.
    await page.press('stop');
    await page.phaseIs('stopped');
    await page.tab.evaluate(
      `localStorage.setItem('daylight.settings', JSON.stringify({ shareGpu: true, allowSoftwareGpu: true }))`,
    );
    const again = await page.start(cluster);
    expect(await cluster.node(again.id)).toMatchObject({ resources: { GPU: 1 } });
    const { code, stdout } = await job.end(60_000);
    expect(code).toBe(0);
    const report: ProductReport = JSON.parse(stdout);
    expect(report).toMatchObject({ size: 128, tasks: 4, nodes: [again.name] });
    expect(report.maxError).toBeLessThan(1e-3);
  });

  it('S4 its vendor and limits are among the facts of the node', async () => {
    const [node] = await cluster
      .api<{ items: { facts: unknown; state: string }[] }>('nodes')
      .then(({ items }) => items.filter(({ state }) => state === 'connected'));
    expect(node?.facts).toMatchObject({
      gpu: { vendor: 'google', architecture: 'swiftshader', isFallback: true },
    });
  });
});
