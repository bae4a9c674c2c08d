import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { CHUNK_BYTES } from '#shared/protocol/limits.ts';
import { requests } from '#shared/protocol/requests.ts';
import { CHUNK_STATUS, type SessionFrame } from '#shared/protocol/session-frames.ts';
import { PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { MemoryDisk, MemoryStorage } from '../storage/memory-storage.ts';
import { definitions, finish, finishStored, put, submit, VALUE } from '../gcs/testing/records.ts';
import { type RunningServer, startServer } from '../main.ts';
import type { ServerTimes } from '../control-plane.ts';
import { type HelloFields, RawNode } from './testing/raw-node.ts';

const NO_BYTES = new Uint8Array(0);
const TOKEN = 'join-me';
const WAIT = { timeout: 10_000, interval: 10 };

let directory: string;
let disk: MemoryDisk;
let storage: MemoryStorage;
let server: RunningServer;
const nodes: RawNode[] = [];

async function start(times: Partial<ServerTimes> = {}): Promise<void> {
  storage = new MemoryStorage({ disk });
  server = await startServer({
    port: 0,
    dataDirectory: directory,
    joinToken: TOKEN,
    operatorToken: 'operate',
    storage,
    times,
  });
}

function connect(): RawNode {
  const node = new RawNode(server.url);
  nodes.push(node);
  return node;
}

async function joined(fields: HelloFields = {}): Promise<{ node: RawNode; session: number; epoch: number }> {
  const node = connect();
  const { session, epoch } = await node.join(TOKEN, fields);
  return { node, session, epoch };
}

const driver: HelloFields = { role: 'driver', nodeId: 'd1', nodeName: 'driver', cpuMilli: 0, jobName: 'test' };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daylight-gateway-'));
  disk = new MemoryDisk();
  await start();
});

afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('gateway: admission', () => {
  it('M1 welcomes a node with session, epoch and, for a driver, its job', async () => {
    const welcome = await connect().join(TOKEN, driver);
    expect(welcome).toMatchObject({
      session: 1,
      epoch: 1,
      resumed: false,
      receivedRecords: 0,
      wantsReport: false,
      job: 1,
    });
    const again = await connect().join(TOKEN, { ...driver });
    expect(again).toMatchObject({ session: 2, epoch: 2, job: 2 });
    expect(await connect().join('operate', { nodeId: 'a2' })).toMatchObject({ session: 3, job: 0 });
  });

  it('T3 refuses a wrong token and a wrong version, saying why', async () => {
    const thief = connect();
    thief.hello('guess');
    expect(await thief.frame('refused')).toMatchObject({ code: 'token', retryAfterMs: 0 });
    await thief.ended();
    const old = connect();
    old.hello(TOKEN, { version: PROTOCOL_VERSION + 1 });
    expect((await old.frame('refused')).message).toMatch(/same release/);
    await old.ended();
    expect(server.gateway.counters.refused.get('token')).toBe(1);
    expect(server.gateway.counters.refused.get('version')).toBe(1);
    expect(server.plane.gcs.state.sessions.size).toBe(0);
  });

  it('T3 disconnects a peer at the third malformed frame; others notice nothing', async () => {
    const good = await joined();
    const bad = await joined({ nodeId: 'b1' });
    for (let i = 0; i < 3; i++) bad.node.socket.emit('f', Uint8Array.of(250, i));
    expect(await bad.node.frame('refused')).toMatchObject({ code: 'protocol' });
    await bad.node.ended();
    expect(server.gateway.counters.refused.get('malformed')).toBe(3);
    good.node.send({ type: 'request', id: 1, method: 'cluster', body: NO_BYTES });
    expect(await good.node.frame('response')).toMatchObject({ id: 1, ok: true });
  });

  it('T3 closes the connection at an oversized frame and lives on', async () => {
    const { node } = await joined();
    node.socket.emit('f', new Uint8Array(40 * 1024 * 1024));
    await node.ended();
    expect((await joined({ nodeId: 'c1' })).session).toBe(2);
  });

  it('M1 a second connection of a session replaces the first, which is told so', async () => {
    const first = await joined();
    const second = connect();
    const welcome = await second.join(TOKEN, { session: first.session, epoch: first.epoch });
    expect(welcome).toMatchObject({ session: first.session, resumed: true });
    expect(await first.node.frame('refused')).toMatchObject({ code: 'session-dead', retryAfterMs: 0 });
    await first.node.ended();
    expect(server.plane.gcs.state.sessions.get(first.session)?.state).toBe('connected');
  });
});

