// Rows about the donate page itself: how much it loads before anybody presses Start, and how soon after that click a task
// is done. Each on browsers with fresh profiles, where nothing is cached.
import { gzipSync } from 'node:zlib';
import { get, init, remoteModule } from 'daylight';
import { type DonatingBrowser, listNodes, openDonatePage } from '../harness/lent-tab.ts';
import { expectValue } from '../harness/check.ts';
import type { ClusterAddress } from '../harness/cluster.ts';
import { cpuBetween, type CpuTimes, describeCpu, readCpuUs, totalUs } from '../harness/cpu-time.ts';
import { median } from '../harness/measure.ts';
import { shortNumber } from '../harness/table.ts';
import { until } from '../../e2e/fixtures/until.ts';
import type { PageRow } from './row-definition.ts';
import type { PageRowName } from './row-list.ts';
import type { RowMeasurement, RowOrder } from './row-messages.ts';

const MS_PER_S = 1_000;
const BYTES_PER_KB = 1_000;
const BUDGET = 'what the page is allowed';

/** Notes in the page when Start is clicked, by the clock that all processes of this machine share. */
const NOTE_CLICK = `void addEventListener('click', () => { globalThis.clickedAtMs = Date.now(); }, { capture: true, once: true })`;

/** What the page loaded: address and size without compression. Frames and workers would have lists of their own. */
const LIST_LOADED = `(() => {
  if (document.querySelector('iframe, frame, object, embed')) throw new Error('there are frames before Start');
  return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter(({ name }) => name.startsWith('http'))
    .map(({ name, decodedBodySize, encodedBodySize }) => ({ name, decodedBodySize, encodedBodySize }));
})()`;

interface Loaded {
  readonly name: string;
  readonly decodedBodySize: number;
  readonly encodedBodySize: number;
}

/** Waits until no tab is connected any more: a task that is submitted then waits for the next one. */
async function noTabLeft(server: ClusterAddress): Promise<void> {
  await until('the server lets the former tab go', async () =>
    (await listNodes(server)).every(({ role, state }) => role !== 'tab' || state !== 'connected'),
  );
}

/** From the click on Start to the result of a task that waits for it, in s. */
async function clickToResult({ page }: DonatingBrowser, result: Promise<unknown>): Promise<number> {
  await page.tab.evaluate(NOTE_CLICK);
  await page.press('start');
  expectValue('the result', await result, 'ok');
  const doneAtMs = Date.now();
  return (doneAtMs - (await page.tab.evaluate<number>('clickedAtMs'))) / MS_PER_S;
}

const startToFirstTask: PageRow = {
  async measure({ server, timing, processes }: RowOrder): Promise<RowMeasurement> {
    const session = await init({
      address: server.url,
      token: server.joinToken,
      numCpus: 0,
      jobName: 'bench: page start',
    });
    const job = remoteModule<typeof import('../jobs/small-calls.ts')>(
      new URL('../jobs/small-calls.ts', import.meta.url),
    );
    const seconds: number[] = [];
    const used: CpuTimes[] = [];
    for (let round = 0; round < timing.rounds; round += 1) {
      /* oxlint-disable no-await-in-loop -- one round after the other */
      await noTabLeft(server);
      await using browser = await openDonatePage(server);
      const all = [...processes, { name: 'tab', browserGroup: browser.group }];
      const result = get(job.small.remote());
      result.catch(() => undefined); // heard of by the click, which may fail first
      const before = readCpuUs(all);
      seconds.push(await clickToResult(browser, result));
      used.push(cpuBetween(before, readCpuUs(all)));
      /* oxlint-enable no-await-in-loop */
    }
    await session.shutdown();
    const cheapest = used.toSorted((a, b) => totalUs(a) - totalUs(b))[0] ?? new Map();
    return {
      value: median(seconds),
      min: Math.min(...seconds),
      max: Math.max(...seconds),
      cpuUsPerCall: median(used.map(totalUs)),
      limit: { value: 5, what: `${BUDGET} on a slow phone, which this machine is not` },
      notes: [
        `each on a fresh profile: ${seconds.map(shortNumber).join(', ')} s`,
        `µs CPU of the cheapest: ${describeCpu(cheapest, 1)}`,
      ],
    };
  },
};

const donatePageGzip: PageRow = {
  async measure({ server }: RowOrder): Promise<RowMeasurement> {
    await using browser = await openDonatePage(server);
    const { tab } = browser.page;
    const loaded = await tab.evaluate<Loaded[]>(LIST_LOADED);
    const files = await Promise.all(loaded.map(async (file) => ({ ...file, gzipBytes: await gzipSize(file) })));
    const kilobytes = (bytes: number): string => shortNumber(bytes / BYTES_PER_KB);
    const sum = (key: 'gzipBytes' | 'decodedBodySize' | 'encodedBodySize'): number =>
      files.reduce((bytes, file) => bytes + file[key], 0);
    const value = sum('gzipBytes') / BYTES_PER_KB;
    const each = files.map(({ name, gzipBytes }) => `${new URL(name).pathname} ${kilobytes(gzipBytes)}`);
    return {
      value,
      min: value,
      max: value,
      limit: { value: 100, what: BUDGET },
      notes: [
        each.join(', '),
        `${kilobytes(sum('decodedBodySize'))} KB without compression, ${kilobytes(sum('encodedBodySize'))} KB as served`,
      ],
    };
  },
};

/** Bytes after gzip of a file that the page loaded; it must be what the page got. */
async function gzipSize({ name, decodedBodySize }: Loaded): Promise<number> {
  const response = await fetch(name);
  const body = new Uint8Array(await response.arrayBuffer());
  expectValue(`the status of ${name}`, response.status, 200);
  expectValue(`the size of ${name}`, body.length, decodedBodySize);
  return gzipSync(body).length;
}

export const pageRows = {
  'page start to first task': startToFirstTask,
  'donate page gzip': donatePageGzip,
} satisfies Record<PageRowName, PageRow>;
