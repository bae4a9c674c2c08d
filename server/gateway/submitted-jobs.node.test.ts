/** Submitted jobs on a real server; the node that runs their `main` is reduced to its frames. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeError } from '#shared/errors/error-record.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import { OUTCOME } from '#shared/protocol/node-records.ts';
import { CHUNK_STATUS } from '#shared/protocol/session-frames.ts';
import { requests } from '#shared/protocol/requests.ts';
import { decodeArgs } from '#shared/serialization/value-codec.ts';
import { MAIN_FUNCTION, MAX_RESULT_BYTES } from '#shared/task/main-function.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { finish, finishStored } from '../gcs/testing/records.ts';
import { ArgumentRefused } from '../jobs/job-service-port.ts';
import { RawNode } from './testing/raw-node.ts';
import { type RunningServer, startServer } from '../main.ts';

const TOKEN = 'join-me';
const HOST = { role: 'host', nodeId: 'a1', nodeName: 'host' } as const;
const BUNDLE = { code: 'export default async function main() {}', sourceMap: '{}' };
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

async function hostJoins(): Promise<RawNode> {
  const node = connect();
  await node.join(TOKEN, HOST);
  return node;
}

function statusOf(job: number): string | undefined {
  return server.plane.gcs.state.jobs.get(job)?.status;
}

/** What is kept of it, whole. */
async function resultOf(job: number): Promise<Buffer | undefined> {
  const response = await fetch(`${server.url}/api/v1/jobs/${job}/result.zip`, {
    headers: { authorization: 'Bearer operate' },
  });
  return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
}

async function publish(node: RawNode, id: number, task: number, name: string): Promise<boolean> {
  const writer = new ByteWriter();
  requests.publish.body.write(writer, { task, name, mediaType: 'image/png', data: Uint8Array.of(id) });
  node.send({ type: 'request', id, method: 'publish', body: writer.finish() });
  const { ok } = await node.frame('response', (response) => response.id === id);
  return ok;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daylight-jobs-'));
  await start();
});

afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('a submitted job', () => {
  it('J1 is a task called main on a trusted node; what that returns is kept, and the job is over', async () => {
    const host = await hostJoins();
    const job = await server.jobs.submit({ bundle: BUNDLE, name: 'mine', args: { n: 3 }, purpose: 'to see' });
    const lease = await host.command('lease');
    expect(await host.command('function')).toMatchObject({ name: MAIN_FUNCTION });
    expect(decodeArgs(lease.args, { copy: true })).toEqual([{ n: 3 }]);
    host.records(finish(lease.task, { value: Uint8Array.of(7, 8) }));
    await vi.waitFor(() => expect(statusOf(job)).toBe('succeeded'), WAIT);
    expect(await resultOf(job)).toEqual(Buffer.from([7, 8]));
    expect(server.plane.gcs.state.jobs.get(job)).toMatchObject({ kind: 'submitted', purpose: 'to see', progress: 1 });
    expect(server.jobs.functions(job)).toMatchObject([{ fn: 'main', succeeded: 1 }]);
    await vi.waitFor(
      () => expect(server.plane.gcs.state.tasks.size + server.plane.gcs.state.objects.size).toBe(0),
      WAIT,
    );
  });

  it('O2 a large result comes from its node in pieces, from a busy one later', async () => {
    const host = await hostJoins();
    const job = await server.jobs.submit({ bundle: BUNDLE });
    const { task } = await host.command('lease');
    const archive = new Uint8Array(600_000).map((_, at) => at % 251);
    let isBusy = true;
    host.onFrame = (frame) => {
      if (frame.type !== 'fetch') return;
      const { transfer, object, offset, length } = frame;
      const busy = isBusy;
      isBusy = false;
      const data = busy ? new Uint8Array(0) : archive.subarray(offset, offset + length);
      const status = busy ? CHUNK_STATUS.busy : CHUNK_STATUS.ok;
      host.send({ type: 'chunk', transfer, object, status, offset, totalBytes: archive.length, data });
    };
    host.records(finishStored(task, { sizeBytes: archive.length }));
    await vi.waitFor(() => expect(statusOf(job)).toBe('succeeded'), WAIT);
    expect(Buffer.compare((await resultOf(job)) ?? new Uint8Array(0), archive)).toBe(0);
  });

  it('L6 fails with what its main threw', async () => {
    const host = await hostJoins();
    const job = await server.jobs.submit({ bundle: BUNDLE });
    const { task } = await host.command('lease');
    host.records(finish(task, { outcome: OUTCOME.error, value: encodeError(new RangeError('too far')) }));
    await vi.waitFor(() => expect(statusOf(job)).toBe('failed'), WAIT);
    expect(server.jobs.error(job)).toMatchObject({ name: 'RangeError', message: 'too far' });
    expect(server.jobs.hasResult(job)).toBe(false);
  });

  it('J1 J2 G2 goes on over a start of the server, and is there after another', async () => {
    const host = await hostJoins();
    const job = await server.jobs.submit({ bundle: BUNDLE, args: 5, priority: 3, trust: 'unchecked' });
    const { task, attempt } = await host.command('lease');
    const { session, epoch } = await host.frame('welcome');
    host.send({ type: 'log', task, level: 1, text: 'begins' });
    expect(await publish(host, 1, task, 'picture.png')).toBe(true);
    await vi.waitFor(() => expect(server.plane.logs.read(job, 0, 10)).toHaveLength(1), WAIT);
    await server.stop();
    await start();
    expect(server.plane.gcs.state.jobs.get(job)).toMatchObject({ kind: 'submitted', priority: 3, trust: 'unchecked' });
    const back = connect();
    back.hello(TOKEN, { ...HOST, session, epoch });
    await back.frame('welcome', ({ wantsReport }) => wantsReport);
    back.send({ type: 'report', lastRecord: 0, leases: [{ task, attempt }], actors: [], copies: [], wants: [] });
    back.records(finish(task, { value: Uint8Array.of(9) }));
    await vi.waitFor(() => expect(statusOf(job)).toBe('succeeded'), WAIT);
    await server.stop();
    await start();
    expect(statusOf(job)).toBe('succeeded');
    expect(await resultOf(job)).toEqual(Buffer.from([9]));
    expect(server.jobs.hasResult(job)).toBe(true);
    expect(server.jobs.artefacts(job)).toMatchObject([{ name: 'picture.png', sizeBytes: 1, isPicture: true }]);
    expect(await server.jobs.source(job)).toEqual({ fileName: 'job.ts', source: null, args: 5 });
    expect(server.jobs.functions(job)).toMatchObject([{ fn: 'main', succeeded: 1 }]);
    await server.plane.logs.load(job);
    expect(server.plane.logs.read(job, 0, 10)).toMatchObject([{ number: 1, text: 'begins', node: 'host' }]);
    const again = await server.jobs.rerun(job, { args: 6 });
    expect((await server.jobs.source(again))?.args).toBe(6);
    await server.jobs.remove(job);
    expect(statusOf(job)).toBeUndefined();
    expect(await resultOf(job)).toBeUndefined();
    expect(server.jobs.artefacts(job)).toEqual([]);
  });

  it('J3 that is stopped ends its main, and its session', async () => {
    const host = await hostJoins();
    const job = await server.jobs.submit({ bundle: BUNDLE });
    await host.command('lease');
    await expect(server.jobs.remove(job)).rejects.toThrow('stop it first');
    server.plane.step((gcs) => {
      const record = gcs.state.jobs.get(job);
      if (record) gcs.jobs.stop(record, 'enough');
      gcs.settle();
    });
    expect(await host.command('stopJob')).toMatchObject({ job });
    await vi.waitFor(() => {
      const driver = server.plane.gcs.state.jobs.get(job)?.session ?? 0;
      expect(server.plane.gcs.state.sessions.get(driver)?.state).toBe('dead');
    }, WAIT);
  });

  it('T4 its files come from trusted nodes, under plain names, and not without end', async () => {
    const host = await hostJoins();
    const job = await server.jobs.submit({ bundle: BUNDLE });
    const { task } = await host.command('lease');
    for (const name of ['../x', '.hidden', 'a/b', '', 'x.new'])
      expect(await publish(host, 100, task, name)).toBe(false);
    for (let number = 0; number < 64; number++)
      expect(await publish(host, 200 + number, task, `${number}.png`)).toBe(true);
    expect(await publish(host, 300, task, 'one-more.png')).toBe(false);
    expect(await publish(host, 301, task, '7.png')).toBe(true);
    expect(server.jobs.artefacts(job).find(({ name }) => name === '7.png')?.version).toBe(2);
  });

  it('T3 an argument that no task can be given is refused in words, and nothing of the job exists', async () => {
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown;
    for (const args of ['x'.repeat(600_000), deep]) {
      const refusal: unknown = await server.jobs.submit({ bundle: BUNDLE, args }).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(ArgumentRefused);
      expect(String(refusal).length).toBeLessThan(400);
    }
    const { jobs, sessions } = server.plane.gcs.state;
    expect([jobs.size, sessions.size]).toEqual([0, 0]);
    const taken = await server.jobs.submit({ bundle: BUNDLE, args: 'x'.repeat(200_000) });
    await expect(server.jobs.rerun(taken, { args: deep })).rejects.toThrow(ArgumentRefused);
    const host = await hostJoins();
    expect((await host.command('lease')).args.length).toBeGreaterThan(200_000);
  });

  it('J1 runs again with what it was given, be it null or nothing', async () => {
    const host = await hostJoins();
    const args: unknown[][] = [];
    for (const given of [{ args: null }, {}]) {
      const job = await server.jobs.submit({ bundle: BUNDLE, ...given });
      for (const id of [job, await server.jobs.rerun(job, {})]) {
        const { session } = server.plane.gcs.state.jobs.get(id)!;
        const lease = await host.command('lease', ({ task }) => task === objectKey(session, 1));
        args.push(lease.args.length === 0 ? [] : [...decodeArgs(lease.args, { copy: true })]);
      }
    }
    expect(args).toEqual([[null], [null], [], []]);
  });

  it('J2 the number of a deleted job is nobody else’s, nor is a folder that was left', async () => {
    await server.jobs.submit({ bundle: BUNDLE });
    const deleted = await server.jobs.submit({ bundle: BUNDLE });
    server.plane.step((gcs) => {
      const record = gcs.state.jobs.get(deleted);
      if (record) gcs.jobs.stop(record, 'enough');
      gcs.settle();
    });
    await server.jobs.remove(deleted);
    await server.stop();
    // Of a server that died while it deleted or made a job.
    const folder = join(directory, 'jobs', String(deleted + 1));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'job.json'), JSON.stringify({ fileName: 'secret.ts', source: 'secret', module: 'x' }));
    await start();
    expect(server.jobs.isSubmitted(deleted + 1)).toBe(false);
    expect(await server.jobs.submit({ bundle: BUNDLE })).toBe(deleted + 1);
    expect((await server.jobs.source(deleted + 1))?.source).toBe(null);
  });

  it('L6 fails when its result is too large, or is not what its node sends', async () => {
    const host = await hostJoins();
    host.onFrame = (frame) => {
      if (frame.type !== 'fetch') return;
      const { transfer, object, offset } = frame;
      const chunk = { status: CHUNK_STATUS.ok, offset, totalBytes: 7, data: Uint8Array.of(1) };
      host.send({ type: 'chunk', transfer, object, ...chunk });
    };
    for (const [sizeBytes, words] of [
      [MAX_RESULT_BYTES + 1, 'at most'],
      [5000, 'something else'],
    ] as const) {
      const job = await server.jobs.submit({ bundle: BUNDLE });
      const { session } = server.plane.gcs.state.jobs.get(job)!;
      const { task } = await host.command('lease', (lease) => lease.task === objectKey(session, 1));
      host.records(finishStored(task, { sizeBytes }));
      await vi.waitFor(() => expect(statusOf(job)).toBe('failed'), WAIT);
      expect(server.jobs.error(job)?.message).toContain(words);
    }
  });
});
