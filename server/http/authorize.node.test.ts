import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Route, ROUTES } from '#shared/api/routes.ts';
import { ApiWorld, failureOf, JOIN, OPERATOR, VIEWER } from './testing/api-world.ts';

let world: ApiWorld;

beforeEach(async () => {
  world = await ApiWorld.start();
});

afterEach(() => world.stop());

/** The cookie that a login gives, as it is sent back. */
async function cookieFor(token: string): Promise<string> {
  const response = await fetch(`${world.server.url}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: world.server.url },
    body: JSON.stringify({ token }),
  });
  expect(response.status).toBe(200);
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}

describe('who may do what', () => {
  /** Statuses of all routes, with made-up parameters. */
  async function statuses(headers: Record<string, string>): Promise<Record<string, number>> {
    const entries = await Promise.all(
      Object.entries<Route>(ROUTES).map(async ([name, { method, path, body }]): Promise<[string, number]> => {
        const filled = path.replaceAll('{id}', '77').replaceAll('{name}', 'x');
        const response = await fetch(`${world.server.url}/api/v1${filled}`, {
          method,
          headers: { ...headers, 'content-type': 'application/json' },
          ...(body ? { body: '{}' } : {}),
        });
        return [name, response.status];
      }),
    );
    return Object.fromEntries(entries);
  }
  const of = (role: Route['role']): string[] =>
    Object.entries<Route>(ROUTES).flatMap(([name, route]) => (route.role === role ? [name] : []));

  it('T2 a stranger may do what is open to anybody, and nothing else', async () => {
    for (const headers of [
      {},
      { authorization: `Bearer ${JOIN}` },
      { cookie: 'daylight_session=operator.9999999999.x' },
    ]) {
      const found = await statuses(headers);
      for (const name of [...of('viewer'), ...of('operator')]) expect([name, found[name]]).toEqual([name, 401]);
      expect([found['getOpenApi'], found['logout']]).toEqual([200, 200]);
    }
  });

  it('T2 a viewer may look and change nothing', async () => {
    const found = await statuses({ authorization: `Bearer ${VIEWER}` });
    for (const name of of('operator')) expect([name, found[name]]).toEqual([name, 403]);
    for (const name of of('viewer'))
      expect([name, [200, 400, 404]]).toEqual([name, expect.arrayContaining([found[name]])]);
    expect(await world.client({ authorization: `Bearer ${VIEWER}` }).call('me')).toEqual({
      role: 'viewer',
      joinUrl: null,
    });
    expect(
      await failureOf(world.client({ authorization: `Bearer ${VIEWER}` }).call('stopJob', { params: { id: '1' } })),
    ).toMatchObject({ code: 'viewer', message: expect.stringContaining('operator token') });
  });

  it('T2 the viewer token lets no node in', async () => {
    const node = world.node();
    node.hello(VIEWER);
    expect(await node.frame('refused')).toMatchObject({ code: 'token' });
  });
});

describe('a login', () => {
  it('T2 gives a cookie that no script reads and no other site sends, and that is no token', async () => {
    const response = await fetch(`${world.server.url}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: OPERATOR }),
    });
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      /^daylight_session=operator\.\d+\.[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
    );
    expect(cookie).not.toContain(`=${OPERATOR};`);
    expect(await response.json()).toEqual({ role: 'operator', joinUrl: world.server.donateUrl });
    const [value = ''] = /[\w-]{43}/.exec(cookie) ?? [];
    expect(await failureOf(world.client({ authorization: `Bearer ${value}` }).call('me'))).toMatchObject({
      status: 401,
    });
  });

  it('T2 with the viewer token is a viewer’s, whatever the cookie says of itself', async () => {
    const cookie = await cookieFor(VIEWER);
    expect(await world.client({ cookie }).call('me')).toEqual({ role: 'viewer', joinUrl: null });
    const forged = cookie.replace('=viewer.', '=operator.');
    expect(await failureOf(world.client({ cookie: forged }).call('me'))).toMatchObject({ status: 401 });
    const later = cookie.replace(/\.\d+\./, '.99999999999.');
    expect(await failureOf(world.client({ cookie: later }).call('me'))).toMatchObject({ status: 401 });
    const over = cookie.replace(/\.\d+\./, '.1.');
    expect(await failureOf(world.client({ cookie: over }).call('me'))).toMatchObject({ status: 401 });
  });

  it('T2 ends with a logout, and a wrong token beside a good cookie is wrong', async () => {
    const cookie = await cookieFor(OPERATOR);
    const response = await fetch(`${world.server.url}/api/v1/logout`, {
      method: 'POST',
      headers: { cookie, origin: world.server.url, 'x-daylight': '1' },
    });
    expect(response.headers.get('set-cookie')).toMatch(/^daylight_session=; Path=\/; Max-Age=0; HttpOnly/);
    expect(await failureOf(world.client({ cookie, authorization: 'Bearer guess' }).call('me'))).toMatchObject({
      status: 401,
    });
  });

  it('T2 B1 wrong tokens are told to wait, by whichever door; the right one opens each of them all the same', async () => {
    const cookie = await cookieFor(OPERATOR);
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const show = async (token: string, door: number, address: string): Promise<number> => {
      const { url } = world.server;
      const headers = from(address);
      if (door === 0)
        return (await fetch(`${url}/api/v1/me`, { headers: { ...headers, authorization: `Bearer ${token}` } })).status;
      if (door === 1) return (await fetch(`${url}/?token=${token}`, { headers, redirect: 'manual' })).status;
      const body = JSON.stringify({ token });
      return (
        await fetch(`${url}/api/v1/login`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body,
        })
      ).status;
    };
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (let tried = 0; tried < 60; tried++) expect(await show('guess', tried % 3, '192.0.2.1')).not.toBe(429);
    for (const door of [0, 1, 2]) expect(await show('guess', door, '192.0.2.1')).toBe(429);
    const wrong = await failureOf(world.client({ ...from('192.0.2.1'), authorization: 'Bearer guess' }).call('me'));
    expect(wrong).toMatchObject({
      status: 429,
      code: 'too-many-attempts',
      message: expect.stringContaining('wait a minute'),
    });
    // Or whoever shares an address with its owner could lock them out.
    for (const token of [OPERATOR, VIEWER])
      expect([
        await show(token, 0, '192.0.2.1'),
        await show(token, 1, '192.0.2.1'),
        await show(token, 2, '192.0.2.1'),
      ]).toEqual([200, 303, 200]);
    expect(await world.client({ ...from('192.0.2.1'), cookie }).call('me')).toMatchObject({ role: 'operator' });
    expect(await show('guess', 0, '192.0.2.2')).toBe(401);
  });
});