describe('gateway: work', () => {
  it('M1 M2 who lacks commands that the session acknowledged, or has more than there are, does not get it', async () => {
    const host = await joined();
    await vi.waitFor(() => expect(host.node.receivedCommands).toBeGreaterThan(0), WAIT);
    const { session, epoch } = host;
    const { serverEpoch } = server.plane;
    const known = host.node.receivedCommands;
    host.node.send({ type: 'ack', received: known, durable: known });
    host.node.send({ type: 'request', id: 1, method: 'cluster', body: NO_BYTES });
    await host.node.frame('response');
    for (const receivedCommands of [0, known + 100]) {
      const other = connect();
      other.hello(TOKEN, { session, epoch, serverEpoch, receivedCommands });
      expect((await other.frame('refused')).retryAfterMs).toBeGreaterThan(0);
    }
    host.node.send({ type: 'request', id: 2, method: 'cluster', body: NO_BYTES });
    expect(await host.node.frame('response', ({ id }) => id === 2)).toMatchObject({ ok: true });
    const back = connect();
    const welcome = await back.join(TOKEN, { session, epoch, serverEpoch, receivedCommands: known });
    expect(welcome).toMatchObject({ session, resumed: true });
  });

  it('S2 a driver submits, a host runs, the driver gets the result', async () => {
    const host = await joined();
    const boss = await joined(driver);
    const task = objectKey(boss.session, 1);
    boss.node.records(...definitions(), submit(boss.session, 1));
    const lease = await host.node.command('lease');
    expect(lease).toMatchObject({ task, attempt: 1, job: 1, fn: 0, caller: boss.session });
    expect(host.node.commands.map(({ kind }) => kind)).toEqual(['function', 'options', 'lease']);
    host.node.records(finish(task));
    expect(await boss.node.command('object')).toMatchObject({ object: task, status: 0, value: VALUE });
    await Promise.all([boss.node.durable(), host.node.durable()]);
    boss.node.records({ kind: 'jobFinished', outcome: 0, value: VALUE });
    await boss.node.durable();
    expect(server.plane.gcs.state.jobs.get(1)).toMatchObject({ status: 'succeeded', submitted: 1, finished: 1 });
    boss.node.send({ type: 'bye', reason: 'done' });
    await boss.node.ended();
    expect(server.plane.gcs.state.tasks.size).toBe(0);
    expect(server.plane.gcs.state.objects.size).toBe(0);
  });

  it('M1 after a dropped connection both streams go on where they were', async () => {
    const host = await joined();
    const boss = await joined(driver);
    boss.node.records(...definitions({ demand: { cpuMilli: 1, custom: {} } }), submit(boss.session, 1));
    await host.node.command('lease');
    host.node.close();
    await host.node.ended();
    await vi.waitFor(
      () => expect(server.plane.gcs.state.sessions.get(host.session)?.state === 'disconnected').toBe(true),
      WAIT,
    );
    // A finish that was lost with the connection is sent again; the lease command too, as it was never acknowledged.
    const back = connect();
    const welcome = await back.join(TOKEN, {
      session: host.session,
      epoch: host.epoch,
      serverEpoch: server.plane.serverEpoch,
      receivedCommands: 0,
    });
    expect(welcome).toMatchObject({ resumed: true, receivedRecords: 0, wantsReport: false });
    const lease = await back.command('lease');
    back.records(finish(lease.task));
    await boss.node.command('object');
    // What was acknowledged does not come again.
    back.send({ type: 'ack', received: back.receivedCommands, durable: back.receivedCommands });
    back.send({ type: 'request', id: 7, method: 'cluster', body: NO_BYTES });
    await back.frame('response');
    back.close();
    const third = connect();
    await third.join(TOKEN, {
      session: host.session,
      epoch: host.epoch,
      serverEpoch: server.plane.serverEpoch,
      receivedCommands: back.receivedCommands,
    });
    third.send({ type: 'request', id: 8, method: 'cluster', body: NO_BYTES });
    await third.frame('response');
    expect(third.commands).toEqual([]);
  });

  it('L2 a gap in the records closes the connection; the node resumes from what was received', async () => {
    const boss = await joined(driver);
    boss.node.records(...definitions());
    boss.node.nextRecord += 3;
    boss.node.records(submit(boss.session, 1));
    await boss.node.ended();
    const back = connect();
    const welcome = await back.join(TOKEN, {
      ...driver,
      session: boss.session,
      epoch: boss.epoch,
      serverEpoch: server.plane.serverEpoch,
    });
    expect(welcome.receivedRecords).toBe(5);
  });

  it('J3 a driver that says bye ends its job: its tasks are cancelled and hosts are told', async () => {
    const host = await joined();
    const boss = await joined(driver);
    boss.node.records(...definitions(), submit(boss.session, 1));
    await host.node.command('lease');
    boss.node.send({ type: 'bye', reason: 'enough' });
    expect(await host.node.command('stopJob')).toMatchObject({ job: 1 });
    expect(server.plane.gcs.state.jobs.get(1)?.status).toBe('stopped');
    expect(server.plane.gcs.state.tasks.size).toBe(0);
  });

  it('answers for modules, actors by name, and says what is wrong', async () => {
    const boss = await joined(driver);
    const code = Uint8Array.of(9, 9);
    boss.node.records({ kind: 'module', module: 'hash', code, sourceMap: NO_BYTES });
    const body = (write: (writer: ByteWriter) => void): Uint8Array => {
      const writer = new ByteWriter();
      write(writer);
      return writer.finish();
    };
    boss.node.send({
      type: 'request',
      id: 1,
      method: 'module',
      body: body((writer) => requests.module.body.write(writer, { module: 'hash' })),
    });
    const answer = await boss.node.frame('response', ({ id }) => id === 1);
    expect(requests.module.answer.read(new ByteReader(answer.body)).code).toEqual(code);
    boss.node.send({
      type: 'request',
      id: 2,
      method: 'module',
      body: body((writer) => requests.module.body.write(writer, { module: 'no' })),
    });
    boss.node.send({ type: 'request', id: 3, method: 'nonsense', body: NO_BYTES });
    boss.node.send({ type: 'request', id: 4, method: 'getActor', body: Uint8Array.of(200) });
    for (const id of [2, 3, 4]) expect((await boss.node.frame('response', (frame) => frame.id === id)).ok).toBe(false);
    boss.node.records(...definitions({}, { name: 'board' }), submit(boss.session, 1, { fn: 1, options: 1 }));
    boss.node.send({
      type: 'request',
      id: 5,
      method: 'getActor',
      body: body((writer) => requests.getActor.body.write(writer, { name: 'board', namespace: '' })),
    });
    const found = await boss.node.frame('response', ({ id }) => id === 5);
    expect(requests.getActor.answer.read(new ByteReader(found.body))).toEqual({
      actor: objectKey(boss.session, 1),
      className: 'Counter',
      methods: ['inc'],
    });
  });

  it('J2 log lines of a task reach the driver of its job and are kept', async () => {
    const host = await joined({ nodeName: 'blue' });
    const boss = await joined(driver);
    boss.node.records(...definitions(), submit(boss.session, 1));
    const { task } = await host.node.command('lease');
    host.node.send({ type: 'log', task, level: 1, text: 'hello' });
    expect(await boss.node.frame('jobLog')).toMatchObject({ task, node: 'blue', level: 1, text: 'hello' });
    await server.plane.logs.load(1);
    expect(server.plane.logs.read(1, 0, 10).map(({ text }) => text)).toEqual(['hello']);
  });
});

