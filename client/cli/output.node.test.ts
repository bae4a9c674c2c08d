import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/daylight.ts');
/** More than the pipes between two processes hold. */
const NAME_CHARS = 2_000_000;

let server: Server;
let address = '';

beforeAll(async () => {
  // Stands for a server with one job, whose name is long.
  server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ items: [{ id: '1', kind: 'submitted', name: 'x'.repeat(NAME_CHARS) }], next: null }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

function listJobs() {
  const args = ['--conditions=daylight-source', PROGRAM, 'list', 'jobs', '--json', '--address', address];
  return spawn(process.execPath, [...args, '--token', 't'], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('output to a pipe', () => {
  it('is whole, however late it is read', async () => {
    const child = listJobs();
    const closed = once(child, 'close');
    // Nobody reads before the pipe is full: what a process writes then waits for its reader.
    await once(child.stdout, 'readable');
    let written = 0;
    child.stdout.on('data', (chunk: Buffer) => (written += chunk.length)).resume();
    await closed;
    expect({ code: child.exitCode, isWhole: written > NAME_CHARS }).toEqual({ code: 0, isWhole: true });
  });

  it('ends quietly when its reader has seen enough', async () => {
    const child = listJobs();
    await once(child.stdout, 'readable');
    child.stdout.destroy();
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(child, 'close');
    expect({ code: child.exitCode, said }).toEqual({ code: 0, said: '' });
  });
});