describe('what another site’s page makes a browser ask', () => {
  it('X6 changes nothing, also where the browser sends the cookie along', async () => {
    const { job } = await world.busyJob();
    const cookie = await cookieFor(OPERATOR);
    const { url } = world.server;
    const stop = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${url}/api/v1/jobs/${job}/stop`, { method: 'POST', headers })).status;
    for (const origin of ['http://127.0.0.1:1', 'http://evil.example', 'null'])
      for (const credentials of [{ cookie }, { authorization: `Bearer ${OPERATOR}` }])
        expect(await stop({ ...credentials, origin, 'x-daylight': '1' })).toBe(403);
    expect(await stop({ cookie, origin: url })).toBe(403);
    expect(await stop({ cookie, 'x-daylight': '1' })).toBe(403);
    expect(await stop({ cookie, origin: url, 'x-daylight': 'yes' })).toBe(403);
    expect(world.server.plane.gcs.state.jobs.get(Number(job))?.status).toBe('running');
    expect(await stop({ cookie, origin: url, 'x-daylight': '1' })).toBe(200);
    expect(world.server.plane.gcs.state.jobs.get(Number(job))?.status).toBe('stopped');
  });

  it('X6 nor does it log anybody in', async () => {
    const login = async (origin: string): Promise<number> =>
      (
        await fetch(`${world.server.url}/api/v1/login`, {
          method: 'POST',
          headers: { origin, 'content-type': 'application/json' },
          body: JSON.stringify({ token: VIEWER }),
        })
      ).status;
    expect(await login('http://evil.example')).toBe(403);
    expect(await login(world.server.url)).toBe(200);
  });
});