describe('gateway: time', () => {
  it('M1 a node that stays away dies, its work goes elsewhere, and its late word is refused', async () => {
    await server.stop();
    await start({ hostDeadMs: 300 });
    const host = await joined();
    const boss = await joined(driver);
    boss.node.records(...definitions(), submit(boss.session, 1));
    const { task } = await host.node.command('lease');
    host.node.close();
    const other = await joined({ nodeId: 'b2' });
    const second = await other.node.command('lease', (lease) => lease.task === task);
    expect(second.attempt).toBe(2);
    const zombie = connect();
    zombie.hello(TOKEN, { session: host.session, epoch: host.epoch });
    expect(await zombie.frame('refused')).toMatchObject({ code: 'session-dead' });
    expect(await connect().join(TOKEN, {})).toMatchObject({ epoch: 2, resumed: false });
  });

  it('G3 a session that is over leaves nothing here, also when its end becomes durable', async () => {
    const { node } = await joined(driver);
    node.send({ type: 'bye', reason: 'done' });
    await vi.waitFor(() => expect(server.plane.gcs.sessions.livingCount).toBe(0), WAIT);
    await new Promise<void>((resolve) => server.plane.commits.whenDurable(resolve));
    expect(server.gateway.tableSizes()).toMatchObject({ peersOfNobody: 0, untold: 0, questions: 0 });
  });

  it('M1 a node that falls silent with work counts as disconnected', async () => {
    await server.stop();
    await start({ silentMs: 400, hostDeadMs: 300 });
    const host = await joined();
    const boss = await joined(driver);
    boss.node.acknowledges = true;
    boss.node.records(...definitions(), submit(boss.session, 1));
    await host.node.command('lease');
    // The driver has no leased work and stays; the host is cut off.
    await host.node.ended();
    expect(boss.node.closed).toBe(false);
  });

  it('M1 so does one without work that does not say that it has heard what it was told', async () => {
    await server.stop();
    await start({ silentMs: 400 });
    const [deaf, other] = [await joined(), await joined({ nodeId: 'b1' })];
    other.node.acknowledges = true;
    const boss = await joined(driver);
    boss.node.acknowledges = true;
    // All are told that there are others.
    await deaf.node.command('peers');
    await other.node.command('peers');
    await deaf.node.ended();
    expect([other.node.closed, boss.node.closed]).toEqual([false, false]);
  });

  it('G2 M3 after a kill of the server nodes resume, report and finish; nothing runs twice', async () => {
    const host = await joined();
    const boss = await joined(driver);
    const task = objectKey(boss.session, 1);
    boss.node.records(...definitions(), submit(boss.session, 1));
    await host.node.command('lease');
    await boss.node.durable();
    storage.crash();
    await server.stop().catch(() => undefined);
    await start();
    expect(server.plane.gcs.inGrace).toBe(true);
    const boss2 = connect();
    expect(
      await boss2.join(TOKEN, {
        ...driver,
        session: boss.session,
        epoch: boss.epoch,
        serverEpoch: 1,
        receivedCommands: 3,
      }),
    ).toMatchObject({
      resumed: true,
      wantsReport: true,
      receivedRecords: 6,
    });
    boss2.send({ type: 'report', lastRecord: 6, leases: [], actors: [], copies: [], wants: [task] });
    const host2 = connect();
    const welcome = await host2.join(TOKEN, {
      session: host.session,
      epoch: host.epoch,
      serverEpoch: 1,
      receivedCommands: 3,
    });
    expect(welcome).toMatchObject({ resumed: true, wantsReport: true, receivedRecords: 0 });
    host2.send({
      type: 'report',
      lastRecord: 0,
      leases: [{ task, attempt: 1 }],
      actors: [],
      copies: [],
      wants: [],
    });
    host2.records(finish(task));
    expect(await boss2.command('object')).toMatchObject({ object: task, status: 0 });
    await vi.waitFor(() => expect(server.plane.gcs.inGrace).toBe(false), WAIT);
    expect(host2.commands.filter(({ kind }) => kind === 'lease')).toEqual([]);
  });

  it('tells nodes when it stops', async () => {
    const { node } = await joined();
    await server.stop();
    const refused = await node.frame('refused');
    expect(refused.code).toBe('stopping');
    expect(refused.retryAfterMs).toBeGreaterThan(0);
  });
});

