import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { clusterFile, readClusterFile, writeClusterFile } from './cluster-file.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-home-'));
const file = path.join(folder, 'deep', 'cluster.json');
const CLUSTER = { url: 'http://127.0.0.1:7700', operatorToken: 'o', joinToken: 'j' };

afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

describe('the file about the server of this machine', () => {
  it('is there while the server is, for this account alone', () => {
    const remove = writeClusterFile(CLUSTER, file);
    expect(readClusterFile(file)).toEqual({ ...CLUSTER, pid: process.pid });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    remove();
    expect(readClusterFile(file)).toBeUndefined();
    remove();
  });

  it('counts for nothing once its server was killed', async () => {
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    await new Promise((resolve) => child.once('exit', resolve));
    writeFileSync(file, JSON.stringify({ ...CLUSTER, pid: child.pid }));
    expect(readClusterFile(file)).toBeUndefined();
    writeClusterFile(CLUSTER, file)();
  });

  it('is left alone when a later server has written it', () => {
    const remove = writeClusterFile(CLUSTER, file);
    writeFileSync(file, JSON.stringify({ ...CLUSTER, url: 'http://later', pid: process.ppid }));
    remove();
    expect(readClusterFile(file)?.url).toBe('http://later');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.ppid });
  });

  it('is not believed when it says something else', () => {
    for (const content of ['', '{', '[]', 'null', '{"url":7}']) {
      writeFileSync(file, content);
      expect(readClusterFile(file)).toBeUndefined();
    }
  });

  it('lies in DAYLIGHT_HOME, or in the home directory', () => {
    vi.stubEnv('DAYLIGHT_HOME', folder);
    expect(clusterFile()).toBe(path.join(folder, 'cluster.json'));
    vi.stubEnv('DAYLIGHT_HOME', '');
    expect(clusterFile()).toMatch(/\.daylight\/cluster\.json$/);
  });
});
