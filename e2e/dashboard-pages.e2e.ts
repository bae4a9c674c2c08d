/*
 * Every page of the dashboard as people meet it: on a phone and on a wide screen, in light and in dark, with data, without any,
 * while it waits and when something is wrong. On each, axe finds nothing, nothing is wider than the screen, and the browser has
 * nothing to complain about. With DAYLIGHT_PICTURES=folder each is also written there as a picture, to be looked at.
 */

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chromiumArguments, chromiumPath } from '../scripts/chromium.ts';
import { Cluster } from './fixtures/cluster.ts';
import type { RunningProcess } from './fixtures/processes.ts';
import { until } from './fixtures/until.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PICTURES = process.env['DAYLIGHT_PICTURES'];
const NARROWEST_PX = 360;
const VARIANTS = [
  { name: 'phone-light', width: NARROWEST_PX, height: 780, colorScheme: 'light' },
  { name: 'phone-dark', width: NARROWEST_PX, height: 780, colorScheme: 'dark' },
  { name: 'wide-light', width: 1440, height: 900, colorScheme: 'light' },
  { name: 'wide-dark', width: 1920, height: 1080, colorScheme: 'dark' },
] as const;
type Variant = (typeof VARIANTS)[number];
/** For what looks the same everywhere: the smallest in one light, the widest in the other. */
const EXTREMES = [VARIANTS[0], VARIANTS[3]];

let cluster: Cluster;
let browser: Browser;
beforeAll(async () => {
  [cluster, browser] = await Promise.all([
    Cluster.start(),
    chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArguments] }),
  ]);
});
afterAll(async () => {
  await browser.close();
  await cluster.stop();
});

