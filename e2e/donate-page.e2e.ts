/*
 * The donate page as its visitors meet it: on a phone, by keyboard, in a browser that lacks something, and what it takes to
 * load. What runs behind it is in the tests of tabs.
 */

import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Browser } from './fixtures/browser.ts';
import { Cluster, resultOf } from './fixtures/cluster.ts';
import { DonatePage } from './fixtures/donate.ts';
import { until } from './fixtures/until.ts';

const MAX_BYTES_BEFORE_START = 100_000;
const NARROWEST_PX = 320;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start();
});
afterAll(() => cluster.stop());

/** Opens the page after a script of the test has changed the browser around it. */
async function openChanged(browser: Browser, script: string, url: string = cluster.address.donateUrl) {
  const page = await DonatePage.open(browser, `${cluster.address.url}/donate`);
  await page.tab.command('Page.enable');
  await page.tab.command('Page.addScriptToEvaluateOnNewDocument', { source: script });
  await page.tab.evaluate(`location.replace(${JSON.stringify(url)})`);
  await page.tab.reload();
  await until('the page has a state', async () => (await page.phase().catch(() => undefined)) !== undefined);
  return page;
}

async function textOf({ tab }: DonatePage): Promise<string> {
  return tab.evaluate<string>('document.body.innerText');
}

async function pressKey({ tab }: DonatePage, key: string, code: number, text?: string): Promise<void> {
  for (const type of ['keyDown', 'keyUp'])
    await tab.command('Input.dispatchKeyEvent', {
      ...{ type, key, code: key, windowsVirtualKeyCode: code },
      ...(text === undefined || type === 'keyUp' ? {} : { text }),
    });
}

describe('the donate page', () => {
  afterAll(() => cluster.closeBrowsers());

  it('is small before Start, and loads nothing of the node', async () => {
    const page = await DonatePage.open(await cluster.addBrowser(), cluster.address.donateUrl);
    const { bytes, names } = await page.tab.evaluate<{ bytes: number; names: string[] }>(`(() => {
      const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
      const bytes = entries.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
      return { bytes, names: entries.map(({ name }) => name) };
    })()`);
    expect(bytes).toBeGreaterThan(5_000);
    expect(bytes).toBeLessThan(MAX_BYTES_BEFORE_START);
    expect(names.filter((name) => name.includes('raylet'))).toEqual([]);
  });

  it('is started by keyboard, says in its title how it is, and fits the narrowest phone in either light', async () => {
    const page = await DonatePage.open(await cluster.addBrowser(), cluster.address.donateUrl);
    const fits = async (): Promise<void> => {
      await page.tab.resize(NARROWEST_PX, 700);
      for (const scheme of ['dark', 'light'] as const) {
        await page.tab.setColorScheme(scheme);
        const width = await page.tab.evaluate<number>('document.documentElement.scrollWidth');
        expect(width).toBeLessThanOrEqual(NARROWEST_PX);
      }
    };
    await fits();
    const focused = () => page.tab.evaluate<string | null>('document.activeElement?.dataset.action ?? null');
    for (let tabs = 0; (await focused()) !== 'start'; tabs += 1) {
      expect(tabs).toBeLessThan(30);
      await pressKey(page, 'Tab', 9);
    }
    await pressKey(page, 'Enter', 13, '\r');
    await page.phaseIs('joined');
    await fits();
    await page.press('pause');
    await page.phaseIs('paused');
    expect(await page.tab.evaluate('document.title')).toMatch(/paused/i);
    await fits();
    await page.press('resume');
    await page.phaseIs('joined');
    await page.press('snooze');
    await page.phaseIs('paused');
    expect(await textOf(page)).toMatch(/until/i);
    await page.press('resume');
    await page.phaseIs('joined');
    await page.press('stop');
    await page.phaseIs('stopped');
    expect(page.tab.errors).toEqual([]);
  });

  it('says why it works only while charging, and goes on when the machine charges', async () => {
    const page = await openChanged(
      await cluster.addBrowser(),
      `const battery = new EventTarget();
      battery.charging = false;
      navigator.getBattery = async () => battery;
      globalThis.charge = () => { battery.charging = true; battery.dispatchEvent(new Event('chargingchange')); };
      localStorage.setItem('daylight.settings', JSON.stringify({ onlyWhileCharging: true }));`,
    );
    await page.press('start');
    await page.phaseIs('paused');
    expect(await textOf(page)).toMatch(/charg|battery/i);
    await page.tab.evaluate('charge()');
    await page.phaseIs('joined');
  });

  it('works without storage, and says what that means', async () => {
    const page = await openChanged(
      await cluster.addBrowser(),
      `IDBFactory.prototype.open = () => { throw new DOMException('blocked', 'SecurityError'); };`,
    );
    expect(await textOf(page)).toMatch(/kept in memory only/);
    const node = await page.start(cluster);
    expect(node).toMatchObject({ role: 'tab', state: 'connected' });
  });

  it('says how to get https where the browser gives it nothing without', async () => {
    const browser = await cluster.addBrowser(['--host-resolver-rules=MAP lan.test 127.0.0.1']);
    const url = cluster.address.donateUrl.replace('127.0.0.1', 'lan.test');
    const page = await DonatePage.open(browser, url);
    expect(await textOf(page)).toMatch(/https/);
    expect(await page.tab.evaluate('isSecureContext')).toBe(false);
  });

  it('can be started again after a wrong key', async () => {
    const url = cluster.address.donateUrl;
    const page = await DonatePage.open(await cluster.addBrowser(), url.replace(/key=.*/, 'key=wrong'));
    await page.press('start');
    await page.phaseIs('failed');
    await page.tab.evaluate(`location.hash = ${JSON.stringify(new URL(url).hash)}`);
    await page.press('start');
    await page.phaseIs('joined');
    expect((await cluster.nodes()).some(({ role, state }) => role === 'tab' && state === 'connected')).toBe(true);
  });
});

describe('a reopened browser', () => {
  it('M4 still has what it kept: nothing is computed again', async () => {
    const [made, go] = ['made', 'go'].map((name) => path.join(cluster.dataDirectory, name)) as [string, string];
    const browser = await cluster.addBrowser();
    const { node } = await cluster.addTab({ browser });
    const job = cluster.startJob('keeps-value.ts', { args: { made, go } });
    await until('the value is made', () => existsSync(made));
    await until('the server knows that it is kept', async () =>
      (await cluster.objects()).some((object) => object.isStored && object.sizeBytes > 100_000),
    );
    await browser.close();
    const { node: again } = await cluster.addTab({ browser: await cluster.addBrowser([], browser.profile) });
    expect(again.nodeId).toBe(node.nodeId);
    writeFileSync(go, '');
    expect(resultOf(await job.end())).toEqual({ length: 500_000, last: 499_999 * 3 });
    expect((await cluster.node(again.id)).executedTasks).toBe(0);
    expect((await cluster.node(node.id)).executedTasks).toBe(1);
  });
});
