/*
 * A workload from the dashboard, as somebody without a terminal does it: a source is pasted into the editor and runs on a host and
 * in a browser tab; the examples of the gallery run from one click; a job of before a crash of the server is there after it.
 */

import { readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';
import { type Browser, chromium, type Locator, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Artefact, Example, JobDetail, Task } from '#shared/api/schemas.ts';
import { chromiumArguments, chromiumPath } from '../scripts/chromium.ts';
import { Cluster, type JoinedTab } from './fixtures/cluster.ts';
import { until } from './fixtures/until.ts';

const LIMIT_MS = 120_000;
const TRIALS = 8;

let cluster: Cluster;
let tab: JoinedTab;
let browser: Browser;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  cluster = await Cluster.start([{ name: 'host' }]);
  [tab, browser] = await Promise.all([
    cluster.addTab(),
    chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArguments] }),
  ]);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${cluster.address.url}/?token=${cluster.address.operatorToken}`);
}, LIMIT_MS);
afterAll(async () => {
  await browser.close();
  await cluster.stop();
});

/** The job whose page is open. */
async function jobOnPage(): Promise<JobDetail> {
  await page.waitForURL(/\/jobs\/\d+$/);
  return cluster.client.call('getJob', { params: { id: new URL(page.url()).pathname.split('/').at(-1) ?? '' } });
}

async function examples(): Promise<readonly Example[]> {
  return (await cluster.client.call('listExamples')).items;
}

async function artefacts(id: string): Promise<readonly Artefact[]> {
  return (await cluster.client.call('listArtefacts', { params: { id } })).items;
}

/** Downloads the result as people do. */
async function downloadedResult(): Promise<unknown> {
  await page.getByRole('tab', { name: 'Result' }).click();
  const [archive] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: /Everything as one zip/ }).click(),
  ]);
  const files = unzipSync(readFileSync(await archive.path()));
  return JSON.parse(strFromU8(files['result.json'] ?? new Uint8Array()));
}

/** Pixels from left to right of a picture as it came; 0 before that. */
async function widthOf(picture: Locator): Promise<number> {
  return picture.evaluate((image: unknown) => Number(Object(image).naturalWidth));
}

/** Waits until the open page says that its job succeeded. */
async function hasSucceeded(): Promise<void> {
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
}

describe('a workload from the dashboard', () => {
  it(
    'digits, pasted into the editor, run on a host and in a tab, and the result is taken home',
    { timeout: LIMIT_MS },
    async () => {
      const digits = (await examples()).find(({ id }) => id === 'digits');
      await page.goto(`${cluster.address.url}/submit?example=word-count`);
      const editor = page.getByLabel('Source of the job');
      await editor.click();
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(digits?.source)})`);
      await editor.press('ControlOrMeta+A');
      await editor.press('ControlOrMeta+V');
      await page.getByText('No problems found').waitFor();
      // The form is that of what was pasted.
      await page.getByLabel('Epochs').fill('10');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      const job = await jobOnPage();
      await page
        .getByText(/the best so far reads \d/)
        .first()
        .waitFor();
      await hasSucceeded();

      const result = (await downloadedResult()) as { rate: number; decay: number; accuracy: number }[];
      expect(result).toHaveLength(TRIALS);
      expect(result[0]?.accuracy).toBeGreaterThan(0.88);
      expect(result.map(({ accuracy }) => accuracy)).toEqual(
        result.map(({ accuracy }) => accuracy).toSorted((a, b) => b - a),
      );
      const { items } = await cluster.client.call('listTasks', { query: { job: job.id, fn: '*#trial', limit: 100 } });
      const trials: readonly Task[] = items;
      expect(trials.map(({ state }) => state)).toEqual(Array.from({ length: TRIALS }, () => 'succeeded'));
      const names = new Map((await cluster.nodes()).map(({ id, name }) => [id, name]));
      expect(new Set(trials.map(({ node }) => names.get(node ?? ''))).size).toBe(2);
      expect(await cluster.client.call('getJob', { params: { id: job.id } })).toMatchObject({
        args: { epochs: 10 },
        progress: 1,
        failed: 0,
      });
      expect(tab.page.tab.errors).toEqual([]);
    },
  );

  it.each(['digits', 'mandelbrot', 'option-pricing', 'word-count'])(
    'the example %s of the gallery runs from one click',
    { timeout: LIMIT_MS },
    async (id) => {
      const example = (await examples()).find((one) => one.id === id);
      await page.goto(`${cluster.address.url}/submit`);
      await page.getByRole('button', { name: `Run as it is: ${example?.title}` }).click();
      const job = await jobOnPage();
      expect(job.name).toBe(example?.title);
      if (id === 'mandelbrot') await isPaintedBitByBit(job.id);
      await hasSucceeded();
      const result = await downloadedResult();
      if (id === 'digits') expect(result).toHaveLength(TRIALS);
      if (id === 'mandelbrot') expect(result).toEqual({ width: 960, height: 640 });
      if (id === 'option-pricing') {
        const { value, from, to } = result as { value: number; from: number; to: number };
        expect(from).toBeLessThan(value);
        expect(to).toBeGreaterThan(value);
      }
      if (id === 'word-count')
        expect(result).toMatchObject({ top: expect.arrayContaining([{ word: 'light', count: expect.any(Number) }]) });
    },
  );

  /** Waits for two versions of the picture on the page, which grows without a reload. */
  async function isPaintedBitByBit(job: string): Promise<void> {
    const picture = page.getByAltText(/^mandelbrot\.png/);
    const versionShown = async (): Promise<number> =>
      Number(/[?]v=(\d+)/.exec((await picture.getAttribute('src')) ?? '')?.[1]);
    await picture.waitFor();
    const first = await versionShown();
    await until('a later version is shown', async () => (await versionShown()) > first, LIMIT_MS);
    await hasSucceeded();
    const [last] = await artefacts(job);
    await until('the last version is shown', async () => (await versionShown()) === last?.version);
    expect(await widthOf(picture)).toBe(960);
  }

  it("G2 yesterday's job is found after a crash of the server, with all it left", { timeout: LIMIT_MS }, async () => {
    await cluster.killServer();
    await cluster.startServer();
    await page.goto(`${cluster.address.url}/jobs`);
    await page.getByRole('link', { name: 'Mandelbrot set' }).click();
    await jobOnPage();
    await hasSucceeded();
    const picture = page.getByAltText(/^mandelbrot\.png/);
    await picture.waitFor();
    await until('it is drawn', async () => (await widthOf(picture)) === 960);
    expect(await downloadedResult()).toEqual({ width: 960, height: 640 });
    expect(errors).toEqual([]);
  });
});
