import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import { RawNode } from '../gateway/testing/raw-node.ts';
import { type RunningServer, type ServerConfig, startServer } from '../main.ts';
import { Measurements } from '../metrics/measurements.ts';
import { liveSource } from './live-snapshots.ts';
import { askForSocket, rawRequest, type RawRequest, type RawResponse } from './testing/raw-request.ts';
import { WORKER_SOURCE, writeWebBuild } from './testing/web-build.ts';

const OPERATOR = 'operate';
let directory: string;
let server: RunningServer;

async function start(options: Partial<ServerConfig> = {}): Promise<void> {
  server = await startServer({
    port: 0,
    dataDirectory: directory,
    operatorToken: OPERATOR,
    joinToken: 'join key',
    webFolder: join(directory, 'web'),
    ...options,
  });
}

/** A request to one of the server's names, with its port. */
function ask(path: string, name: string = '127.0.0.1', options: RawRequest = {}): Promise<RawResponse> {
  const host = name.startsWith('=') ? name.slice(1) : `${name}:${server.port}`;
  return rawRequest(server.localUrl, path, { ...options, headers: { ...options.headers, host } });
}

/** The directives of a content policy. */
function policyOf({ headers }: RawResponse): Record<string, string> {
  const directives = String(headers['content-security-policy']).split('; ');
  return Object.fromEntries(
    directives.map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1).join(' ')]),
  );
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daylight-donate-'));
  writeWebBuild(join(directory, 'web'));
  await start();
});

afterEach(async () => {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('the donate page', () => {
  it('T1 is served to anybody, never from a cache, and confined to this server and its sandbox', async () => {
    const page = await ask('/donate');
    expect(page.status).toBe(200);
    expect(page.body.toString()).toContain('<title>Lend</title>');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(page.headers['permissions-policy']).toMatch(/camera=\(\).*microphone=\(\).*usb=\(\)/);
    const host = `127.0.0.1:${server.port}`;
    expect(policyOf(page)).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'worker-src': "'self'",
      'style-src': "'self'",
      'connect-src': `'self' ws://${host} wss://${host}`,
      'img-src': "'self' data:",
      'frame-src': `http://*.localhost:${server.port}/sandbox`,
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    });
  });

  it('has one address', async () => {
    const { status, headers } = await ask('/donate/');
    expect([status, headers.location]).toEqual([308, '/donate']);
  });

  it('T1 leads from a numeric IPv6 address, which no policy can name, to a name', async () => {
    const own = await ask('/donate', '[::1]');
    expect([own.status, own.headers.location]).toEqual([307, `http://localhost:${server.port}/donate`]);
    const other = await ask('/donate', '[fd00::1]');
    expect([other.status, other.body.toString()]).toEqual([400, expect.stringContaining('name of the server')]);
  });

  it('says what to do where it was not built, and is there once it is', async () => {
    await server.stop();
    await start({ webFolder: join(directory, 'later') });
    for (const path of ['/donate', '/assets/page-a1.js', '/sandbox']) {
      const { status, body, headers } = await ask(path);
      expect([status, headers['cache-control']]).toEqual([503, 'no-store']);
      expect(body.toString()).toContain('npm run build:web');
    }
    writeWebBuild(join(directory, 'later'));
    expect((await ask('/donate')).status).toBe(200);
  });

  it('is given out by the new build after a build', async () => {
    await ask('/sandbox');
    writeWebBuild(join(directory, 'web'), 'parent.postMessage(2,"*")');
    expect((await ask('/sandbox')).body.toString()).toContain('parent.postMessage(2,"*")');
  });
});

