/*
 * Bad input (every line of it that users are known to write): whoever made the mistake is told what and where, in a typed
 * error or one clear sentence; the server, the node and other jobs do not notice.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { MAX_FRAME_BYTES } from '#shared/protocol/limits.ts';
import { type SessionFrame, type SessionFrameOf, sessionFrames } from '#shared/protocol/session-frames.ts';
import { PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { Cluster, resultOf } from './fixtures/cluster.ts';
import type { Ended, RunningProcess } from './fixtures/processes.ts';
import { until, within } from './fixtures/until.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-bad-input-'));

let cluster: Cluster;
let host: RunningProcess;
beforeAll(async () => {
  cluster = await Cluster.start();
  host = await cluster.addHost({ name: 'host', cpus: 2 });
});
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes a job module and gives its path. */
function write(name: string, lines: readonly string[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

describe('a job', () => {
  /** Runs a job that must fail: what the submitter reads. */
  async function failure(name: string, lines: readonly string[]): Promise<Ended> {
    const ended = await cluster.run(write(name, lines));
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 1, stdout: '' });
    return ended;
  }

  it('that does not parse', async () => {
    const { stderr } = await failure('syntax.ts', ['export default function main() {', '  return 1 +;', '}']);
    expect(stderr).toContain('the job does not bundle');
    expect(stderr).toContain('syntax.ts:2:13');
  });

  it('that imports what is not there', async () => {
    const { stderr } = await failure('import.ts', ["import { x } from './nowhere.ts';", 'export default () => x;']);
    expect(stderr).toMatch(/import\.ts:1:19: .*nowhere\.ts/);
  });

  it('without main', async () => {
    const { stderr } = await failure('no-main.ts', ['export const x = 1;']);
    expect(stderr).toContain('has no main: add "export default async function main(args)');
  });

  it('that throws when it is imported', async () => {
    const { stderr } = await failure('throws.ts', ["throw new RangeError('at the top');", 'export default () => 1;']);
    expect(stderr).toContain('RangeError: at the top');
    expect(stderr).toContain('throws.ts:1:7');
  });

  it('that throws when a node imports it', async () => {
    const { stderr } = await failure('throws-there.ts', [
      "import { get, remote } from 'daylight';",
      "import { isMainThread } from 'node:worker_threads';",
      "if (!isMainThread) throw new RangeError('only there');",
      'export const f = remote(() => 1);',
      'export default () => get(f.remote());',
    ]);
    // `node:*` may be imported only where it is used: said before anything runs.
    expect(stderr).toMatch(/throws-there\.ts:2:\d+/);
    expect(stderr).toContain('await import(');
  });

  it('that returns a function', async () => {
    const { stderr } = await failure('returns-function.ts', [
      "import { get, remote } from 'daylight';",
      'export const f = remote(() => () => 1);',
      'export default () => get(f.remote());',
    ]);
    expect(stderr).toContain('SerializationError');
    expect(stderr).toMatch(/function/);
  });

  it('whose main returns a function', async () => {
    const { stderr } = await failure('main-returns-function.ts', ['export default () => ({ answer: () => 42 });']);
    expect(stderr).toMatch(/answer/);
  });

  it('with a misspelt option', async () => {
    const { stderr } = await failure('option.ts', [
      "import { get, remote } from 'daylight';",
      'const f = remote(() => 1);',
      'export default () => get(f.options({ numCpu: 2 }).remote());',
    ]);
    expect(stderr).toContain('"numCpu"');
    expect(stderr).toContain('numCpus');
    expect(stderr).toContain('option.ts:3:28');
  });

  it('that calls the cluster at its top level', async () => {
    const { stderr } = await failure('top-level.ts', [
      "import { get, remote } from 'daylight';",
      'const f = remote(() => 1);',
      'export const early = await get(f.remote());',
      'export default () => early;',
    ]);
    expect(stderr).toContain('top level');
    expect(stderr).toContain('top-level.ts:3:');
  });

  it('that awaits a reference', async () => {
    const { stderr } = await failure('await-ref.ts', [
      "import { remote } from 'daylight';",
      'const f = remote(() => 1);',
      'export default async function main() {',
      '  const value = await f.remote();',
      '  return value + 1;',
      '}',
    ]);
    expect(stderr).toContain('get(');
    expect(stderr).toContain('await-ref.ts:4:');
  });

  it('that registers one name twice', async () => {
    const { stderr } = await failure('twice.ts', [
      "import { remote } from 'daylight';",
      'function make() { return remote(() => 1); }',
      'export default () => [make(), make()].length;',
    ]);
    expect(stderr).toMatch(/twice\.ts:2:\d+/);
  });

  it('that never ends is cancelled, and others go on meanwhile', async () => {
    const never = cluster.startJob(
      write('never.ts', [
        "import { get, remote } from 'daylight';",
        'export const loop = remote(() => { for (;;); });',
        "export default () => { console.log('started'); return get(loop.remote()); };",
      ]),
    );
    await never.says(/started/);
    await until('the loop runs', async () => (await cluster.nodeIs('host', 'connected')).runningTasks > 0);
    expect(await cluster.result('examples/hello/job.ts', { args: { n: 3 } })).toEqual({ squares: [0, 1, 4], total: 5 });
    never.signal('SIGINT');
    expect((await never.end(10_000)).code).toBe(130);
    await until('its task is gone', async () => (await cluster.nodeIs('host', 'connected')).runningTasks === 0);
  });

  it('S4 that asks for what nobody has waits, is shown, and runs when a node that fits joins', async () => {
    const job = cluster.startJob(
      write('infeasible.ts', [
        "import { get, remote } from 'daylight';",
        'export const f = remote((x: number) => 2 * x);',
        'export default () => get(f.options({ resources: { telescope: 1 } }).remote(21));',
      ]),
    );
    const shown = await until('the demand is shown', async () => {
      const { infeasible } = await cluster.api<{ infeasible: object[] }>('cluster');
      return infeasible[0];
    });
    expect(shown).toEqual({
      demand: expect.stringContaining('telescope'),
      tasks: 1,
      reason: expect.stringContaining('no node has'),
    });
    const [task] = await cluster.tasks('&state=queued');
    expect(await cluster.api(`why/${task?.id}`)).toMatchObject({ state: 'infeasible' });
    await cluster.addHost({ name: 'observatory', resources: ['telescope=1'] });
    expect(resultOf(await job.end())).toBe(42);
  });
});

