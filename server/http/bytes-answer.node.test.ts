import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BytesAnswer, sendBytes } from './bytes-answer.ts';
import { ApiWorld, VIEWER } from './testing/api-world.ts';

const MB = 1024 * 1024;

/** An answer of which nothing is read yet. */
async function answerTo(url: string, method = 'GET'): Promise<IncomingMessage> {
  const request = get(url, { method, agent: false, headers: { authorization: `Bearer ${VIEWER}` } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

function bytesOf(sizeBytes: number, seed: number): Buffer {
  return Buffer.alloc(sizeBytes, Buffer.from(`${seed} is what is in it `));
}

describe('what jobs made, as it is sent', () => {
  let world: ApiWorld;
  let job: string;

  beforeEach(async () => {
    world = await ApiWorld.start();
    ({ job } = await world.busyJob());
  });

  afterEach(() => world.stop());

  it('B1 is not held in memory for who does not read it', async () => {
    const archive = bytesOf(32 * MB, 1);
    const folder = join(world.directory, 'jobs', job);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'result.zip'), archive);
    const url = `${world.server.url}/api/v1/jobs/${job}/result.zip`;
    const before = process.memoryUsage().arrayBuffers;
    const idle = await Promise.all(Array.from({ length: 12 }, () => answerTo(url)));
    // Time for all of them to get what they would get.
    const last = await answerTo(url);
    let readBytes = 0;
    for await (const part of last) readBytes += (part as Buffer).length;
    expect(readBytes).toBe(archive.length);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * MB);
    const [first] = idle;
    if (!first) throw new Error('nobody came');
    expect(first.headers['content-length']).toBe(String(archive.length));
    expect((await buffer(first)).equals(archive)).toBe(true);
    for (const response of idle) response.destroy();
  });

  it('does not keep the server from stopping when nobody reads it', async () => {
    const data = bytesOf(32 * MB, 1);
    await world.server.plane.publish(Number(job), { name: 'a.bin', mediaType: 'application/zip', data });
    const idle = await answerTo(`${world.server.url}/api/v1/jobs/${job}/artefacts/a.bin`);
    const cut = once(idle, 'error');
    await world.server.stop();
    idle.resume();
    expect(await cut).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it('is whole when another takes its place meanwhile: the one or the other', async () => {
    const [old, next] = [bytesOf(24 * MB, 1), bytesOf(25 * MB, 2)];
    const publish = (data: Buffer) =>
      world.server.plane.publish(Number(job), { name: 'a.bin', mediaType: 'application/zip', data });
    const url = `${world.server.url}/api/v1/jobs/${job}/artefacts/a.bin`;
    await publish(old);
    const begun = await answerTo(url);
    await publish(next);
    const later = await answerTo(url);
    expect([begun.headers['content-length'], later.headers['content-length']]).toEqual(
      [old, next].map(({ length }) => String(length)),
    );
    expect((await buffer(begun)).equals(old)).toBe(true);
    expect((await buffer(later)).equals(next)).toBe(true);
  });
});

describe('a file', () => {
  const parts = 64;
  const close = vi.fn<() => Promise<void>>();
  const failures: unknown[] = [];
  let fails = false;
  const answer = (): BytesAnswer => ({
    mediaType: 'application/zip',
    fileName: 'a.zip',
    file: {
      sizeBytes: parts * MB,
      stream: () =>
        Readable.from(
          (function* () {
            for (let part = 0; part < parts; part++) {
              if (fails && part === 1) throw new Error('the disk fails');
              yield Buffer.alloc(MB);
            }
          })(),
        ),
      close,
    },
  });
  const app = express();
  app.get('/', async (_request, response) => {
    await sendBytes(response, answer()).catch((error: unknown) => failures.push(error));
  });

  let url: string;
  let stop: () => void;

  beforeEach(async () => {
    close.mockReset().mockResolvedValue();
    failures.length = 0;
    fails = false;
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    stop = () => {
      server.close();
      server.closeAllConnections();
    };
  });

  afterEach(() => stop());

  it('is closed when it has been sent', async () => {
    expect((await buffer(await answerTo(url))).length).toBe(parts * MB);
    await vi.waitFor(() => expect(close).toHaveBeenCalled());
    expect(failures).toEqual([]);
  });

  it('is closed when who asked goes away, which is no failure', async () => {
    const response = await answerTo(url);
    expect(close).not.toHaveBeenCalled();
    response.destroy();
    await vi.waitFor(() => expect(close).toHaveBeenCalled());
    expect(failures).toEqual([]);
  });

  it('is closed unread when only its head is asked for', async () => {
    const response = await answerTo(url, 'HEAD');
    expect(response.headers).toMatchObject({
      'content-length': String(parts * MB),
      'content-type': 'application/zip',
      'content-disposition': 'attachment; filename=a.zip',
    });
    expect((await buffer(response)).length).toBe(0);
    await vi.waitFor(() => expect(close).toHaveBeenCalled());
  });

  it('that cannot be read to its end is not taken for whole', async () => {
    fails = true;
    await expect(answerTo(url).then(buffer)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await vi.waitFor(() => expect(close).toHaveBeenCalled());
    expect(failures).toMatchObject([{ message: 'the disk fails' }]);
  });
});
