import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { definitions, failed, finish, submit } from '../gcs/testing/records.ts';
import { RawNode } from '../gateway/testing/raw-node.ts';
import { JobFiles } from '../jobs/job-files.ts';
import { type RunningServer, startServer } from '../main.ts';
import { Measurements } from '../metrics/measurements.ts';
import { createApp } from './app.ts';
import { Doorkeeper } from './authorize.ts';
import { Site } from './site.ts';
import { WebFiles } from './web-files.ts';

const OPERATOR = 'operate';
let directory: string;
let server: RunningServer;
const nodes: RawNode[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daylight-http-'));
  server = await startServer({ port: 0, dataDirectory: directory, operatorToken: OPERATOR, joinToken: 'join' });
});

afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

async function api(path: string, options: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${server.url}/api/v1/${path}`, {
    ...options,
    headers: { Authorization: `Bearer ${OPERATOR}` },
  });
  return { status: response.status, body: await response.json() };
}

async function items(path: string): Promise<Record<string, unknown>[]> {
  const { body } = await api(path);
  return Object(body).items;
}

/** A host that finished three of four tasks of a driver. */
async function busy(): Promise<{ host: RawNode; driver: RawNode; session: number }> {
  const host = new RawNode(server.url);
  const driver = new RawNode(server.url);
  nodes.push(host, driver);
  await host.join('join', { nodeName: 'blue' });
  const { session } = await driver.join('join', { role: 'driver', nodeId: 'd1', cpuMilli: 0, jobName: 'digits' });
  driver.records(...definitions({ maxRetries: 0 }), ...[1, 2, 3].map((number) => submit(session, number)));
  for (const number of [1, 2, 3]) {
    const task = objectKey(session, number);
    await host.command('lease', (lease) => lease.task === task);
    host.records(number === 3 ? failed(task) : finish(task, { durationUs: 5000 }));
  }
  await host.durable();
  driver.records(submit(session, 4));
  await host.command('lease', (lease) => lease.task === objectKey(session, 4));
  await driver.durable();
  return { host, driver, session };
}

describe('HTTP: who may look', () => {
  it('answers 401 as JSON without the token, and with a wrong one', async () => {
    for (const headers of [{}, { Authorization: 'Bearer join' }, { Cookie: 'daylight_session=operator.9e9.guess' }]) {
      const response = await fetch(`${server.url}/api/v1/jobs`, { headers });
      expect(response.status).toBe(401);
      expect(Object(await response.json()).error.code).toBe('authentication');
    }
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  it('a link with the token sets a cookie and leads to the page without it', async () => {
    const response = await fetch(`${server.url}/?token=${OPERATOR}`, { redirect: 'manual' });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/');
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect(cookie).not.toContain(OPERATOR + ';');
    const me = await fetch(`${server.url}/api/v1/me`, { headers: { Cookie: cookie.split(';')[0] ?? '' } });
    expect(await me.json()).toEqual({ role: 'operator', joinUrl: `${server.url}/donate#key=join` });
    // An address that looks like another host's must not leave this one.
    const open = await fetch(`${server.url}//evil.example/?token=${OPERATOR}`, { redirect: 'manual' });
    expect(open.headers.get('location')).toBe('/evil.example/');
    expect((await fetch(`${server.url}/?token=guess`, { redirect: 'manual' })).headers.get('set-cookie')).toBeNull();
  });
});

describe('HTTP: metrics', () => {
  it('B1 tells Prometheus what is queued, refused and written', async () => {
    await busy();
    const response = await fetch(`${server.url}/metrics`, { headers: { Authorization: `Bearer ${OPERATOR}` } });
    const text = await response.text();
    for (const line of [
      /daylight_sessions\{state="connected"\} 2/,
      /daylight_tasks_ended_total 3/,
      /daylight_commit_seconds_count/,
      /daylight_tasks\{state="leased"\} 1/,
      /daylight_event_loop_delay_p99_seconds/,
      /daylight_queue_level\{queue="early questions"\} 0/,
      /daylight_queue_bound\{queue="early questions"\} 100000/,
    ])
      expect(text).toMatch(line);
  });
});

