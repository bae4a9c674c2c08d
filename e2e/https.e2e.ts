/*
 * A server that speaks https, as people and scripts start it: the node in its own process, other nodes and drivers that know
 * the authority, and what is said to those who do not or who gave the wrong files.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { repositoryRoot } from '../scripts/source-files.ts';
import { type Ended, Processes, type RunningProcess } from './fixtures/processes.ts';

const HELLO = 'examples/hello/job.ts';
const CERTIFICATE = path.join(repositoryRoot, 'server', 'http', 'testing', 'test-certificate.pem');
const KEY = path.join(repositoryRoot, 'server', 'http', 'testing', 'test-key.pem');
const TRUSTING = { NODE_EXTRA_CA_CERTS: CERTIFICATE };

interface Address {
  readonly url: string;
  readonly joinToken: string;
  readonly operatorToken: string;
  readonly donateUrl: string;
}

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-https-'));
const processes = new Processes();
let server: RunningProcess;
let address: Address;

function daylight(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return processes.daylight(args, { env }).end(30_000);
}

beforeAll(async () => {
  const files = ['--tls-cert', CERTIFICATE, '--tls-key', KEY];
  server = processes.daylight([
    'up',
    '--port',
    '0',
    '--data',
    path.join(folder, 'data'),
    ...files,
    '--cpus',
    '1',
    '--json',
  ]);
  const [line] = await server.says(/^\{.*\}$/m);
  address = JSON.parse(line) as Address;
});

afterAll(async () => {
  server.signal('SIGTERM');
  await server.end(10_000);
  await processes.noneLeft();
  rmSync(folder, { recursive: true, force: true });
});

describe('https', () => {
  it('joins the node of the server’s own process, and prints where a browser joins', () => {
    expect(address.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(address.donateUrl).toBe(`${address.url}/donate#key=${address.joinToken}`);
    expect(server.stderr).toBe('');
  });

  it('takes jobs from those who know the authority, with the words that lenders see', async () => {
    const { url, joinToken, operatorToken } = address;
    const { code, stdout, stderr } = await daylight(
      ['run', HELLO, '--address', url, '--token', joinToken, '--args', '{"n":3}', '--json', '--purpose', 'to see it'],
      { ...TRUSTING, DAYLIGHT_SUBMITTER: 'Ada' },
    );
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: '{"squares":[0,1,4],"total":5}\n' });
    const status = await daylight(['status', '--address', url, '--token', operatorToken, '--json'], TRUSTING);
    const { cluster, jobs } = JSON.parse(status.stdout) as { cluster: object; jobs: object[] };
    expect(cluster).toMatchObject({ hosts: 1, tabs: 0, cpus: 1 });
    expect(jobs).toMatchObject([{ name: 'hello', submitter: 'Ada', purpose: 'to see it', status: 'succeeded' }]);
  });

  it('takes hosts that know the authority, and tells the others why not', async () => {
    const args = ['join', address.url, '--token', address.joinToken, '--cpus', '1', '--name', 'guest'];
    const guest = processes.daylight(args, { env: TRUSTING });
    await guest.says(/joined https:\S+ as node \d+ \(guest\)/);
    guest.signal('SIGINT');
    expect((await guest.end(10_000)).code).toBe(0);
    const { code, stderr } = await daylight(args);
    expect(code).toBe(3);
    expect(stderr).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY|self-signed/i);
  });
});

describe('wrong options of daylight up', () => {
  it.each([
    ['a certificate alone', 2, ['--tls-cert', CERTIFICATE], /both --tls-cert and --tls-key/],
    ['a key alone', 2, ['--tls-key', KEY], /both --tls-cert and --tls-key/],
    [
      'a certificate that is not there',
      1,
      ['--tls-cert', 'absent.pem', '--tls-key', KEY],
      /absent\.pem cannot be read \(ENOENT\)/,
    ],
    ['a key in place of the certificate', 1, ['--tls-cert', KEY, '--tls-key', KEY], /holds no certificate/],
    [
      'a certificate in place of the key',
      1,
      ['--tls-cert', CERTIFICATE, '--tls-key', CERTIFICATE],
      /holds no private key/,
    ],
    ['a public URL without a scheme', 2, ['--public-url', 'day.example.org'], /scheme and host alone/],
    ['a public URL with a path', 2, ['--public-url', 'https://day.example.org/daylight'], /scheme and host alone/],
    ['a sandbox host that is no name', 2, ['--sandbox-host', '*'], /host name such as/],
    ['a sandbox host without a public URL', 2, ['--sandbox-host', 'box.example.org'], /needs --public-url/],
    [
      'the same host for pages and sandbox',
      1,
      ['--sandbox-host', 'day.example.org', '--public-url', 'https://day.example.org'],
      /cannot be day\.example\.org/,
    ],
  ])('end in one sentence: %s', async (_, expected, options, message) => {
    const args = ['up', '--port', '0', '--data', path.join(folder, 'other'), ...options];
    const { code, stdout, stderr } = await daylight(args);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
