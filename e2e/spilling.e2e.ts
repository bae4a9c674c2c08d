// Values that memory has no room for, with real processes and a real disk: they come back as they were, and nothing of them
// is left behind, however a process ends.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../scripts/source-files.ts';
import { Cluster } from './fixtures/cluster.ts';
import type { RunningProcess } from './fixtures/processes.ts';
import { until } from './fixtures/until.ts';

const STORE_MB = 10;
const COUNT = 40;
const SIZE_BYTES = 2_000_000;

let cluster: Cluster;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'daylight-e2e-spill-'));
  cluster = await Cluster.start();
  await cluster.addHost({ name: 'small', args: ['--object-store-memory', String(STORE_MB), '--spill-dir', folder] });
});
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true });
});

/** Bytes of values on the disk. */
function spilledBytes(): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => path.basename(name).startsWith('values-'))
    .reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}

const folders = (): number => readdirSync(folder).length;

describe('a store with less memory than there are values', () => {
  it('O4 gives every value back as it was made: results of a host, read by the driver and by tasks', async () => {
    const job = cluster.startJob('spilling.ts', { args: { count: COUNT, sizeBytes: SIZE_BYTES, inTasks: true } });
    await until('values are on the disk', () => spilledBytes() > COUNT * SIZE_BYTES - STORE_MB * 2 ** 20);
    const { stdout, stderr, code } = await job.end(120_000);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({ good: 100, verified: COUNT });
    await until('nothing of the job is on the disk', () => spilledBytes() === 0);
  });

  it('O4 the same for values that a driver puts faster than a disk takes them', async () => {
    const flags = ['--object-store-memory', String(STORE_MB), '--spill-dir', folder];
    const job = cluster.startJob('spilling.ts', { args: { count: COUNT, sizeBytes: SIZE_BYTES }, flags });
    const { stdout, stderr, code } = await job.end(120_000);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({ good: 100, verified: COUNT });
    await until('only the folder of the host is left', () => spilledBytes() === 0 && folders() <= 1);
  });

  it('O4 a store that is full with no disk is an error for whoever asked, and nothing is lost', async () => {
    const flags = ['--object-store-memory', String(STORE_MB), '--spill-limit', '0'];
    const job = cluster.startJob('spilling.ts', { args: { count: COUNT, sizeBytes: SIZE_BYTES }, flags });
    const { stderr, code } = await job.end();
    expect([code, stderr]).toEqual([1, expect.stringContaining('ObjectStoreFullError')]);
  });
});

describe('what is on the disk', () => {
  const script = path.join(repositoryRoot, 'e2e', 'scripts', 'spill.ts');

  async function start(): Promise<RunningProcess> {
    const { url, joinToken } = cluster.address;
    const running = cluster.processes.node([script, url, joinToken, folder]);
    await running.says(/written/);
    await until('values are on the disk', () => spilledBytes() > 30_000_000);
    return running;
  }

  it('O3 goes with the references', async () => {
    const running = await start();
    running.signal('SIGUSR2');
    await until('nothing is on the disk', () => spilledBytes() === 0);
    expect(running.isRunning).toBe(true);
    await running.kill();
    await until('only the folder of the host is left', () => folders() <= 1);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('O4 goes with its process, ended by %s', async (signal) => {
    const before = folders();
    const running = await start();
    expect(folders()).toBe(before + 1);
    running.signal(signal);
    await running.end();
    await until('its folder is gone', () => folders() === before);
  });

  it('O4 goes with a host that leaves', async () => {
    await cluster.stopHosts();
    expect(folders()).toBe(0);
  });
});
