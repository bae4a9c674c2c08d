import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { requests } from '#shared/protocol/requests.ts';
import { CHUNK_STATUS } from '#shared/protocol/session-frames.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { definitions, finish, put, submit, VALUE } from '../gcs/testing/records.ts';
import { type RunningServer, startServer } from '../main.ts';
import { MemoryDisk, MemoryStorage } from '../storage/memory-storage.ts';
import { MAX_STRANGERS_PER_ADDRESS } from './stranger-door.ts';
import { type HelloFields, RawNode } from './testing/raw-node.ts';

const NO_BYTES = new Uint8Array(0);
const TOKEN = 'join-me';
const WAIT = { timeout: 10_000, interval: 10 };
const SIZE = 1_000_000;
const DIGEST = new Uint8Array(16).fill(5);
const OPEN = { trust: 'unchecked' } as const;

let directory: string;
let disk: MemoryDisk;
let storage: MemoryStorage;
let server: RunningServer;
const nodes: RawNode[] = [];

async function start(isPublic: boolean): Promise<void> {
  storage = new MemoryStorage({ disk });
  server = await startServer({
    port: 0,
    dataDirectory: directory,
    joinToken: TOKEN,
    operatorToken: 'operate',
    storage,
    isPublic,
  });
}

function connect(): RawNode {
  const node = new RawNode(server.localUrl);
  nodes.push(node);
  return node;
}

async function joined(token: string, fields: HelloFields = {}) {
  const node = connect();
  const { session, epoch } = await node.join(token, fields);
  return { node, session, epoch };
}

const tab: HelloFields = { role: 'tab', nodeId: 'b1', nodeName: 'tab' };
const driver: HelloFields = { role: 'driver', nodeId: 'd1', nodeName: 'driver', cpuMilli: 0, jobName: 'weather' };

/** The answer to a question, or its error. */
async function ask(node: RawNode, id: number, method: keyof typeof requests, body: Uint8Array) {
  node.send({ type: 'request', id, method, body });
  return node.frame('response', (response) => response.id === id);
}

function jobBody(job: number): Uint8Array {
  const writer = new ByteWriter();
  requests.jobInfo.body.write(writer, { job });
  return writer.finish();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daylight-gateway-'));
  disk = new MemoryDisk();
  await start(true);
});

afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('gateway: a public cluster', () => {
  it('T2 without a token a node comes in as a stranger and is told so first; with it, it is trusted', async () => {
    const stranger = await joined('', tab);
    await stranger.node.command('stranger');
    expect(stranger.node.commands[0]).toEqual({ kind: 'stranger' });
    const friend = await joined(TOKEN, { ...tab, nodeId: 'b2' });
    const { sessions } = server.plane.gcs.state;
    expect([stranger, friend].map(({ session }) => sessions.get(session)?.trusted)).toEqual([false, true]);
    friend.node.send({ type: 'request', id: 1, method: 'cluster', body: NO_BYTES });
    await friend.node.frame('response');
    expect(friend.node.commands.map(({ kind }) => kind)).not.toContain('stranger');
  });

  it.each<[string, string, HelloFields, string]>([
    ['a wrong token', 'guess', tab, 'token'],
    ['a driver without one', '', driver, 'token'],
    ['a node of too old a release', '', { version: 1 }, 'version'],
  ])('T2 %s is refused', async (_, token, fields, code) => {
    const node = connect();
    node.hello(token, fields);
    expect(await node.frame('refused')).toMatchObject({ code, retryAfterMs: 0 });
    await node.ended();
  });

  it('T2 a session of a trusted node cannot be taken up without the token', async () => {
    const friend = await joined(TOKEN, tab);
    const thief = connect();
    thief.hello('', { ...tab, session: friend.session, epoch: friend.epoch });
    expect(await thief.frame('refused')).toMatchObject({ code: 'token' });
    expect(friend.node.closed).toBe(false);
  });

  it('B1 one address has room for so many strangers; when one leaves there is room again', async () => {
    const all = await Promise.all(
      Array.from({ length: MAX_STRANGERS_PER_ADDRESS }, (_, index) => joined('', { ...tab, nodeId: `${index + 10}` })),
    );
    const late = connect();
    late.hello('', { ...tab, nodeId: 'aaaa' });
    expect(await late.frame('refused')).toMatchObject({ code: 'full' });
    await joined(TOKEN, { ...tab, nodeId: 'bbbb' });
    all[0]?.node.send({ type: 'bye', reason: 'enough' });
    await all[0]?.node.ended();
    await joined('', { ...tab, nodeId: 'cccc' });
  });

  it('S1 G2 after a restart of the server a stranger is told again, before anything else', async () => {
    const stranger = await joined('', tab);
    await server.stop();
    await start(true);
    const back = connect();
    const welcome = await back.join('', { ...tab, session: stranger.session, epoch: stranger.epoch, serverEpoch: 1 });
    expect(welcome).toMatchObject({ resumed: true, session: stranger.session });
    await back.command('stranger');
    expect(back.commands[0]).toEqual({ kind: 'stranger' });
    expect(server.plane.gcs.state.sessions.get(stranger.session)?.trusted).toBe(false);
  });

  it('T3 a stranger works, and gets nothing of another job: no bytes, no answers, no log', async () => {
    const stranger = await joined('', tab);
    const boss = await joined(TOKEN, driver);
    const other = await joined(TOKEN, { ...driver, nodeId: 'd2', jobName: 'secret' });
    other.node.records(...definitions(), put(other.session, 1, { value: VALUE }));
    await other.node.durable();
    boss.node.records(
      ...definitions(OPEN),
      { kind: 'jobInfo', submitter: 'Ada', purpose: 'rain' },
      submit(boss.session, 1),
    );
    const { task } = await stranger.node.command('lease');
    const info = await ask(stranger.node, 1, 'jobInfo', jobBody(1));
    expect(requests.jobInfo.answer.read(new ByteReader(info.body))).toEqual({
      name: 'weather',
      submitter: 'Ada',
      purpose: 'rain',
    });
    expect((await ask(other.node, 1, 'jobInfo', jobBody(1))).ok).toBe(true);
    const refused = await Promise.all([
      ask(stranger.node, 2, 'jobInfo', jobBody(2)),
      ask(stranger.node, 3, 'cluster', NO_BYTES),
      ask(stranger.node, 4, 'module', NO_BYTES),
      ask(stranger.node, 5, 'getActor', NO_BYTES),
      ask(stranger.node, 6, 'actorIdentity', NO_BYTES),
    ]);
    expect(refused.map(({ ok }) => ok)).toEqual([false, false, false, false, false]);
    const object = objectKey(other.session, 1);
    stranger.node.send({ type: 'fetch', transfer: 1, object, offset: 0, length: 10 });
    expect(await stranger.node.frame('piece')).toMatchObject({ status: CHUNK_STATUS.missing, data: NO_BYTES });
    expect(server.gateway.counters.refused.get('bad-record')).toBe(1);
    other.node.records(submit(other.session, 2, { place: 0 }));
    await other.node.durable();
    stranger.node.send({ type: 'log', task: objectKey(other.session, 2), level: 1, text: 'I was here' });
    stranger.node.send({ type: 'log', task, level: 1, text: 'hello' });
    expect(await boss.node.frame('jobLog')).toMatchObject({ text: 'hello' });
    expect(other.node.frames.filter(({ type }) => type === 'jobLog')).toEqual([]);
    stranger.node.records(finish(task));
    expect(await boss.node.command('object')).toMatchObject({ object: task, value: VALUE });
  });

  it('T3 what no honest stranger says closes its connection; it may come back behind that record', async () => {
    const stranger = await joined('', tab);
    stranger.node.records({ kind: 'jobInfo', submitter: 'me', purpose: '' });
    await stranger.node.ended();
    expect(server.gateway.counters.refused.get('bad-record')).toBe(1);
    const back = await connect().join('', {
      ...tab,
      session: stranger.session,
      epoch: stranger.epoch,
      serverEpoch: server.plane.serverEpoch,
    });
    expect(back).toMatchObject({ resumed: true, receivedRecords: 1 });
  });

  it('T3 a report that nobody asked for gives a stranger nothing', async () => {
    const stranger = await joined('', tab);
    const boss = await joined(TOKEN, driver);
    boss.node.records(...definitions(), put(boss.session, 1), submit(boss.session, 2));
    await boss.node.durable();
    const object = objectKey(boss.session, 1);
    stranger.node.send({
      type: 'report',
      lastRecord: 0,
      leases: [{ task: objectKey(boss.session, 2), attempt: 1 }],
      actors: [],
      copies: [{ object, sizeBytes: SIZE }],
      wants: [],
    });
    await stranger.node.ended();
    const { state } = server.plane.gcs;
    expect([...(state.object(object)?.locations ?? [])]).toEqual([boss.session]);
    expect(state.task(objectKey(boss.session, 2))?.assigned).toBe(0);
  });
});