describe('a connection', () => {
  const hello: SessionFrameOf<'hello'> = {
    ...{
      type: 'hello',
      version: PROTOCOL_VERSION,
      role: 'host',
      nodeId: 'ab'.repeat(16),
      nodeName: 'stranger',
      token: '',
    },
    ...{
      session: 0,
      epoch: 0,
      serverEpoch: 0,
      receivedCommands: 0,
      cpuMilli: 1000,
      resources: [],
      jobName: '',
      platform: 'test',
    },
  };

  function encode(frame: SessionFrame): Uint8Array {
    const writer = new ByteWriter();
    sessionFrames.write(writer, frame);
    return writer.finish();
  }

  /** Connects, sends, and gives the first frame that comes back, or why the connection ended. */
  async function answerTo(...sent: readonly (Uint8Array | string)[]): Promise<SessionFrame | string> {
    const socket: Socket = io(cluster.address.url, { transports: ['websocket'], reconnection: false, forceNew: true });
    try {
      const answer = new Promise<SessionFrame | string>((resolve) => {
        socket.on('f', (data: Uint8Array) => resolve(sessionFrames.read(new ByteReader(new Uint8Array(data)))));
        socket.on('disconnect', (reason) => resolve(reason));
        socket.on('connect_error', (error) => resolve(error.message));
      });
      for (const data of sent) socket.emit('f', data);
      return await within('the server answers', answer, 10_000);
    } finally {
      socket.disconnect();
    }
  }

  it.each([
    ['another protocol version', 'version', { version: 99 }, /speaks protocol version .* the node speaks 99/],
    ['a wrong token', 'token', { token: 'wrong' }, /token is wrong or missing/],
  ])('with %s is refused with a reason, and counted', async (_, code, wrong, message) => {
    const before = await cluster.metric('daylight_refused_total');
    const answer = await answerTo(encode({ ...hello, ...wrong }));
    expect(answer).toMatchObject({ type: 'refused', code, message: expect.stringMatching(message) });
    expect(await cluster.metric('daylight_refused_total')).toBe(before + 1);
  });

  it.each([
    ['random bytes', Uint8Array.from({ length: 64 }, (_, i) => (i * 37) % 256)],
    ['no bytes', new Uint8Array(0)],
    ['text', 'hello?'],
    ['half a frame', encode(hello).subarray(0, 20)],
  ])('that sends %s is refused, and counted', async (_, data) => {
    const before = await cluster.metric('daylight_refused_total');
    const answer = await answerTo(data, data, data);
    if (typeof answer === 'string') expect(answer).toMatch(/disconnect/);
    else expect(answer).toMatchObject({ type: 'refused', code: 'protocol' });
    expect(await cluster.metric('daylight_refused_total')).toBeGreaterThan(before);
  });

  it('that sends more than a frame may hold is closed', async () => {
    expect(await answerTo(new Uint8Array(MAX_FRAME_BYTES + 2 ** 20))).toMatch(/transport|disconnect/);
  });

  it('to the API without the token is answered 401', async () => {
    const { url, joinToken } = cluster.address;
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: `Bearer ${joinToken}` }]) {
      for (const what of ['jobs', 'nodes', 'tasks', 'actors', 'objects', 'cluster']) {
        expect((await fetch(`${url}/api/v1/${what}`, { headers })).status).toBe(401);
      }
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it.each([
    ['run', () => ['run', 'examples/hello/job.ts', '--address', cluster.address.url, '--token', 'wrong']],
    ['join', () => ['join', cluster.address.url, '--token', 'wrong']],
    ['status', () => ['status', '--address', cluster.address.url, '--token', 'wrong']],
  ])('of `daylight %s` with a wrong token says what to do', async (_, args) => {
    const { code, stderr, stdout } = await cluster.processes.daylight(args()).end(20_000);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('token');
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('a server that cannot start', () => {
  async function sentence(...args: readonly string[]): Promise<string> {
    const { code, stderr, stdout } = await cluster.processes.daylight(['up', ...args]).end(20_000);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.trim().split('\n').length).toBe(1);
    return stderr;
  }

  it('because its port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await sentence('--port', String(port), '--data', path.join(folder, 'port'))).toContain(
      `Port ${port} is in use`,
    );
    await new Promise((resolve) => other.close(resolve));
  });

  it('because another one uses its data', async () => {
    expect(await sentence('--port', '0', '--data', cluster.dataDirectory)).toMatch(
      new RegExp(`process ${cluster.server.pid}`),
    );
  });

  it('because its data are of a newer version', async () => {
    const data = path.join(folder, 'newer');
    const first = cluster.processes.daylight(['up', '--port', '0', '--data', data, '--json']);
    await first.says(/^\{/m);
    first.signal('SIGTERM');
    await first.end();
    const database = new DatabaseSync(path.join(data, 'daylight.sqlite'));
    database.exec('PRAGMA user_version = 9999');
    database.close();
    expect(await sentence('--port', '0', '--data', data)).toMatch(/newer/);
  });

  it('because its data directory is a file', async () => {
    expect(await sentence('--port', '0', '--data', write('a-file', ['']))).toContain('cannot be written');
  });
});

// The last test of the file: whatever came in, the same processes still serve.
describe('after all of this', () => {
  it('T3 the same server and node still serve', async () => {
    expect(await cluster.result('examples/hello/job.ts', { args: { n: 4 } })).toEqual({
      squares: [0, 1, 4, 9],
      total: 14,
    });
    expect([cluster.server.isRunning, host.isRunning]).toEqual([true, true]);
    expect(await cluster.nodeIs('host', 'connected')).toMatchObject({ epoch: 1 });
  });
});
