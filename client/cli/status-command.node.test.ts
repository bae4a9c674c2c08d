import { describe, expect, it } from 'vitest';
import type { Cluster } from '#shared/api/schemas.ts';
import { statusLines } from './status-command.ts';

const CLUSTER: Cluster = {
  startedAt: null,
  now: null,
  version: '1',
  isPublic: false,
  storage: 'working',
  inGrace: false,
  hosts: 0,
  tabs: 0,
  drivers: 0,
  cpus: 0,
  freeCpus: 0,
  gpus: 0,
  runningJobs: 1,
  unfinishedTasks: 1,
  queuedTasks: 1,
  endedTasks: 0,
  tasksPerSecond: 0,
  retriesPerMinute: 0,
  objects: 0,
  infeasible: [{ demand: 'nothing', tasks: 1, reason: 'no node has the resources it asks for' }],
};
const warnings = (cluster: Partial<Cluster>): string[] => {
  const lines = statusLines({ cluster: { ...CLUSTER, ...cluster }, nodes: [], jobs: [], width: undefined });
  return lines.filter((line) => line.startsWith('!'));
};

describe('the cluster at a glance', () => {
  it('says of a cluster without nodes that nobody has joined, not what is missing', () => {
    expect(warnings({})).toEqual(['! 1 task cannot run: no node has joined yet']);
  });

  it('says else what no node has', () => {
    const gpu = { demand: '1 GPU', tasks: 2, reason: 'no node has the resources it asks for' };
    expect(warnings({ hosts: 1, cpus: 4, infeasible: [gpu] })).toEqual([
      '! 2 tasks for 1 GPU cannot run: no node has the resources it asks for',
    ]);
    expect(warnings({ hosts: 1, cpus: 4, infeasible: [] })).toEqual([]);
  });
});
