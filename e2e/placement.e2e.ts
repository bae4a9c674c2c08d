/*
 * Where tasks run that say so: by labels of hosts, spread over them, on one that is killed. Three hosts; who they are is asked of
 * the server as a person would.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Cluster, resultOf } from './fixtures/cluster.ts';
import type { RunningProcess } from './fixtures/processes.ts';
import { until } from './fixtures/until.ts';

interface Why {
  state: string;
  reason: string;
  candidates: { node: string; closed?: string }[];
}

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-placement-'));
let cluster: Cluster;
let hosts: RunningProcess[] = [];

beforeAll(async () => {
  cluster = await Cluster.start();
  hosts = [
    await cluster.addHost({ cpus: 1, name: 'a1', labels: ['zone=a'] }),
    await cluster.addHost({ cpus: 1, name: 'a2', labels: ['zone=a', 'disk=ssd'] }),
    await cluster.addHost({ cpus: 2, name: 'b1', labels: ['zone=b'] }),
  ];
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await cluster.stop();
});

describe('placement', () => {
  it('S1 labels are hard: tasks and actors go only where they are met; lists can be asked by them', async () => {
    const result = resultOf(await cluster.run('placement.ts', { args: { part: 'labels' } }));
    expect(result).toEqual(['b1', 'b1', 'b1', 'b1', 'b1']);
    const { items } = await cluster.api<{ items: { name: string; labels: string[] }[] }>('nodes?labels=disk%3Dssd');
    expect(items.map(({ name }) => name)).toEqual(['a2']);
    expect(items[0]?.labels).toEqual(expect.arrayContaining(['role=host', 'zone=a', `os=${process.platform}`]));
  });

  it('S2 SPREAD gives each its turn, however quick the tasks are', async () => {
    const names = resultOf(await cluster.run('placement.ts', { args: { part: 'spread' } })) as string[];
    expect(names.toSorted()).toEqual(['a1', 'a1', 'a2', 'a2', 'b1', 'b1']);
  });

  it('S4 S2 on a node that is killed: soft goes elsewhere, hard fails and says why', async () => {
    const go = path.join(folder, 'go');
    const { id } = await cluster.nodeIs('a1', 'connected');
    const running = cluster.run('placement.ts', { args: { part: 'pinned', node: id, go } });
    await until('both are there', async () => (await cluster.tasks('&state=leased')).length === 2);
    const [task] = await cluster.tasks('&state=leased');
    const why = await cluster.api<Why>(`why/${task?.id}`);
    expect(why.reason).toContain(`node ${id}`);
    hosts[0]?.signal('SIGKILL');
    writeFileSync(go, '');
    const { soft, hard } = resultOf(await running) as { soft: string; hard: { name: string; message: string } };
    expect(['a2', 'b1']).toContain(soft);
    expect(hard.name).toBe('InfeasibleError');
    expect(hard.message).toContain(`node ${id} only`);
  });
});
