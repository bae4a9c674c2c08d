import { describe, expect, it } from 'vitest';
import { Standstill, whyNothingRuns } from './standstill.ts';
import { cannedApi } from './testing/canned-api.ts';

describe('a job that stands still', () => {
  it('is noticed once, three seconds after it moved last', () => {
    const standstill = new Standstill();
    const begins = (words: string, ...times: number[]): boolean[] => times.map((ms) => standstill.begins(words, ms));
    expect(begins('0 of 2', 0, 2_999, 3_000, 9_000)).toEqual([false, false, true, false]);
    expect(begins('1 of 2', 9_500, 12_000, 12_500, 30_000)).toEqual([false, false, true, false]);
  });
});

describe('why nothing of it runs', () => {
  const infeasible = [{ demand: '1 unicorn', tasks: 2, reason: 'no node has the resources it asks for' }];
  const cluster = { hosts: 1, tabs: 0, cpus: 2, inGrace: false, infeasible };
  const tasks = {
    items: [
      { id: '3.2', fn: 'job#busy', demand: '1 CPU' },
      { id: '3.1', fn: 'job#rare', demand: '1 unicorn' },
    ],
    next: null,
  };

  it('is told of the task that asks for what nobody has', async () => {
    const { api, asked } = cannedApi({ cluster, tasks });
    expect(await whyNothingRuns(api, '3')).toEqual(['3.1 (job#rare) asks for what no node has: daylight why 3.1']);
    expect(asked).toEqual(['cluster', 'tasks?job=3&state=queued&limit=100']);
  });

  it('is that nobody lends anything', async () => {
    const { api } = cannedApi({ cluster: { ...cluster, hosts: 0, cpus: 0 }, tasks });
    expect(await whyNothingRuns(api, '3')).toEqual([
      '2 tasks cannot run: no node has joined yet',
      expect.stringContaining('daylight join'),
    ]);
  });

  it('is nothing where something can run, or nodes are still coming back', async () => {
    const none = { items: [], next: null };
    for (const answers of [
      { cluster: { ...cluster, infeasible: [] }, tasks },
      { cluster: { ...cluster, inGrace: true }, tasks },
      { cluster, tasks: none },
    ])
      expect(await whyNothingRuns(cannedApi(answers).api, '3')).toEqual([]);
  });
});