/** A page of somebody who is logged in, and what went wrong in it. */
interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** Opens a browser of its own on one of the screens, logged in with `token` unless that is empty. */
async function visit(variant: Variant, token: string = cluster.address.operatorToken): Promise<Visit> {
  const { width, height, colorScheme } = variant;
  const context = await browser.newContext({
    ...{ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' },
    // Only for axe, which is put into the page; what the policy forbids is looked at in a test of its own.
    bypassCSP: true,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  if (token !== '') await page.goto(`${cluster.address.url}/?token=${token}`);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** One place of the dashboard, and what has to be seen there. */
interface Place {
  readonly name: string;
  readonly path: string;
  readonly heading: string;
  /** Texts that come with the data. */
  readonly shows: readonly string[];
}

async function open({ page }: Visit, { path: address, heading, shows }: Place): Promise<void> {
  await page.goto(`${cluster.address.url}${address}`);
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  for (const text of shows) await page.getByText(text).filter({ visible: true }).first().waitFor();
}

/** What axe finds, a line each. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<string[]>(`axe.run(document).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ': ' + failureSummary)))`);
  return found;
}

/** What is wrong with the page as it is now, a line each: what axe finds, what is wider than the screen, what the browser says. */
async function faults({ page, complaints }: Visit, variant: Variant, name: string): Promise<string[]> {
  if (PICTURES !== undefined) {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: path.join(PICTURES, `${name}-${variant.name}.png`), fullPage: true });
  }
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  const tooWide = width > variant.width ? [`it is ${width} pixels wide`] : [];
  return [...(await findings(page)), ...tooWide, ...complaints].map((fault) => `${name}: ${fault}`);
}

/** Rows of the API that the places below need. */
async function first<T>(what: string): Promise<T> {
  return until(`there is one of ${what}`, async () => (await cluster.api<{ items: T[] }>(what)).items[0]);
}

describe('a cluster in which nothing has happened', () => {
  it.each(VARIANTS)('teaches how to begin: $name', async (variant) => {
    await using visitor = await visit(variant);
    await open(visitor, {
      name: 'empty',
      path: '/',
      heading: 'Overview',
      shows: ['Begin here', 'Lend a machine', 'daylight join', 'Run the first job', 'Nothing has happened yet'],
    });
    expect(await faults(visitor, variant, 'overview-empty')).toEqual([]);
    for (const [name, heading, words] of [
      ['jobs', 'Jobs', 'No job has run yet'],
      ['nodes', 'Nodes', 'Nobody has joined yet'],
      ['tasks', 'Tasks', 'No tasks yet'],
      ['actors', 'Actors', 'No job has an actor now'],
      ['objects', 'Objects', 'Nobody holds an object now'],
    ] as const) {
      await open(visitor, { name, path: `/${name}`, heading, shows: [words] });
      expect(await faults(visitor, variant, `${name}-empty`)).toEqual([]);
    }
  });

  it('asks for the token, says where it is, and leads to where somebody wanted to go', async () => {
    await using visitor = await visit(VARIANTS[2], '');
    const { page } = visitor;
    await page.goto(`${cluster.address.url}/nodes`);
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await page.getByText('Where do I find it?').click();
    await page.getByText('tokens.json').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByLabel('Token of the cluster').fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('This is not the token of this cluster').waitFor();
    await page.getByLabel('Token of the cluster').fill(cluster.address.operatorToken);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Nodes' }).waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
  });
});

describe('a cluster at work', () => {
  let job: RunningProcess;
  let places: Place[] = [];

  beforeAll(async () => {
    await cluster.addHost({ cpus: 2, name: 'workbench' });
    job = cluster.startJob('showcase.ts', { name: 'Showcase' });
    await until('all but one task is over', async () => (await cluster.jobs())[0]?.unfinished === 1);
    const task = await first<{ id: string }>('tasks?state=succeeded&fn=*add*');
    const failed = await first<{ id: string }>('tasks?state=failed');
    const waiting = await first<{ id: string }>('tasks?state=queued');
    const actor = await first<{ id: string }>('actors');
    const node = await first<{ id: string }>('nodes?name=workbench');
    const jobId = (await cluster.jobs())[0]?.id ?? '';
    places = [
      {
        name: 'overview',
        path: '/',
        heading: 'Overview',
        shows: ['Showcase', 'no node can run', 'Lately', 'workbench joined'],
      },
      { name: 'jobs', path: '/jobs', heading: 'Jobs', shows: ['Showcase', 'Running', '1 job'] },
      {
        name: 'job',
        path: `/jobs/${jobId}`,
        heading: 'Showcase',
        shows: [
          'half is done',
          'By function',
          'Why is it waiting?',
          'No node has the resources it asks for',
          'Timeline',
        ],
      },
      {
        name: 'job-log',
        path: `/jobs/${jobId}?tab=logs`,
        heading: 'Showcase',
        shows: ['a factor of three is unlucky'],
      },
      { name: 'job-tasks', path: `/jobs/${jobId}?tab=tasks`, heading: 'Showcase', shows: ['this one always fails'] },
      {
        name: 'job-result',
        path: `/jobs/${jobId}?tab=result`,
        heading: 'Showcase',
        shows: ['It goes to the driver'],
      },
      { name: 'job-files', path: `/jobs/${jobId}?tab=files`, heading: 'Showcase', shows: ['has published no files'] },
      { name: 'nodes', path: '/nodes', heading: 'Nodes', shows: ['workbench', 'Host', 'Driver'] },
      {
        name: 'node',
        path: `/nodes/${node.id}`,
        heading: 'workbench',
        shows: ['CPUs in use', 'The last ten minutes', 'Tasks it has or had'],
      },
      { name: 'tasks', path: '/tasks', heading: 'Tasks', shows: ['onGpu', 'Waits for a node', 'refuse'] },
      { name: 'task', path: `/tasks/${task.id}`, heading: 'add', shows: ['workbench', 'Attempts'] },
      { name: 'task-failed', path: `/tasks/${failed.id}`, heading: 'refuse', shows: ['this one always fails'] },
      {
        name: 'task-waiting',
        path: `/tasks/${waiting.id}`,
        heading: 'onGpu',
        shows: ['No node has the resources it asks for'],
      },
      { name: 'actors', path: '/actors', heading: 'Actors', shows: ['Tally', 'Alive'] },
      { name: 'actor', path: `/actors/${actor.id}`, heading: 'Tally', shows: ['Calls running', 'workbench'] },
      { name: 'objects', path: '/objects', heading: 'Objects', shows: ['On nodes'] },
      {
        name: 'object',
        path: `/objects/${task.id}`,
        heading: `Object ${task.id}`,
        shows: ['Lineage', 'scale', 'Copies'],
      },
      { name: 'events', path: '/events', heading: 'Events', shows: ['workbench joined'] },
      { name: 'submit', path: '/submit', heading: 'Submit a job', shows: ['Run', 'About the job'] },
    ];
  });
  afterAll(async () => {
    job.signal('SIGINT');
    await job.end();
  });

  it.each(VARIANTS)('is shown on every page: $name', async (variant) => {
    await using visitor = await visit(variant);
    for (const place of places) {
      await open(visitor, place);
      expect(await faults(visitor, variant, place.name)).toEqual([]);
    }
  });

  it.each(EXTREMES)('says what is wrong, and what to do: $name', async (variant) => {
    await using visitor = await visit(variant);
    const { page } = visitor;
    for (const [kind, id] of [
      ['job', '999'],
      ['node', '999'],
      ['task', '1.999'],
      ['actor', '1.999'],
      ['object', '1.999'],
    ]) {
      await page.goto(`${cluster.address.url}/${kind}s/${id}`);
      await page.getByText(`There is no such ${kind}`).waitFor();
      expect(await findings(page)).toEqual([]);
    }
    await page.goto(`${cluster.address.url}/jobs/1/nothing/here`);
    await page.getByRole('heading', { level: 1, name: 'There is nothing here' }).waitFor();
    expect(await findings(page)).toEqual([]);
  });

  it.each(EXTREMES)('has a form while it waits: $name', async (variant) => {
    await using visitor = await visit(variant);
    const { page } = visitor;
    const { promise: enough, resolve: letGo } = Promise.withResolvers<void>();
    await page.route('**/api/v1/jobs*', async (route) => {
      await enough;
      await route.continue();
    });
    await page.goto(`${cluster.address.url}/jobs`);
    await page.getByText('Loading').first().waitFor({ state: 'attached' });
    expect(await faults(visitor, variant, 'jobs-loading')).toEqual([]);
    letGo();
    await page.getByText('Showcase').filter({ visible: true }).first().waitFor();
    await page.unrouteAll({ behavior: 'wait' });
  });

  it('can be filtered, sorted and exported', async () => {
    await using visitor = await visit(VARIANTS[2]);
    const { page } = visitor;
    await open(visitor, { name: 'tasks', path: '/tasks', heading: 'Tasks', shows: ['onGpu'] });
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByLabel('State').selectOption('failed');
    await page.getByText('1 task', { exact: true }).waitFor();
    expect(await findings(page)).toEqual([]);
    expect(new URL(page.url()).search).toBe('?state=failed');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Export' }).click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'CSV, for spreadsheets' }).click(),
    ]);
    const csv = readFileSync(await file.path(), 'utf8').split('\r\n');
    expect(csv[0]).toMatch(/^Task,Function,State/);
    expect(csv[1]).toContain('this one always fails');
    expect(csv).toHaveLength(3);
    await page.getByRole('button', { name: 'Remove the filter on State' }).click();
    await page.getByText('onGpu').first().waitFor();

    // The server sorts no tasks: it is done here.
    await page.getByRole('button', { name: 'Function', exact: true }).click();
    const functions = page.locator('tbody tr td:nth-child(2)');
    await page.getByRole('columnheader', { name: 'Function' }).and(page.locator('[aria-sort=ascending]')).waitFor();
    const names = await functions.allTextContents();
    expect(names).toEqual(names.toSorted((one, other) => one.localeCompare(other, 'en')));

    await open(visitor, { name: 'nodes', path: '/nodes', heading: 'Nodes', shows: ['workbench'] });
    await page.getByRole('button', { name: 'Node', exact: true }).click();
    await page.getByRole('columnheader', { name: 'Node' }).and(page.locator('[aria-sort=ascending]')).waitFor();
    expect(new URL(page.url()).search).toBe('?sort=name');
  });

  it.each(VARIANTS.slice(0, 2))('is reached by the menu of a phone: $name', async (variant) => {
    await using visitor = await visit(variant);
    const { page } = visitor;
    await page.getByRole('button', { name: 'Open the menu' }).click();
    await page.getByRole('link', { name: /^Events/ }).waitFor();
    expect(await faults(visitor, variant, 'menu')).toEqual([]);
    await page.getByRole('link', { name: /^Events/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor();
    await page.getByRole('button', { name: 'Open the menu' }).waitFor();
  });

  it('is worked by keyboard, keeps what somebody chose, and copies with one press', async () => {
    await using visitor = await visit(VARIANTS[2]);
    const { page } = visitor;
    await open(visitor, { name: 'jobs', path: '/jobs', heading: 'Jobs', shows: ['Showcase'] });
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    const jobId = (await cluster.jobs())[0]?.id ?? '';
    await page.getByRole('button', { name: `Copy id ${jobId} of Showcase` }).click();
    await page.getByText(`Copied id ${jobId} of Showcase`).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByLabel('Job', { exact: true }).press('ControlOrMeta+V');
    expect(await page.getByLabel('Job', { exact: true }).inputValue()).toBe(jobId);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Remove the filter on Job' }).click();
    await page.getByTitle('Dark').click();
    await page.reload();
    await page.getByText('Showcase').first().waitFor();
    expect(await page.evaluate('document.documentElement.dataset.mantineColorScheme')).toBe('dark');
  });

  it('has nothing that its content policy forbids', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const refused: string[] = [];
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) refused.push(message.text());
    });
    await page.goto(`${cluster.address.url}/?token=${cluster.address.operatorToken}`);
    for (const place of places) {
      await page.goto(`${cluster.address.url}${place.path}`);
      await page.getByRole('heading', { level: 1, name: place.heading }).waitFor();
    }
    await page.getByLabel('Source of the job').waitFor();
    expect(refused).toEqual([]);
    await context.close();
  });

  it('offers a viewer nothing that a viewer may not do', async () => {
    await using visitor = await visit(VARIANTS[2], cluster.address.viewerToken);
    const { page } = visitor;
    await open(visitor, { name: 'overview', path: '/', heading: 'Overview', shows: ['Showcase', 'Live'] });
    expect(await page.getByText('Submit a job').count()).toBe(0);
    await page.getByRole('link', { name: 'Showcase' }).click();
    await page.getByText('half is done').waitFor();
    expect(await page.getByRole('button', { name: /Stop|Run again|Delete/ }).count()).toBe(0);
    await open(visitor, { name: 'submit', path: '/submit', heading: 'Submit a job', shows: ['You may only look'] });
    expect(await findings(page)).toEqual([]);
  });
});

