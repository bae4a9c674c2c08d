import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { readNewestServer, readServers, serversFolder, writeServer } from './cluster-file.ts';

const home = mkdtempSync(path.join(tmpdir(), 'daylight-home-'));
const folder = path.join(home, 'deep', 'servers');
const CLUSTER = {
  url: 'http://127.0.0.1:7700',
  publicUrl: 'https://day.example.org',
  operatorToken: 'o',
  joinToken: 'j',
};
const fileOf = (pid: number): string => path.join(folder, `${pid}.json`);
const told = (pid: number, startedMs: number, url = CLUSTER.url): string =>
  JSON.stringify({ ...CLUSTER, url, pid, startedMs });

afterAll(() => rmSync(home, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('the files about the servers of this machine', () => {
  it('are there while the servers are, for this account alone', () => {
    const remove = writeServer(CLUSTER, folder);
    expect(readServers(folder)).toEqual([{ ...CLUSTER, pid: process.pid, startedMs: expect.any(Number) }]);
    expect(statSync(fileOf(process.pid)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toEqual([`${process.pid}.json`]);
    remove();
    expect(readNewestServer(folder)).toBeUndefined();
    remove();
  });

  it('count for nothing once their server was killed, and are removed by the next', async () => {
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    await new Promise((resolve) => child.once('exit', resolve));
    writeServer(CLUSTER, folder)();
    writeFileSync(fileOf(child.pid ?? 0), told(child.pid ?? 0, 1));
    expect(readServers(folder)).toEqual([]);
    const remove = writeServer(CLUSTER, folder);
    expect(readdirSync(folder)).toEqual([`${process.pid}.json`]);
    remove();
  });

  it('name the server that was started last first, and the others still when it has ended', () => {
    const remove = writeServer(CLUSTER, folder);
    writeFileSync(fileOf(process.ppid), told(process.ppid, Date.now() + 1_000, 'http://later'));
    expect(readServers(folder).map(({ url }) => url)).toEqual(['http://later', CLUSTER.url]);
    rmSync(fileOf(process.ppid));
    expect(readNewestServer(folder)?.url).toBe(CLUSTER.url);
    writeFileSync(fileOf(process.ppid), told(process.ppid, 1, 'http://earlier'));
    expect(readNewestServer(folder)?.url).toBe(CLUSTER.url);
    remove();
    expect(readNewestServer(folder)?.url).toBe('http://earlier');
  });

  it('are not believed when they say something else', () => {
    writeServer(CLUSTER, folder)();
    for (const content of ['', '{', '[]', 'null', '{"url":7}', '{"pid":0}']) {
      writeFileSync(fileOf(process.pid), content);
      expect(readServers(folder)).toEqual([]);
    }
  });

  it('lie in DAYLIGHT_HOME, or in the home directory', () => {
    vi.stubEnv('DAYLIGHT_HOME', home);
    expect(serversFolder()).toBe(path.join(home, 'servers'));
    vi.stubEnv('DAYLIGHT_HOME', '');
    expect(serversFolder()).toMatch(/\.daylight\/servers$/);
  });
});