describe('the scripts of the page', () => {
  it('T1 never change under their name, and come with the policy that their workers obey', async () => {
    const script = await ask('/assets/page-a1.js');
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
    expect(policyOf(script)).toMatchObject({ 'default-src': "'none'", 'script-src': "'self'" });
    expect((await ask('/assets/page-a1.css')).headers['content-type']).toBe('text/css; charset=utf-8');
  });

  it('are compressed for whoever can read that', async () => {
    const plain = await ask('/assets/page-a1.js');
    const small = await ask('/assets/page-a1.js', '127.0.0.1', { headers: { 'accept-encoding': 'br, gzip' } });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(small.headers).toMatchObject({
      'content-encoding': 'gzip',
      vary: expect.stringContaining('Accept-Encoding'),
    });
    expect(small.body.length).toBeLessThan(plain.body.length / 10);
    expect(gunzipSync(small.body)).toEqual(plain.body);
    const sandbox = await ask('/sandbox', 's1.localhost', { headers: { 'accept-encoding': 'gzip' } });
    expect(sandbox.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(sandbox.body).toString()).toMatch(/^<!doctype html>.*<\/html>$/);
  });

  it('T3 leave no way out of their folder', async () => {
    const paths = [
      '/assets/',
      '/assets/none.js',
      '/assets/../secret.txt',
      '/assets/../../tokens.json',
      '/assets/..%2fsecret.txt',
      '/assets/%2e%2e/secret.txt',
      '/assets/..%5csecret.txt',
      '/assets/....//secret.txt',
      '/assets/%00',
      '/assets//page-a1.js',
      '/assets/sub/page-a1.js',
      '/assets/__proto__',
      '/assets/constructor',
      '/secret.txt',
      '/build.json',
      '/sandbox/frame.js',
      '/donate/index.html',
    ];
    for (const path of paths) {
      const { status, body } = await ask(path);
      expect([path, status]).toEqual([path, 404]);
      expect(body.toString()).not.toContain('not for anybody');
    }
  });
});

describe('what a page must know', () => {
  it('is said without a key', async () => {
    const { status, headers, body } = await ask('/donate/info', 'localhost');
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(JSON.parse(body.toString())).toEqual({
      isPublic: false,
      protocolVersion: PROTOCOL_VERSION,
      sandboxUrl: `http://*.localhost:${server.port}/sandbox`,
    });
    await server.stop();
    await start({ isPublic: true, publicUrl: 'https://day.example.org', sandboxHost: '*.box.example.org' });
    const open: unknown = JSON.parse((await ask('/donate/info', '=day.example.org')).body.toString());
    expect(open).toMatchObject({ isPublic: true, sandboxUrl: 'https://*.box.example.org/sandbox' });
  });
});

describe('the sandbox document', () => {
  it('T1 holds its script and its worker, and may load nothing', async () => {
    const [first, second] = await Promise.all([ask('/sandbox', 's1.localhost'), ask('/sandbox', 's2.localhost')]);
    const html = first?.body.toString() ?? '';
    const nonce = /<script nonce="([^"]+)">parent\.postMessage\(1,"\*"\)<\/script>/.exec(html)?.[1] ?? '';
    expect(nonce.length).toBeGreaterThanOrEqual(24);
    expect(second?.body.toString()).not.toContain(nonce);
    const worker = /<script type="text\/plain" id="worker">([A-Za-z0-9+/=]+)<\/script>/.exec(html)?.[1] ?? '';
    expect(Buffer.from(worker, 'base64').toString('utf8')).toBe(WORKER_SOURCE);
    expect(first?.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'origin-agent-cluster': '?1',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(first?.headers['permissions-policy']).toMatch(/geolocation=\(\)/);
    expect(first && policyOf(first)).toEqual({
      sandbox: 'allow-scripts',
      'default-src': "'none'",
      'script-src': `'nonce-${nonce}' blob: data: 'wasm-unsafe-eval' 'unsafe-eval'`,
      'worker-src': 'data:',
      'connect-src': "'none'",
      'form-action': "'none'",
      'base-uri': "'none'",
      'frame-ancestors': `http://127.0.0.1:${server.port} http://localhost:${server.port}`,
    });
  });

  it('T1 cannot be made of a script that would end itself', async () => {
    writeWebBuild(join(directory, 'web'), 'const a = "</Script>"');
    expect((await ask('/sandbox', 's1.localhost')).status).toBe(500);
  });

  it('T1 is all there is on its names: no page, no API, no script, no cookie, no session', async () => {
    const paths = ['/', '/donate', '/donate/info', '/assets/page-a1.js', '/healthz', '/metrics', '/api/v1/cluster'];
    const token = `?token=${OPERATOR}`;
    for (const path of [...paths, `/${token}`, '/style.css', '/sandbox/', '/donate-qr.svg', '/SANDBOX']) {
      const headers = { authorization: `Bearer ${OPERATOR}` };
      const answer = await ask(path, 's1.localhost', { headers });
      expect([path, answer.status, answer.headers['set-cookie']]).toEqual([path, 404, undefined]);
    }
    expect((await ask('/donate/leave', 's1.localhost', { method: 'POST' })).status).toBe(404);
    expect((await ask(`/sandbox${token}`, 's1.localhost')).headers['set-cookie']).toBeUndefined();
    const configured = { publicUrl: 'https://day.example.org', sandboxHost: 'box.example.org' };
    await server.stop();
    await start(configured);
    expect((await ask('/donate', '=box.example.org')).status).toBe(404);
    expect((await ask('/donate', '=day.example.org')).status).toBe(200);
    expect(policyOf(await ask('/sandbox', '=box.example.org'))['frame-ancestors']).toBe('https://day.example.org');
  });
});

