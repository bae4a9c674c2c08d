/** What nodes print, on a real server: whose lines are kept, in memory and on the disk. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { requests } from '#shared/protocol/requests.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { definitions, submit } from '../gcs/testing/records.ts';
import { type RunningServer, startServer } from '../main.ts';
import { type HelloFields, RawNode } from './testing/raw-node.ts';

const MEGABYTE = 2 ** 20;
const TOKEN = 'join-me';
const WAIT = { timeout: 10_000, interval: 10 };
const DRIVER: HelloFields = { role: 'driver', nodeId: 'd1', nodeName: 'driver', cpuMilli: 0 };
const TAB: HelloFields = { role: 'tab', nodeId: 'b1', nodeName: 'tab' };

let directory: string;
let server: RunningServer;
const nodes: RawNode[] = [];

async function start(): Promise<void> {
  server = await startServer({
    port: 0,
    dataDirectory: directory,
    joinToken: TOKEN,
    operatorToken: 'operate',
    isPublic: true,
  });
}

async function joined(token: string, fields: HelloFields) {
  const node = new RawNode(server.localUrl);
  node.acknowledges = true;
  nodes.push(node);
  const { session, epoch } = await node.join(token, fields);
  return { node, session, epoch };
}

/** Everything the node sent before has been handled. */
async function heard(node: RawNode, id: number): Promise<void> {
  const body = new ByteWriter();
  requests.module.body.write(body, { module: 'm' });
  node.send({ type: 'request', id, method: 'module', body: body.finish() });
  await node.frame('response', (response) => response.id === id);
}

async function logBytes(job: number): Promise<number> {
  const folder = join(directory, 'jobs', String(job));
  const sizes = await Promise.all(
    (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).map((name) => stat(join(folder, name))),
  );
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daylight-printed-'));
  await start();
});

afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('gateway: what nodes print', () => {
  it('J2 B1 a stranger that prints without end leaves other nodes’ lines in memory and on the disk', async () => {
    const boss = await joined(TOKEN, DRIVER);
    boss.node.records(
      { kind: 'module', module: 'm', code: new Uint8Array(10), sourceMap: new Uint8Array(0) },
      ...definitions({ trust: 'unchecked' }),
      submit(boss.session, 1),
    );
    const stranger = await joined('', TAB);
    const { task } = await stranger.node.command('lease');
    boss.node.send({ type: 'log', task: 0, level: 1, text: 'what the job found' });
    await heard(boss.node, 1);
    const text = 'x'.repeat(60_000);
    for (let line = 0; line < 400; line++) stranger.node.send({ type: 'log', task, level: 1, text });
    await heard(stranger.node, 1);
    const { logs } = server.plane;
    await logs.load(1);
    expect(logs.read(1, 0, 10)[0]).toMatchObject({ number: 1, text: 'what the job found' });
    expect(logs.read(1, 0, Infinity).length).toBeLessThan(10);
    expect(boss.node.frames.filter(({ type }) => type === 'jobLog').length).toBeLessThan(10);
    await server.stop();
    expect(await logBytes(1)).toBeLessThan(MEGABYTE);
    await start();
    await server.plane.logs.load(1);
    expect(server.plane.logs.read(1, 0, 1)).toMatchObject([{ number: 1, text: 'what the job found' }]);
  });

  it('J2 a deleted job takes no lines and no files, whoever goes on to speak of it', async () => {
    const boss = await joined(TOKEN, DRIVER);
    boss.node.records(...definitions(), submit(boss.session, 1));
    boss.node.send({ type: 'log', task: 0, level: 1, text: 'before' });
    await vi.waitFor(() => expect(server.plane.logs.read(1, 0, 10)).toHaveLength(1), WAIT);
    server.plane.step((gcs) => {
      const job = gcs.state.jobs.get(1);
      if (job) gcs.jobs.stop(job, 'enough');
      gcs.settle();
    });
    await server.jobs.remove(1);
    boss.node.send({ type: 'log', task: 0, level: 1, text: 'after' });
    const writer = new ByteWriter();
    requests.publish.body.write(writer, { task: 0, name: 'a.txt', mediaType: 'text/plain', data: Uint8Array.of(1) });
    boss.node.send({ type: 'request', id: 1, method: 'publish', body: writer.finish() });
    expect(await boss.node.frame('response', ({ id }) => id === 1)).toMatchObject({ ok: false });
    await server.plane.logs.load(1);
    expect(server.plane.logs.read(1, 0, 10)).toEqual([]);
    await server.stop();
    expect(await readdir(join(directory, 'jobs', '1')).catch(() => [])).toEqual([]);
  });

  it('J2 lines of a driver that comes back after a start of the server are numbered behind those of before', async () => {
    const boss = await joined(TOKEN, DRIVER);
    boss.node.records(...definitions());
    for (const text of ['one', 'two']) boss.node.send({ type: 'log', task: 0, level: 1, text });
    await vi.waitFor(() => expect(server.plane.logs.read(1, 0, 10)).toHaveLength(2), WAIT);
    await boss.node.durable();
    await server.stop();
    await start();
    const back = new RawNode(server.localUrl);
    nodes.push(back);
    back.hello(TOKEN, { ...DRIVER, session: boss.session, epoch: boss.epoch });
    await back.frame('welcome');
    back.send({ type: 'log', task: 0, level: 1, text: 'three' });
    await vi.waitFor(() => expect(server.plane.logs.lastNumber(1)).toBe(3), WAIT);
    expect(server.plane.logs.read(1, 2, 10)).toMatchObject([{ number: 3, text: 'three' }]);
  });
});
