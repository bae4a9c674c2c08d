import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import { requests } from '#shared/protocol/requests.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { definitions, submit } from '../gcs/testing/records.ts';
import { type RunningServer, startServer } from '../main.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { type HelloFields, RawNode } from './testing/raw-node.ts';

const NO_BYTES = new Uint8Array(0);
const MEGABYTE = 2 ** 20;
const TOKEN = 'join-me';
const OPEN = { trust: 'unchecked' } as const;
const WAIT = { timeout: 10_000, interval: 10 };

const tab: HelloFields = { role: 'tab', nodeId: 'b1', nodeName: 'tab' };
const driver: HelloFields = { role: 'driver', nodeId: 'd1', nodeName: 'driver', cpuMilli: 0 };

let directory: string;
let server: RunningServer;
const nodes: RawNode[] = [];

async function joined(token: string, fields: HelloFields) {
  const node = new RawNode(server.localUrl);
  nodes.push(node);
  const { session } = await node.join(token, fields);
  return { node, session };
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daylight-hostile-'));
  server = await startServer({
    port: 0,
    dataDirectory: directory,
    joinToken: TOKEN,
    operatorToken: 'operate',
    storage: new MemoryStorage(),
    isPublic: true,
  });
});

afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

/** A question for the module that {@link definitions} speak of. */
function moduleQuestion(id: number) {
  const body = new ByteWriter();
  requests.module.body.write(body, { module: 'm' });
  return { type: 'request', id, method: 'module', body: body.finish() } as const;
}

// Megabytes that nobody reads: many seconds where the machine has other work.
describe('gateway: nodes that mean harm', { timeout: 60_000 }, () => {
  it('T3 B1 who asks and does not take the answers is not heard until he does', async () => {
    const questions = 60;
    const stranger = await joined('', tab);
    const boss = await joined(TOKEN, driver);
    boss.node.records(
      { kind: 'module', module: 'm', code: new Uint8Array(2 * MEGABYTE), sourceMap: NO_BYTES },
      ...definitions(OPEN),
      submit(boss.session, 1),
    );
    await stranger.node.command('lease');
    stranger.node.pause();
    const { counters } = server.gateway;
    const sent = counters.framesSent;
    for (let id = 1; id <= questions; id++) stranger.node.send(moduleQuestion(id));
    // The server has the questions when it answers another node that asked behind them, several times.
    for (let id = 1; id <= questions; id++) {
      boss.node.send({ type: 'request', id, method: 'cluster', body: NO_BYTES });
      await boss.node.frame('response', (response) => response.id === id);
    }
    expect(counters.framesSent - sent - questions).toBeLessThan(questions);
    stranger.node.resume();
    await vi.waitFor(() => {
      expect(stranger.node.frames.filter(({ type }) => type === 'response').length).toBe(questions);
    }, WAIT);
  });

  it('T3 B1 a stranger that acknowledges nothing of what it is told loses its session', async () => {
    const { node, session } = await joined('', tab);
    const wants = Array.from({ length: 4096 }, (_, index): NodeRecord => ({
      kind: 'want',
      object: objectKey(9999, index + 1),
    }));
    node.onFrame = () => void (node.commands.length = 0);
    while (server.plane.gcs.state.sessions.get(session)?.state === 'connected') {
      const { framesReceived } = server.gateway.counters;
      node.records(...wants);
      await vi.waitFor(() => expect(server.gateway.counters.framesReceived).toBeGreaterThan(framesReceived), WAIT);
    }
    expect(await node.frame('refused')).toMatchObject({ code: 'session-dead' });
    expect(server.plane.gcs.state.sessions.get(session)?.state).toBe('dead');
  });

  it('T3 names and reasons of nodes cannot command the terminal they are shown in', async () => {
    const { node, session } = await joined('', {
      ...tab,
      nodeName: '\u001b]0;gone\u0007blue\u202e',
      platform: '\u001b[2J',
    });
    const { sessions } = server.plane.gcs.state;
    expect(sessions.get(session)).toMatchObject({ nodeName: ']0;gone blue', platform: '[2J' });
    node.send({ type: 'bye', reason: '\u001b[2J\nserver: all is well' });
    await vi.waitFor(() => expect(sessions.get(session)?.state).toBe('dead'), WAIT);
    expect(server.plane.events.at(-1)?.message).toBe(']0;gone blue left: [2J server: all is well');
  });

  it('T3 a frame of a stranger that is larger than what such nodes have to say is not read', async () => {
    const stranger = await joined('', tab);
    const friend = await joined(TOKEN, { ...tab, nodeId: 'b2' });
    const large = { type: 'request', id: 1, method: 'module', body: new Uint8Array(5 * MEGABYTE) } as const;
    for (const { node } of [stranger, friend]) for (let time = 0; time < 3; time++) node.send(large);
    expect(await stranger.node.frame('refused')).toMatchObject({ code: 'protocol' });
    await friend.node.frame('response');
    expect(friend.node.frames.some(({ type }) => type === 'refused')).toBe(false);
  });
});