describe('gateway: a private cluster', () => {
  it('T2 nobody comes in without the token', async () => {
    await server.stop();
    await start(false);
    const node = connect();
    node.hello('', tab);
    expect(await node.frame('refused')).toMatchObject({ code: 'token' });
  });
});

describe('gateway: tabs', () => {
  it('M4 a later life of a node takes the place at once; the earlier one is told not to come back', async () => {
    const first = await joined(TOKEN, tab);
    const boss = await joined(TOKEN, driver);
    boss.node.records(...definitions(), submit(boss.session, 1), submit(boss.session, 2));
    const { task } = await first.node.command('lease');
    first.node.records(finish(task, { value: NO_BYTES, sizeBytes: SIZE }), {
      kind: 'digest',
      object: task,
      sizeBytes: SIZE,
      digest: DIGEST,
    });
    await first.node.durable();
    const second = await joined(TOKEN, tab);
    const refusal = {
      code: 'session-dead',
      retryAfterMs: 0,
      message: 'another tab of this browser took over',
    };
    expect(await first.node.frame('refused')).toMatchObject(refusal);
    await first.node.ended();
    second.node.records({ kind: 'found', object: task, sizeBytes: SIZE, digest: DIGEST }, { kind: 'succeeded' });
    // What the first life had to do goes round again, its copy stays known.
    const lease = await second.node.command('lease', ({ attempt }) => attempt === 2);
    expect(lease.task).toBe(objectKey(boss.session, 2));
    const { state } = server.plane.gcs;
    expect([...(state.object(task)?.locations ?? [])]).toEqual([second.session]);
    expect(state.sessions.get(first.session)?.state).toBe('dead');
    // The first life wakes up and speaks: neither its session nor its late word is taken.
    const zombie = connect();
    zombie.hello(TOKEN, { ...tab, session: first.session, epoch: first.epoch });
    expect(await zombie.frame('refused')).toMatchObject(refusal);
    zombie.records(finish(lease.task));
    await zombie.ended();
    expect(state.task(lease.task)?.state).toBe('leased');
  });

  it('capacity: a node that pauses gets no new work until it offers CPUs again', async () => {
    const { node, session } = await joined(TOKEN, tab);
    node.send({ type: 'capacity', cpuMilli: 0, resources: [] });
    const { state } = server.plane.gcs;
    await vi.waitFor(() => expect(state.sessions.get(session)?.resources.totalCpuMilli === 0).toBe(true), WAIT);
    const boss = await joined(TOKEN, driver);
    boss.node.records(...definitions(), submit(boss.session, 1));
    await boss.node.durable();
    expect(node.commands.filter(({ kind }) => kind === 'lease')).toEqual([]);
    node.send({ type: 'capacity', cpuMilli: 2000, resources: [{ name: 'GPU', milli: 1000 }] });
    await node.command('lease');
    node.send({ type: 'capacity', cpuMilli: 9e9, resources: [] });
    node.send({ type: 'request', id: 1, method: 'cluster', body: NO_BYTES });
    await node.frame('response');
    expect(server.gateway.counters.refused.get('malformed')).toBe(1);
    expect(state.sessions.get(session)?.resources.totalCpuMilli).toBe(2000);
  });

  it('T3 facts are one JSON object; what is none is a strike', async () => {
    const { node, session } = await joined(TOKEN, tab);
    node.send({ type: 'facts', json: '{"browser":"Chromium 140","cores":8}' });
    for (const json of ['[1]', 'null', '{"__proto__":1}']) node.send({ type: 'facts', json });
    await node.ended();
    expect(server.plane.gcs.state.sessions.get(session)?.facts).toEqual({ browser: 'Chromium 140', cores: 8 });
    expect(server.gateway.counters.refused.get('malformed')).toBe(3);
  });
});