describe('a Host that is no name', () => {
  it('X6 is refused everywhere', async () => {
    const hosts = [
      "evil.example; script-src 'unsafe-inline'",
      'evil.example, *',
      's1.localhost.',
      'a@evil.example',
      '<script>',
      '*',
    ];
    for (const host of hosts) {
      for (const path of ['/', '/donate', '/donate/info', '/sandbox', '/assets/page-a1.js', '/api/v1/cluster']) {
        const { status, headers, body } = await ask(path, `=${host}`);
        expect([path, status]).toEqual([path, 400]);
        expect(JSON.stringify(headers) + body.toString()).not.toContain(host);
      }
    }
  });
});

describe('a tab that closes', () => {
  const notice = { session: 1, epoch: 1, nodeId: 'a1' };
  const leave = (body: string, headers: Record<string, string> = {}): Promise<RawResponse> =>
    ask('/donate/leave', '127.0.0.1', { method: 'POST', body, headers: { 'content-type': 'text/plain', ...headers } });

  async function joined(): Promise<{ node: RawNode; named: typeof notice }> {
    const node = new RawNode(server.url);
    const { session, epoch } = await node.join('join key', { role: 'tab', nodeId: 'a1' });
    return { node, named: { session, epoch, nodeId: 'a1' } };
  }

  const stateOf = (session: number): string | undefined => server.plane.gcs.state.sessions.get(session)?.state;

  it('M1 is gone at once when it says so itself', async () => {
    const { node, named } = await joined();
    const { status, body } = await leave(JSON.stringify(named));
    expect([status, body.length]).toEqual([204, 0]);
    expect(stateOf(named.session)).not.toBe('connected');
    node.close();
  });

  it('M1 is not believed when another speaks for it', async () => {
    const { node, named } = await joined();
    for (const wrong of [{ nodeId: 'b2' }, { epoch: named.epoch + 1 }, { session: named.session + 1 }])
      expect((await leave(JSON.stringify({ ...named, ...wrong }))).status).toBe(204);
    expect((await leave(JSON.stringify(named), { origin: 'http://evil.example' })).status).toBe(204);
    expect(stateOf(named.session)).toBe('connected');
    node.close();
  });

  it('M1 T2 is not believed when somebody speaks for it who may only look: nothing that is shown names it', async () => {
    const nodeId = '5eed'.repeat(8);
    const node = new RawNode(server.url);
    const { session, epoch } = await node.join('join key', { role: 'tab', nodeId });
    const bearer = { authorization: `Bearer ${server.viewerToken}` };
    const shown: string[] = [];
    for (const path of ['nodes', `nodes/${session}`, 'events', 'cluster']) {
      const { status, body } = await ask(`/api/v1/${path}`, '127.0.0.1', { headers: bearer });
      expect([path, status]).toEqual([path, 200]);
      shown.push(body.toString());
    }
    const { plane } = server;
    const parts = { plane, measurements: new Measurements(), jobs: () => server.jobs, isPublic: false, version: '1' };
    const live = JSON.stringify(liveSource(parts).shared());
    node.send({ type: 'request', id: 1, method: 'cluster', body: new Uint8Array(0) });
    const { body: told } = await node.frame('response');
    shown.push(live, Buffer.from(told).toString());
    expect(shown.filter((text) => text.includes(nodeId))).toEqual([]);
    for (const id of new Set(shown.join('\n').match(/[0-9a-f]{16,}/g)))
      await leave(JSON.stringify({ session, epoch, nodeId: id }));
    expect(stateOf(session)).toBe('connected');
    await leave(JSON.stringify({ session, epoch, nodeId }));
    expect(stateOf(session)).toBe('dead');
    node.close();
  });

  it('M4 is known again by what is shown of it', async () => {
    const rowOfNext = async (nodeId: string) => {
      const node = new RawNode(server.url);
      const { session } = await node.join('join key', { role: 'tab', nodeId });
      node.close();
      const headers = { authorization: `Bearer ${OPERATOR}` };
      const { body } = await ask(`/api/v1/nodes/${session}`, '127.0.0.1', { headers });
      return Object(JSON.parse(body.toString())).nodeId as unknown;
    };
    const [first, again, other] = [await rowOfNext('a1'), await rowOfNext('a1'), await rowOfNext('b2')];
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    const headers = { authorization: `Bearer ${OPERATOR}` };
    const { body } = await ask(`/api/v1/nodes?nodeId=${String(first)}`, '127.0.0.1', { headers });
    expect(Object(JSON.parse(body.toString())).items).toHaveLength(2);
  });

  it('T3 gets the same answer whatever it says', async () => {
    const bodies = [
      '',
      'null',
      '[]',
      '{',
      '{"session":1}',
      '{"session":"1","epoch":1,"nodeId":"a1"}',
      '{"session":-1,"epoch":1,"nodeId":"a1"}',
      '{"session":1,"epoch":1,"nodeId":{}}',
      `{"session":1,"epoch":1,"nodeId":"${'a'.repeat(2000)}"}`,
      `${' '.repeat(3000)}{}`,
    ];
    for (const body of bodies) {
      expect((await leave(body)).status).toBe(204);
      expect((await leave(body, { 'content-encoding': 'gzip' })).status).toBe(204);
      expect((await leave(body, { 'content-type': 'application/json; charset=none' })).status).toBe(204);
    }
  });

  it('B1 is passed over when its address says so too often', async () => {
    for (let index = 0; index < 120; index++) await leave('');
    const { node, named } = await joined();
    expect((await leave(JSON.stringify(named))).status).toBe(204);
    expect(stateOf(named.session)).toBe('connected');
    node.close();
  });
});

