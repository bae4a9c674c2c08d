/*
 * A job that took over its worker in a browser and speaks the node's own language: each thing it says ends that worker and
 * nothing else.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Cluster, type JoinedTab, resultOf } from './fixtures/cluster.ts';

let cluster: Cluster;
let tab: JoinedTab;

beforeAll(async () => {
  cluster = await Cluster.start();
  tab = await cluster.addTab();
});

afterAll(() => cluster.stop());

describe('a job that speaks to its node by itself', () => {
  it('T1 B1 loses its worker for each such word; the other job, the page and the session live on', async () => {
    const enough = path.join(cluster.dataDirectory, 'enough');
    const steady = cluster.startJob('bombs.ts', { args: { bomb: 'steady', enough }, name: 'steady' });
    const ends = (await cluster.result('hijack.ts')) as Record<string, string>;
    expect(ends).toEqual({
      'all names': expect.stringMatching(/names that it does not need/),
      nonsense: expect.stringMatching(/what its node cannot do/),
      memory: expect.stringMatching(/lied about its memory/),
      questions: expect.stringMatching(/asked for "cluster"/),
      functions: expect.stringMatching(/more functions and options/),
      waits: expect.stringMatching(/number of a call twice/),
      size: expect.stringMatching(/came with 0/),
      'one buffer, many values': expect.stringMatching(/one buffer for two values/),
      'the end': expect.stringMatching(/spoke for a driver/),
      crowds: expect.stringMatching(/flooded/),
    });
    writeFileSync(enough, '');
    const { done, wrong } = resultOf(await steady.end()) as { done: number; wrong: number };
    expect(done).toBeGreaterThan(0);
    expect(wrong).toBe(0);
    expect(await cluster.node(tab.node.id)).toMatchObject({ state: 'connected', trusted: true });
    expect(await tab.page.phase()).toBe('joined');
    expect(tab.page.tab.hasCrashed).toBe(false);
    expect(tab.page.tab.errors).toEqual([]);
  });
});
