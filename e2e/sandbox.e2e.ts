import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Attacker } from './fixtures/attacker.ts';
import { Cluster, type JoinedTab, resultOf } from './fixtures/cluster.ts';

const SECRET_NAME = 'attacker.test';

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

describe('job code in a browser', () => {
  it('T1 has no way out: every attempt fails, and nothing reaches who listens outside', async () => {
    const outcomes = (await cluster.result('escapes.ts', {
      args: {
        tcp: `127.0.0.1:${attacker.tcpPort}`,
        udp: `127.0.0.1:${attacker.udpPort}`,
        name: SECRET_NAME,
        own: cluster.address.url,
      },
    })) as Record<string, string>;
    expect(Object.keys(outcomes).length).toBeGreaterThan(35);
    expect(Object.entries(outcomes).filter(([, outcome]) => !outcome.startsWith('closed'))).toEqual([]);
    expect(attacker.hits).toEqual([]);
    // The words it said into a channel changed nothing either.
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
      const steady = cluster.startJob('bombs.ts', { args: { bomb: 'steady', steps: 20, ms: 100 }, name: 'steady' });
      const result = await cluster.run('bombs.ts', { args: { bomb }, name: bomb });
      expect(resultOf(result)).toMatchObject({ error, after: 'fine' });
      expect(resultOf(await steady.end(120_000))).toEqual({ sum: 190 });
      const [node] = (await cluster.nodes()).filter(({ role }) => role === 'tab');
      // The same session all along: page and raylet did not go down.
      expect(node).toMatchObject({ id: tab.node.id, state: 'connected' });
      expect(tab.page.tab.hasCrashed).toBe(false);
    },
    120_000,
  );

  it('B1 a task that prints without end is cut short, not the node', async () => {
    const result = await cluster.result('bombs.ts', { args: { bomb: 'chatter', steps: 300_000 }, name: 'chatter' });
    expect(result).toEqual({ lines: 300_000 });
    await cluster.nodeIs(tab.node.name, 'connected');
  });

  it('T1 not even a name was looked up, nor a connection prepared', async () => {
    await tab.browser.close();
    const log = readFileSync(netLog, 'utf8');
    expect(log).toContain('127.0.0.1');
    expect(log).not.toContain(SECRET_NAME);
    expect(log).not.toContain(`:${attacker.tcpPort}`);
    expect(attacker.hits).toEqual([]);
  });
});