describe('HTTP: a server that has only just begun to listen', () => {
  it('says so to who asks for metrics, and answers the rest', async () => {
    const site = new Site({ isTls: false });
    const tokens = { operator: OPERATOR, viewer: 'look', join: 'join', cookieKey: 'key' };
    const { plane } = server;
    const errors: string[] = [];
    const app = createApp({
      ...{ plane, tokens, site, door: new Doorkeeper(tokens, site, plane.clock) },
      ...{ files: new WebFiles([]), measurements: new Measurements(), downloads: new JobFiles(directory) },
      ...{ isPublic: false, version: '1', metrics: () => undefined },
      logger: { info() {}, warn() {}, error: (message) => void errors.push(message) },
    });
    const listener = app.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const response = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${OPERATOR}` } });
    expect([response.status, Object(await response.json()).error.code]).toEqual([503, 'starting']);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(errors).toEqual([]);
    listener.close();
    listener.closeAllConnections();
  });
});

describe('start', () => {
  it('keeps tokens in the data directory, for its owner alone', async () => {
    const other = join(directory, 'other');
    const first = await startServer({ port: 0, dataDirectory: other });
    await first.stop();
    expect((await stat(join(other, 'tokens.json'))).mode & 0o777).toBe(0o600);
    const second = await startServer({ port: 0, dataDirectory: other });
    const tokensOf = ({ operatorToken, viewerToken, joinToken }: RunningServer) => [
      operatorToken,
      viewerToken,
      joinToken,
    ];
    expect(tokensOf(second)).toEqual(tokensOf(first));
    expect(new Set(tokensOf(first)).size).toBe(3);
    expect(JSON.parse(await readFile(join(other, 'tokens.json'), 'utf8'))).toEqual({
      operator: first.operatorToken,
      viewer: first.viewerToken,
      join: first.joinToken,
      cookieKey: expect.stringMatching(/^.{32}$/),
    });
    await second.stop();
  });

  it('G2 what was durable is there after a restart over the same directory', async () => {
    const { session } = await busy();
    await server.stop();
    server = await startServer({ port: 0, dataDirectory: directory });
    expect(await items('jobs')).toMatchObject([{ name: 'digits', submitted: 4 }]);
    expect((await items('tasks')).length).toBe(4);
    expect((await api('cluster')).body).toMatchObject({ inGrace: true, unfinishedTasks: 1 });
    expect((await api(`objects/${session}.1`)).body).toMatchObject({ status: 'inline' });
  });

  it('says in one sentence why it cannot start', async () => {
    const attempt = async (config: {
      port: number;
      dataDirectory: string;
      host?: string;
    }): Promise<[unknown, string]> => {
      const error: unknown = await startServer(config).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      return [Object(error).code, Object(error).message];
    };
    expect(await attempt({ port: server.port, dataDirectory: join(directory, 'b') })).toEqual([
      'port-in-use',
      expect.stringMatching(/^Port \d+ is in use/),
    ]);
    expect(await attempt({ port: 0, dataDirectory: directory })).toEqual([
      'locked',
      expect.stringMatching(/in use by another Daylight server/),
    ]);
    await writeFile(join(directory, 'file'), '');
    expect(await attempt({ port: 0, dataDirectory: join(directory, 'file') })).toEqual([
      'directory',
      expect.stringMatching(/cannot be written/),
    ]);
    expect(await attempt({ port: 0, dataDirectory: join(directory, 'c'), host: '203.0.113.1' })).toEqual([
      'address',
      expect.stringMatching(/--host/),
    ]);
    await mkdir(join(directory, 'd'));
    await writeFile(
      join(directory, 'd', 'daylight.sqlite'),
      'this is no database, and long enough not to look like an empty one',
    );
    expect((await attempt({ port: 0, dataDirectory: join(directory, 'd') }))[0]).toBe('corrupt');
  });
});
