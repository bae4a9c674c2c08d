import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { io, type Socket } from 'socket.io-client';
import { LIVE_EVENTS, LIVE_NAMESPACE, LIVE_ROWS, type LiveSnapshot } from '#shared/api/live.ts';
import { Artefact, Cluster, Event, FunctionProgress, Job, Node } from '#shared/api/schemas.ts';
import { ApiWorld, JOIN, mistakes, OPERATOR, VIEWER } from '../http/testing/api-world.ts';

let world: ApiWorld;
const sockets: Socket[] = [];

beforeEach(async () => {
  world = await ApiWorld.start();
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await world.stop();
});

/** A page that listens, and what it has heard. */
function listen(options: { token?: string; headers?: Record<string, string> } = {}): {
  socket: Socket;
  heard: LiveSnapshot[];
  outcome: Promise<string>;
} {
  const socket = io(`${world.server.url}${LIVE_NAMESPACE}`, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    ...(options.token === undefined ? {} : { auth: { token: options.token } }),
    ...(options.headers === undefined ? {} : { extraHeaders: options.headers }),
  });
  sockets.push(socket);
  const heard: LiveSnapshot[] = [];
  socket.on(LIVE_EVENTS.snapshot, (snapshot: LiveSnapshot) => heard.push(snapshot));
  const outcome = new Promise<string>((resolve) => {
    socket.on('connect', () => resolve('open'));
    socket.on('connect_error', ({ message }) => resolve(message));
  });
  return { socket, heard, outcome };
}

async function cookie(): Promise<string> {
  const response = await fetch(`${world.server.url}/?token=${VIEWER}`, { redirect: 'manual' });
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}

describe('the live channel', () => {
  it('T2 X6 is for those who may look', async () => {
    expect(await listen({ token: OPERATOR }).outcome).toBe('open');
    expect(await listen({ token: VIEWER }).outcome).toBe('open');
    expect(await listen({ headers: { cookie: await cookie() } }).outcome).toBe('open');
    expect(await listen({ headers: { cookie: await cookie(), origin: world.server.url } }).outcome).toBe('open');
    for (const options of [{}, { token: JOIN }, { token: '' }, { headers: { cookie: 'daylight_session=viewer.1.x' } }])
      expect(await listen(options).outcome).toBe('authentication');
    const elsewhere = { cookie: await cookie(), origin: 'http://evil.example' };
    expect(await listen({ headers: elsewhere }).outcome).not.toBe('open');
  });

  it('tells states in the form of the API, and again only when something has changed', async () => {
    const { job, session } = await world.busyJob();
    const page = listen({ token: VIEWER });
    await vi.waitFor(() => expect(page.heard.length).toBeGreaterThan(0), { timeout: 5000 });
    const [first] = page.heard;
    expect(first).toMatchObject({
      cluster: { hosts: 1 },
      jobs: [{ id: job }],
      nodes: [{ name: 'blue' }, { id: String(session) }],
    });
    expect(first).not.toHaveProperty('job');
    await world.server.plane.publish(Number(job), { name: 'a.png', mediaType: 'image/png', data: Uint8Array.of(1) });
    page.socket.emit(LIVE_EVENTS.interest, { job });
    const told = await vi.waitFor(() => page.heard.find((snapshot) => snapshot.job) ?? expect.fail('no job yet'), {
      timeout: 5000,
    });
    expect(told.job).toMatchObject({ job: { id: job }, artefacts: [{ name: 'a.png' }], lastLogLine: 2 });
    for (const [schema, parts] of [
      [Cluster, [told.cluster]],
      [Job, [...told.jobs, told.job?.job]],
      [Node, told.nodes],
      [Event, told.alerts],
      [FunctionProgress, told.job?.functions ?? []],
      [Artefact, told.job?.artefacts ?? []],
    ] as const)
      for (const part of parts) expect(mistakes(schema, part)).toEqual([]);
    const isStill = (): string => JSON.stringify({ ...page.heard.at(-1), cluster: undefined });
    const before = isStill();
    world.server.plane.step((gcs) => gcs.jobs.stop([...gcs.state.jobs.values()][0] ?? expect.fail('no job'), 'enough'));
    await vi.waitFor(() => expect(page.heard.at(-1)?.jobs[0]?.status).toBe('stopped'), { timeout: 5000 });
    expect(isStill()).not.toBe(before);
    // Two in a row are never the same.
    const texts = page.heard.map(({ cluster, ...rest }) => JSON.stringify({ ...rest, ...cluster, now: null }));
    texts.slice(1).forEach((text, index) => expect(text).not.toBe(texts[index]));
  });

  it('T3 takes no other word, and no nonsense', async () => {
    const page = listen({ token: VIEWER });
    await page.outcome;
    for (const nonsense of [null, 7, 'x', { job: {} }, { job: 'x'.repeat(1000) }, { job: '__proto__' }, [[]]])
      page.socket.emit(LIVE_EVENTS.interest, nonsense);
    page.socket.emit('f', new Uint8Array(10));
    await vi.waitFor(() => expect(page.heard.length).toBeGreaterThan(0), { timeout: 5000 });
    expect(page.socket.connected).toBe(true);
    expect(page.heard[0]?.job).toBeUndefined();
  });

  it(`B1 tells of ${LIVE_ROWS} nodes at most, of those with work first and of those that have just left`, async () => {
    const { plane } = world.server;
    const hello = {
      type: 'hello',
      version: 1,
      token: '',
      session: 0,
      epoch: 0,
      serverEpoch: 0,
      receivedCommands: 0,
    } as const;
    plane.step((gcs) => {
      for (let number = 0; number < LIVE_ROWS + 50; number++) {
        const session = gcs.sessions.open(
          {
            ...hello,
            role: 'host',
            nodeId: `n${number}`,
            nodeName: `n${number}`,
            cpuMilli: 1000,
            resources: [],
            jobName: '',
            platform: '',
          },
          true,
        );
        if (number === 0) gcs.sessions.setLoad(session, { ...session.load, runningTasks: 1 });
        if (number === 1) gcs.sessions.end(session, 'it left');
      }
      gcs.settle();
    });
    const page = listen({ token: VIEWER });
    await vi.waitFor(() => expect(page.heard.length).toBeGreaterThan(0), { timeout: 5000 });
    const nodes = page.heard[0]?.nodes ?? [];
    expect(nodes.length).toBe(LIVE_ROWS);
    expect(nodes.slice(0, 3)).toMatchObject([
      { name: 'n1', state: 'dead' },
      { name: 'n0', runningTasks: 1 },
      { name: `n${LIVE_ROWS + 49}`, state: 'connected' },
    ]);
    expect(page.heard[0]?.alerts).toMatchObject([{ kind: 'node-left', severity: 'warning' }]);
  });
});