describe('a WebSocket', () => {
  const outcome = async (headers: Record<string, string>): Promise<string> =>
    (await askForSocket(server.url, headers)) === 101 ? 'open' : 'refused';

  it('X6 is for programs and for pages of this server', async () => {
    const { port } = server;
    expect(await outcome({})).toBe('open');
    expect(await outcome({ Origin: server.url })).toBe('open');
    expect(await outcome({ Origin: `http://localhost:${port}` })).toBe('open');
    expect(await outcome({ Origin: 'http://evil.example' })).toBe('refused');
    expect(await outcome({ Origin: 'null' })).toBe('refused');
    expect(await outcome({ Origin: `http://s1.localhost:${port}` })).toBe('refused');
    expect(await outcome({ Host: `s1.localhost:${port}` })).toBe('refused');
    expect(server.gateway.counters.refused.get('origin')).toBe(4);
  });
});

describe('for the operator', () => {
  const bearer = { authorization: `Bearer ${OPERATOR}` };

  it('there is a link with the key, and the same as a QR code', async () => {
    expect(server.donateUrl).toBe(`http://127.0.0.1:${server.port}/donate#key=join%20key`);
    const code = await ask('/donate-qr.svg', '127.0.0.1', { headers: bearer });
    expect(code.headers).toMatchObject({ 'content-type': expect.stringContaining('svg'), 'cache-control': 'no-store' });
    expect(code.body.toString()).toMatch(/^<svg [^]*<\/svg>$/);
    expect(code.body.toString()).not.toMatch(/style=|<style|<script/);
    expect((await ask('/donate-qr.svg')).status).toBe(401);
    const viewer = { authorization: `Bearer ${server.viewerToken}` };
    expect((await ask('/donate-qr.svg', '127.0.0.1', { headers: viewer })).status).toBe(403);
  });

  it('the link is for the address that browsers use', async () => {
    const linkAt = async (host: string, headers = {}): Promise<unknown> => {
      const { body } = await ask('/api/v1/me', host, { headers: { ...bearer, ...headers } });
      return JSON.parse(body.toString()).joinUrl;
    };
    expect(await linkAt('10.0.0.5')).toBe(`http://10.0.0.5:${server.port}/donate#key=join%20key`);
    expect(await linkAt('=day.example.org', { 'x-forwarded-proto': 'https' })).toBe(
      'https://day.example.org/donate#key=join%20key',
    );
    await server.stop();
    await start({ isPublic: true, publicUrl: 'https://day.example.org' });
    expect(await linkAt('127.0.0.1')).toBe('https://day.example.org/donate#key=join%20key');
    expect([server.url, server.localUrl]).toEqual(['https://day.example.org', `http://127.0.0.1:${server.port}`]);
    expect(server.viewerUrl).toBe(`https://day.example.org/?token=${server.viewerToken}`);
  });
});