describe('the editor', () => {
  it('shows a mistake at its line, and takes it back when it is mended', async () => {
    await using visitor = await visit(VARIANTS[2]);
    const { page } = visitor;
    await open(visitor, { name: 'submit', path: '/submit', heading: 'Submit a job', shows: ['Begin with an example'] });
    const editor = page.getByLabel('Source of the job');
    await editor.fill('export default () => {\n  return oops;\n};');
    await page.getByRole('button', { name: /line 2, column 10.*Cannot find name 'oops'/ }).click();
    await page.locator('.cm-lintRange-error').filter({ hasText: 'oops' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await editor.fill('export default () => {\n  return 1;\n};');
    await page.getByText('No problems found').waitFor();
    await page.getByRole('button', { name: /^Mandelbrot set/ }).click();
    await page.getByText('mandelbrot.ts').waitFor();
    await page.getByRole('button', { name: /^Handwritten digits/ }).click();
    await page.getByRole('button', { name: 'Undo all changes' }).click();
    await page.getByText('Undo all changes').waitFor({ state: 'detached' });
    expect(await editor.textContent()).toContain('daylight/datasets/digits');
  });

  it.each(EXTREMES)('runs an example to its result, and again with other arguments: $name', async (variant) => {
    await using visitor = await visit(variant);
    const { page } = visitor;
    await page.goto(`${cluster.address.url}/submit?example=word-count`);
    await page.getByLabel('Source of the job').waitFor();
    expect(await faults(visitor, variant, 'submit-example')).toEqual([]);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.waitForURL(/\/jobs\/\d+$/);
    await page.getByText('Succeeded').first().waitFor();
    await page.getByText('different').filter({ visible: true }).first().waitFor();
    expect(await faults(visitor, variant, 'job-result-preview')).toEqual([]);
    const address = page.url();

    await page.getByRole('tab', { name: 'Result' }).click();
    const [archive] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: /Everything as one zip/ }).click(),
    ]);
    expect(Object.keys(unzipSync(readFileSync(await archive.path())))).toContain('result.json');
    await page.getByRole('tab', { name: 'Files' }).click();
    await page.getByText('version 1').first().waitFor();
    expect(await faults(visitor, variant, 'job-files-some')).toEqual([]);
    await page.getByRole('tab', { name: 'Source' }).click();
    await page.getByLabel('Source of the job').waitFor();
    expect(await faults(visitor, variant, 'job-source')).toEqual([]);

    await page.getByRole('button', { name: 'Run again' }).click();
    const field = page.getByRole('dialog').getByRole('textbox').first();
    await field.waitFor();
    expect(await faults(visitor, variant, 'job-rerun')).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
    await page.waitForURL((url) => /\/jobs\/\d+$/.test(url.href) && url.href !== address);
    await page.getByText('Succeeded').first().waitFor();

    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete the job' }).waitFor();
    expect(await faults(visitor, variant, 'job-delete')).toEqual([]);
    await page.getByRole('button', { name: 'Delete the job' }).click();
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    await page.getByText('The job is deleted.').first().waitFor();
  });

  it('stops a job that runs', async () => {
    await using visitor = await visit(VARIANTS[0]);
    const { page } = visitor;
    await page.goto(`${cluster.address.url}/submit`);
    const editor = page.getByLabel('Source of the job');
    await editor.waitFor();
    await editor.fill('export default () => new Promise(() => {});');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.waitForURL(/\/jobs\/\d+$/);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop the job' }).click();
    await page.getByText('Stopped', { exact: true }).first().waitFor();
    expect(visitor.complaints).toEqual([]);
  });
});

describe('a server that goes away', () => {
  it('is missed in so many words, and forgotten when it is back', async () => {
    await using visitor = await visit(VARIANTS[0]);
    const { page } = visitor;
    await open(visitor, { name: 'overview', path: '/', heading: 'Overview', shows: ['Showcase'] });
    await cluster.killServer();
    await page.getByText('No live connection').waitFor();
    expect(await findings(page)).toEqual([]);
    await cluster.startServer();
    await page.getByText('No live connection').waitFor({ state: 'detached' });
    await page.getByText('Showcase').first().waitFor();
  });
});
