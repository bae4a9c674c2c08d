/** Progress by function over starts of a real server; the node that runs the tasks is reduced to its frames. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { OUTCOME } from '#shared/protocol/node-records.ts';
import { RawNode } from './testing/raw-node.ts';
import { definitions, finish, submit } from '../gcs/testing/records.ts';
import { type RunningServer, startServer } from '../main.ts';

const TOKEN = 'join-me';
const DRIVER = { role: 'driver', nodeId: 'd1', nodeName: 'driver', cpuMilli: 0 } as const;
const HOST = { role: 'host', nodeId: 'a1', nodeName: 'host', cpuMilli: 8000 } as const;
const WAIT = { timeout: 10_000, interval: 10 };

let directory: string;
let server: RunningServer;
const nodes: RawNode[] = [];

async function start(): Promise<void> {
  server = await startServer({ port: 0, dataDirectory: directory, joinToken: TOKEN, operatorToken: 'operate' });
}

function connect(): RawNode {
  const node = new RawNode(server.url);
  node.acknowledges = true;
  nodes.push(node);
  return node;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daylight-progress-'));
  await start();
});

afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

it('J2 G2 goes on over a start of the server, and is there after the end of the job and another start', async () => {
  const boss = connect();
  const bossWelcome = await boss.join(TOKEN, DRIVER);
  const host = connect();
  const hostWelcome = await host.join(TOKEN, HOST);
  boss.records(...definitions(), ...[1, 2, 3, 4].map((number) => submit(bossWelcome.session, number)));
  const leases = await host.until(() => {
    const found = host.commands.filter((command) => command.kind === 'lease');
    return found.length === 4 ? found : undefined;
  }, 'four leases');
  const [first, second, third, fourth] = leases.map(({ task }) => task) as [number, number, number, number];
  host.records(finish(first, { durationUs: 5_000 }), finish(second, { outcome: OUTCOME.error }));
  await host.durable();
  const [job] = server.plane.gcs.state.jobs.keys();
  expect(server.jobs.functions(job ?? 0)).toMatchObject([{ fn: 'job.ts#square', succeeded: 1, failed: 1, running: 2 }]);
  await server.stop();
  await start();
  expect(server.jobs.functions(job ?? 0)).toMatchObject([{ fn: 'job.ts#square', succeeded: 1, failed: 1 }]);
  const hostBack = connect();
  hostBack.hello(TOKEN, { ...HOST, session: hostWelcome.session, epoch: hostWelcome.epoch });
  await hostBack.frame('welcome', ({ wantsReport }) => wantsReport);
  const stillThere = [third, fourth].map((task) => ({ task, attempt: 1 }));
  hostBack.send({ type: 'report', lastRecord: 2, leases: stillThere, actors: [], copies: [], wants: [] });
  hostBack.nextRecord = 3;
  hostBack.records(finish(third));
  const bossBack = connect();
  bossBack.hello(TOKEN, { ...DRIVER, session: bossWelcome.session, epoch: bossWelcome.epoch });
  await bossBack.frame('welcome', ({ wantsReport }) => wantsReport);
  const lastRecord = boss.nextRecord - 1;
  bossBack.send({ type: 'report', lastRecord, leases: [], actors: [], copies: [], wants: [] });
  await vi.waitFor(() => expect(server.plane.gcs.state.jobs.get(job ?? 0)?.finished).toBe(3), WAIT);
  bossBack.send({ type: 'bye', reason: 'done' });
  await vi.waitFor(() => expect(server.plane.gcs.state.jobs.get(job ?? 0)?.status).toBe('stopped'), WAIT);
  await server.stop();
  await start();
  expect(server.plane.gcs.state.jobs.get(job ?? 0)?.finished).toBe(4);
  const after = server.jobs.functions(job ?? 0);
  expect(after).toMatchObject([{ fn: 'job.ts#square', succeeded: 2, failed: 1, cancelled: 1, running: 0 }]);
  expect(after[0]?.totalMs).toBeCloseTo(5.2);
});
