/** Hellos that come when their node has given the connection up, or its process has ended (rule M1). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { definitions, submit } from '../gcs/testing/records.ts';
import { type RunningServer, startServer } from '../main.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { RawNode } from './testing/raw-node.ts';

const TOKEN = 'join-me';
const HOST = { role: 'host', nodeId: 'a1', nodeName: 'host' } as const;
const DRIVER = { role: 'driver', nodeId: 'd1', nodeName: 'driver', cpuMilli: 0, jobName: 'test' } as const;

let directory: string;
let server: RunningServer;
const nodes: RawNode[] = [];

function connect(): RawNode {
  const node = new RawNode(server.url);
  nodes.push(node);
  return node;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daylight-late-hello-'));
  server = await startServer({
    port: 0,
    dataDirectory: directory,
    joinToken: TOKEN,
    operatorToken: 'operate',
    storage: new MemoryStorage(),
  });
});

afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('a hello that comes late', () => {
  it('M1 over a connection that its node gave up does not end the present one', async () => {
    const node = connect();
    const { session, epoch } = await node.join(TOKEN, DRIVER);
    const givenUp = connect();
    givenUp.isGivenUp = true;
    givenUp.hello(TOKEN, { ...DRIVER, session, epoch });
    expect(await givenUp.frame('welcome')).toMatchObject({ session, resumed: true });
    node.records(...definitions(), submit(session, 1));
    await node.durable();
    expect(node.frames.map(({ type }) => type)).not.toContain('refused');
    expect(server.plane.gcs.state.sessions.get(session)?.state).toBe('connected');
    // What its node says over the present one goes on to be heard when the other ends.
    givenUp.close();
    node.records(submit(session, 2));
    await node.durable();
    expect(server.plane.gcs.state.sessions.get(session)?.received).toBe(7);
  });

  it('M1 of a process that has ended takes neither work nor the place of the present one', async () => {
    const node = connect();
    const present = await node.join(TOKEN, HOST);
    const former = connect();
    former.isGivenUp = true;
    const ghost = await former.join(TOKEN, HOST);
    expect(ghost.epoch).toBe(2);
    const boss = connect();
    const { session } = await boss.join(TOKEN, DRIVER);
    boss.records(...definitions(), submit(session, 1));
    await node.command('lease');
    expect(former.commands.map(({ kind }) => kind)).not.toContain('lease');
    const { sessions } = server.plane.gcs.state;
    expect([present.session, ghost.session].map((id) => sessions.get(id)?.state)).toEqual([
      'connected',
      'disconnected',
    ]);
    expect(sessions.get(present.session)?.successor).toBe(0);
  });

  it('M1 that was sent twice proves no more than one', async () => {
    const node = connect();
    const present = await node.join(TOKEN, HOST);
    const former = connect();
    former.isGivenUp = true;
    await former.join(TOKEN, HOST);
    former.hello(TOKEN, HOST);
    // What comes behind it over another connection is handled later.
    node.send({ type: 'request', id: 1, method: 'cluster', body: new Uint8Array(0) });
    await node.frame('response');
    await former.until(() => server.gateway.counters.refused.get('unexpected'), 'a strike');
    expect(server.plane.gcs.state.sessions.get(present.session)?.successor).toBe(0);
  });

  it('M1 of a connection that somebody says again proves nothing: its answer is to another challenge', async () => {
    const node = connect();
    await node.join(TOKEN, HOST);
    const later = connect();
    const present = await later.join(TOKEN, HOST);
    const { number } = await later.frame('challenge');
    await node.frame('refused');
    const echo = connect();
    echo.isGivenUp = true;
    const ghost = await echo.join(TOKEN, HOST);
    echo.send({ type: 'answer', number });
    echo.send({ type: 'ping' });
    echo.send({ type: 'ping' });
    expect(await echo.frame('refused')).toMatchObject({ code: 'protocol' });
    const { sessions } = server.plane.gcs.state;
    expect([present.session, ghost.session].map((id) => sessions.get(id)?.state)).toEqual([
      'connected',
      'disconnected',
    ]);
  });

  it('M1 M4 of a process that is there takes the place as soon as it is heard', async () => {
    const node = connect();
    const { session } = await node.join(TOKEN, HOST);
    const later = await connect().join(TOKEN, HOST);
    expect(await node.frame('refused')).toMatchObject({ code: 'session-dead', retryAfterMs: 0 });
    const { sessions } = server.plane.gcs.state;
    expect([session, later.session].map((id) => sessions.get(id)?.state)).toEqual(['disconnected', 'connected']);
  });
});
