/*
 * Two pitfalls of dynamic task graphs that give wrong results without any error: children named by the order of their calls,
 * and calls that are taken for another task's after an await.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Cluster, resultOf } from './fixtures/cluster.ts';
import { until } from './fixtures/until.ts';

const CHILDREN = 6;
const folder = mkdtempSync(path.join(tmpdir(), 'daylight-pitfalls-'));

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start([{ name: 'nursery', resources: ['nursery=1'] }]);
});
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a parent that runs again', () => {
  it('L1 gets every child its own result, although it calls them in another order', async () => {
    await cluster.addHost({ name: 'first-home', resources: ['home=1'] });
    const notesFile = path.join(folder, 'notes');
    const notes = (): string[] => (existsSync(notesFile) ? readFileSync(notesFile, 'utf8').trimEnd().split('\n') : []);
    const job = cluster.startJob('pitfalls.ts', {
      args: { part: 'parent', notes: notesFile, never: path.join(folder, 'never'), children: CHILDREN },
    });
    await until(
      'the first attempt has all results',
      () => notes().includes('attempt 1 on first-home') || !job.isRunning,
    );
    await cluster.host('first-home').kill();
    await cluster.addHost({ name: 'second-home', resources: ['home=1'] });
    expect(resultOf(await job.end())).toEqual({
      attempt: 2,
      results: Array.from({ length: CHILDREN }, (_, x) => `result of ${x}`),
      twins: ['result of 0', 'result of 0'],
    });
    // The children are the same work under the same names: they did not run again. The twins are two more of child 0.
    const runs = notes().filter((line) => line.startsWith('child'));
    expect(runs.toSorted()).toEqual(
      ['child 0', 'child 0', ...Array.from({ length: CHILDREN }, (_, x) => `child ${x}`)].toSorted(),
    );
  });
});

describe('tasks that take turns in one worker', () => {
  it('L8 are themselves after every await, and their children are their own', async () => {
    const result = (await cluster.result('pitfalls.ts', { args: { part: 'interleave' } })) as Record<string, unknown>;
    expect(result).toEqual({
      strayed: [],
      mostLive: expect.any(Number),
      own: { pendingBefore: 2, secondWentOn: true, ends: ['rejected', 'rejected'] },
    });
    // On one CPU: otherwise the test would not have seen what it is about.
    expect(result['mostLive']).toBeGreaterThan(1);
  });
});