describe('gateway: relay', () => {
  const size = 3_000_000;
  const bytes = Uint8Array.from({ length: size }, (_, i) => i * 7);

  function serve(node: RawNode): void {
    node.onFrame = (frame: SessionFrame) => {
      if (frame.type !== 'fetch') return;
      const data = bytes.subarray(frame.offset, frame.offset + frame.length);
      node.send({
        type: 'chunk',
        transfer: frame.transfer,
        object: frame.object,
        status: CHUNK_STATUS.ok,
        offset: frame.offset,
        totalBytes: size,
        data,
      });
    };
  }

  it('O6 3 MB reach the puller whole, chunk by chunk', async () => {
    const holder = await joined();
    const puller = await joined({ nodeId: 'b1' });
    serve(holder.node);
    holder.node.records(put(holder.session, 1, { sizeBytes: size }));
    await holder.node.durable();
    const got = new Uint8Array(size);
    let received = 0;
    const done = new Promise<void>((resolve) => {
      puller.node.onFrame = (frame) => {
        if (frame.type !== 'piece') return;
        expect(frame).toMatchObject({ transfer: 5, status: CHUNK_STATUS.ok, totalBytes: size });
        got.set(frame.data, frame.offset);
        received += frame.data.length;
        if (received === size) resolve();
      };
    });
    for (let offset = 0; offset < size; offset += CHUNK_BYTES) {
      puller.node.send({
        type: 'fetch',
        transfer: 5,
        object: objectKey(holder.session, 1),
        offset,
        length: Math.min(CHUNK_BYTES, size - offset),
      });
    }
    await done;
    expect(Buffer.compare(got, bytes)).toBe(0);
    expect(server.gateway.relay.relayedBytes).toBe(size);
    expect(server.gateway.relay.openCount).toBe(0);
  });

  it('O6 a holder that lost its copy is passed over for another; without one the answer is missing', async () => {
    const first = await joined();
    const second = await joined({ nodeId: 'b1' });
    const puller = await joined({ nodeId: 'c1' });
    const object = objectKey(first.session, 1);
    first.node.onFrame = (frame) => {
      if (frame.type === 'fetch')
        first.node.send({
          type: 'chunk',
          transfer: frame.transfer,
          object,
          status: CHUNK_STATUS.missing,
          offset: 0,
          totalBytes: 0,
          data: NO_BYTES,
        });
    };
    serve(second.node);
    first.node.records(put(first.session, 1, { sizeBytes: size }));
    await first.node.durable();
    second.node.records({ kind: 'located', object, present: true, sizeBytes: size });
    await second.node.durable();
    puller.node.send({ type: 'fetch', transfer: 1, object, offset: 0, length: 10 });
    expect((await puller.node.frame('piece')).data).toEqual(bytes.subarray(0, 10));
    expect([...(server.plane.gcs.state.object(object)?.locations ?? [])]).toEqual([second.session]);
    // A holder that is only away is not missing: come again.
    second.node.close();
    await second.node.ended();
    await vi.waitFor(() => expect(server.gateway.connectedCount === 2).toBe(true), WAIT);
    puller.node.send({ type: 'fetch', transfer: 2, object, offset: 0, length: 10 });
    expect((await puller.node.frame('piece', ({ transfer }) => transfer === 2)).status).toBe(CHUNK_STATUS.busy);
    puller.node.send({ type: 'fetch', transfer: 3, object: 12345, offset: 0, length: 10 });
    expect((await puller.node.frame('piece', ({ transfer }) => transfer === 3)).status).toBe(CHUNK_STATUS.missing);
  });

  it('L4 a fetch from a dead holder leads to a rebuild when the object is needed', async () => {
    await server.stop();
    await start({ hostDeadMs: 200 });
    const holder = await joined();
    const boss = await joined(driver);
    const task = objectKey(boss.session, 1);
    boss.node.records(...definitions(), submit(boss.session, 1));
    await holder.node.command('lease');
    holder.node.records(finishStored(task));
    await boss.node.command('object');
    holder.node.close();
    const spare = await joined({ nodeId: 'b1' });
    await vi.waitFor(
      () => expect(server.plane.gcs.state.sessions.get(holder.session)?.state === 'dead').toBe(true),
      WAIT,
    );
    boss.node.records({ kind: 'want', object: task });
    expect(await spare.node.command('lease')).toMatchObject({ task, attempt: 2 });
    spare.node.records(finish(task, { attempt: 2 }));
    expect(await boss.node.command('object', ({ status }) => status === 0)).toMatchObject({ object: task });
  });
});

