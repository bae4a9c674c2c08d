import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PAGES } from './pages.ts';
import { ApiWorld } from './testing/api-world.ts';
import { rawRequest } from './testing/raw-request.ts';
import { writeWebBuild } from './testing/web-build.ts';

let world: ApiWorld;

beforeEach(async () => {
  world = await ApiWorld.start();
});

afterEach(() => world.stop());

function build(): void {
  const folder = join(world.directory, 'web');
  mkdirSync(join(folder, 'dashboard'), { recursive: true });
  writeFileSync(join(folder, 'dashboard', 'index.html'), '<!doctype html><title>Dashboard</title>');
  writeWebBuild(folder);
}

describe('the dashboard', () => {
  it('is one page at all its addresses, for anybody, confined to this server', async () => {
    build();
    const addresses = ['/', ...PAGES.flatMap((name) => [`/${name}`, `/${name}/`, `/${name}/3.17`, `/${name}/3/more`])];
    for (const address of addresses) {
      const { status, headers, body } = await rawRequest(world.server.url, address);
      expect([address, status, body.toString()]).toEqual([address, 200, '<!doctype html><title>Dashboard</title>']);
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'permissions-policy': expect.stringMatching(/camera=\(\).*clipboard-write=\(self\).*usb=\(\)/),
      });
      const host = `127.0.0.1:${world.server.port}`;
      expect(String(headers['content-security-policy']).split('; ').toSorted()).toEqual(
        [
          "default-src 'none'",
          "script-src 'self'",
          "worker-src 'self'",
          "style-src 'self' 'unsafe-inline'",
          "font-src 'self'",
          "img-src 'self' data: blob:",
          `connect-src 'self' ws://${host} wss://${host}`,
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
        ].toSorted(),
      );
    }
    for (const address of [
      '/job',
      '/jobsx',
      '/index.html',
      '/dashboard',
      '/dashboard/index.html',
      '/api',
      '/api/v2/jobs',
    ])
      expect([address, (await rawRequest(world.server.url, address)).status]).toEqual([address, 404]);
    expect((await rawRequest(world.server.url, '/', { method: 'POST' })).status).toBe(404);
  });

  it('is shown to people at addresses that nobody knows, with status 404; programs get JSON', async () => {
    build();
    const ask = (address: string, accept: string) => rawRequest(world.server.url, address, { headers: { accept } });
    const forPeople = await ask('/jbos/3', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8');
    expect([forPeople.status, forPeople.body.toString()]).toEqual([404, '<!doctype html><title>Dashboard</title>']);
    expect(forPeople.headers['content-security-policy']).toContain("default-src 'none'");
    for (const [address, accept] of [
      ['/jbos/3', '*/*'],
      ['/jbos/3', 'application/json'],
      ['/api/v1/nothing', 'text/html'],
      ['/assets/none.js', '*/*'],
    ] as const) {
      const { status, headers } = await ask(address, accept);
      expect([address, status, headers['content-type']]).toEqual([address, 404, 'application/json; charset=utf-8']);
    }
  });

  it('says what to do where it was not built, and is there once it is', async () => {
    const before = await rawRequest(world.server.url, '/jobs/1');
    expect([before.status, before.headers['cache-control']]).toEqual([503, 'no-store']);
    expect(before.body.toString()).toContain('npm run build:web');
    expect(before.body.toString()).not.toMatch(/<script|<style| style=/);
    writeWebBuild(join(world.directory, 'web'));
    expect((await rawRequest(world.server.url, '/')).status).toBe(503);
    build();
    expect((await rawRequest(world.server.url, '/')).status).toBe(200);
  });

  it('T2 a link with a viewer’s token logs a viewer in', async () => {
    build();
    const { status, headers } = await rawRequest(
      world.server.url,
      `/jobs/7?token=${world.server.viewerToken}&tab=logs`,
    );
    expect([status, headers.location]).toEqual([303, '/jobs/7?tab=logs']);
    expect(String(headers['set-cookie'])).toMatch(/^daylight_session=viewer\./);
  });
});
