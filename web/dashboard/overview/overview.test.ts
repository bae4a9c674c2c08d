import { describe, expect, it } from 'vitest';
import type { Cluster, Event } from '#shared/api/schemas.ts';
import { alertsOf } from './alert-list.ts';
import { joinCommand } from './join-command.ts';

const NOW = Date.parse('2026-11-27T12:00:00Z');
const CLUSTER: Cluster = {
  startedAt: '2026-11-27T11:00:00Z',
  now: '2026-11-27T12:00:00Z',
  ...{ version: '0.1.0', isPublic: false, storage: 'working', inGrace: false, hosts: 1, tabs: 0, drivers: 0 },
  ...{ cpus: 2, freeCpus: 2, gpus: 0, runningJobs: 0, unfinishedTasks: 0, queuedTasks: 0, endedTasks: 0 },
  ...{ tasksPerSecond: 0, retriesPerMinute: 0, objects: 0, infeasible: [] },
};
const left = (at: string): Event => ({
  ...{ at, severity: 'warning', kind: 'node-left', message: 'laptop left: no answer', job: 0, session: 4 },
});

describe('alerts', () => {
  it('are none while all is well', () => {
    expect(alertsOf(CLUSTER, [left('2026-11-27T11:30:00Z')], NOW)).toEqual([]);
  });

  it('S4 tell of tasks that no node can run, and what would help', () => {
    const cluster = { ...CLUSTER, infeasible: [{ demand: '1 GPU', tasks: 3, reason: 'no node offers GPU' }] };
    const [alert] = alertsOf(cluster, [], NOW);
    expect(alert?.title).toBe('3 tasks no node can run: 1 GPU');
    expect(alert?.advice).toMatch(/^No node offers GPU\. .*joins\.$/);
  });

  it('tell of nodes that left lately, of retries and of the storage, the worst first', () => {
    const cluster: Cluster = { ...CLUSTER, storage: 'failing', retriesPerMinute: 40 };
    const alerts = alertsOf(cluster, [left('2026-11-27T11:58:00Z'), left('2026-11-27T11:59:00Z')], NOW);
    expect(alerts.map(({ key }) => key)).toEqual(['storage', 'retries', 'lost']);
    expect(alerts[2]?.title).toBe('2 nodes left in the last ten minutes');
  });
});

describe('the command that lends a machine', () => {
  it('has the key of the link', () => {
    expect(joinCommand('https://sun.example/donate#key=a-b_c')).toBe('daylight join https://sun.example --token a-b_c');
    expect(joinCommand('http://127.0.0.1:7700/donate')).toBe('daylight join http://127.0.0.1:7700');
  });
});
