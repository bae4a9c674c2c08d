import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Site, type SiteOptions } from './site.ts';

const PORT = 7700;

function siteWith(options: Partial<SiteOptions> = {}): Site {
  const site = new Site({ isTls: false, ...options });
  site.listensOn(PORT);
  return site;
}

function requestTo(host: string | undefined, headers: Record<string, string> = {}): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, host === undefined ? {} : { host }, headers);
  return request;
}

function sandboxAt(site: Site, host: string, headers?: Record<string, string>): string | undefined {
  const address = site.addressOf(requestTo(host, headers));
  return address && site.sandboxUrlFor(address);
}

const PUBLIC = { publicUrl: 'https://day.example.org' };

describe('the address of the sandbox', () => {
  it.each(['127.0.0.1:7700', 'localhost:7700', '[::1]:7700'])('T1 is any name below localhost for %s', (host) => {
    expect(sandboxAt(siteWith(), host)).toBe('http://*.localhost:7700/sandbox');
    expect(sandboxAt(siteWith({ ...PUBLIC, sandboxHost: 's.example.org' }), host)).toBe(
      'http://*.localhost:7700/sandbox',
    );
  });

  it('T1 follows the port the browser sees, as through a tunnel', () => {
    expect(sandboxAt(siteWith(), 'localhost:9000')).toBe('http://*.localhost:9000/sandbox');
  });

  it('T1 is on the page’s own host over https on this machine: no certificate covers names below localhost', () => {
    expect(sandboxAt(siteWith({ isTls: true }), 'localhost:7700')).toBe('https://localhost:7700/sandbox');
  });

  it('T1 is the operator’s own host name, else on the page’s', () => {
    const host = 'day.example.org';
    expect(sandboxAt(siteWith({ ...PUBLIC, sandboxHost: '*.box.example.org' }), host)).toBe(
      'https://*.box.example.org/sandbox',
    );
    expect(sandboxAt(siteWith({ ...PUBLIC, sandboxHost: 'box.example.org:8443' }), host)).toBe(
      'https://box.example.org:8443/sandbox',
    );
    expect(sandboxAt(siteWith(PUBLIC), host)).toBe('https://day.example.org/sandbox');
    expect(sandboxAt(siteWith(), '10.0.0.5:7700')).toBe('http://10.0.0.5:7700/sandbox');
    expect(sandboxAt(siteWith(), host, { 'x-forwarded-proto': 'https' })).toBe('https://day.example.org/sandbox');
    expect(sandboxAt(siteWith(), 'evil; *')).toBeUndefined();
  });

  it('T1 may be framed by the pages it is for, and by nobody else', () => {
    const framers = (site: Site, host: string): readonly string[] => {
      const address = site.addressOf(requestTo(host));
      return address ? site.framersOf(address) : [];
    };
    const site = siteWith({ ...PUBLIC, sandboxHost: '*.box.example.org' });
    expect(framers(site, 's1.localhost:7700')).toEqual(['http://127.0.0.1:7700', 'http://localhost:7700']);
    expect(framers(site, 'a.box.example.org')).toEqual(['https://day.example.org']);
    expect(framers(site, 'day.example.org')).toEqual(["'self'"]);
  });

  it('T1 is a name for the sandbox alone', () => {
    const site = siteWith({ publicUrl: 'https://day.example.org', sandboxHost: '*.example.org' });
    const names = ['a.example.org', 's1.localhost', 'day.example.org', 'example.org', 'localhost', 'evil.example'];
    expect(names.map((name) => site.isSandboxName(name))).toEqual([true, true, false, false, false, false]);
  });
});

describe('who may open a session', () => {
  const allowed = (host: string | undefined, origin?: string, options: Partial<SiteOptions> = {}): boolean =>
    siteWith(options).allowsOrigin(requestTo(host, origin === undefined ? {} : { origin }));

  it('X6 programs, and pages of this server under any of its names', () => {
    expect(allowed('10.0.0.5:7700')).toBe(true);
    expect(allowed('10.0.0.5:7700', 'http://10.0.0.5:7700')).toBe(true);
    expect(allowed('day.example.org', 'https://day.example.org')).toBe(true);
    expect(allowed('day.example.org:443', 'https://day.example.org', { isTls: true })).toBe(true);
    expect(allowed('10.0.0.5:7700', 'https://day.example.org', PUBLIC)).toBe(true);
    expect(allowed('10.0.0.5:7700', 'http://localhost:7700')).toBe(true);
    expect(allowed('10.0.0.5:7700', 'http://[::1]:7700')).toBe(true);
  });

  it.each([
    ['127.0.0.1:7700', 'http://evil.example'],
    ['127.0.0.1:7700', 'http://127.0.0.1.evil.example:7700'],
    ['127.0.0.1:7700', 'http://localhost:7701'],
    ['127.0.0.1:7700', 'http://s1.localhost:7700'],
    ['s1.localhost:7700', 'http://s1.localhost:7700'],
    ['s1.localhost:7700', undefined],
    ['127.0.0.1:7700', 'null'],
    ['127.0.0.1:7700', ''],
    ['127.0.0.1:7700', 'file://'],
    ['127.0.0.1:7700', 'chrome-extension://127.0.0.1:7700'],
    ['day.example.org', 'https://day.example.org:8443'],
    ['evil.example; x', 'http://evil.example'],
    [undefined, undefined],
  ])('X6 not at %s with the origin %s', (host, origin) => {
    expect(allowed(host, origin, PUBLIC)).toBe(false);
  });
});

describe('what an operator may say', () => {
  it.each([
    { publicUrl: 'day.example.org' },
    { publicUrl: 'https://day.example.org/path' },
    { publicUrl: 'https://day.example.org/?a' },
    { publicUrl: 'https://me@day.example.org' },
    { publicUrl: 'ftp://day.example.org' },
    { publicUrl: 'https://' },
    { sandboxHost: 'box.example.org' },
    { ...PUBLIC, sandboxHost: 'day.example.org' },
    { ...PUBLIC, sandboxHost: '*' },
    { ...PUBLIC, sandboxHost: '*.*.example.org' },
    { ...PUBLIC, sandboxHost: 'https://box.example.org' },
    { ...PUBLIC, sandboxHost: '10.0.0.5' },
    { ...PUBLIC, sandboxHost: 'box' },
  ])('T1 is checked: not %j', (options) => {
    const attempt = (): Site => siteWith(options);
    expect(attempt).toThrow(/.\.$/);
    expect(attempt).toThrow(expect.objectContaining({ name: 'ServerStartError' }));
  });
});