describe('gateway: bounds', () => {
  it('B1 a flood from one session does not starve another', async () => {
    const flooder = await joined();
    const polite = await joined({ nodeId: 'b1' });
    for (let i = 0; i < 20_000; i++) flooder.node.send({ type: 'request', id: i, method: 'cluster', body: NO_BYTES });
    const startMs = performance.now();
    polite.node.send({ type: 'request', id: 1, method: 'cluster', body: NO_BYTES });
    await polite.node.frame('response');
    const waitedMs = performance.now() - startMs;
    expect(flooder.node.frames.filter(({ type }) => type === 'response').length).toBeLessThan(20_000);
    expect(waitedMs).toBeLessThan(5_000);
  });

  it('G1 with a full disk nothing is acknowledged, work goes on, and all is well once there is space', async () => {
    const host = await joined();
    const boss = await joined(driver);
    storage.failNextCommit('disk-full');
    boss.node.records(...definitions(), submit(boss.session, 1));
    const { task } = await host.node.command('lease');
    host.node.records(finish(task));
    await boss.node.command('object');
    expect(server.plane.commits.failing).toBe(true);
    expect(boss.node.frames.some(({ type }) => type === 'ack')).toBe(false);
    await boss.node.durable();
    expect(server.plane.commits.failing).toBe(false);
    expect(server.plane.events.map(({ kind }) => kind)).toContain('storage-trouble');
  });
});
