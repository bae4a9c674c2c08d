import { describe, expect, it } from 'vitest';
import { type Listening, urlsOf } from './listen-addresses.ts';

const urls = (host: string, scheme: Listening['scheme'] = 'http', publicUrl?: string): ReturnType<typeof urlsOf> =>
  urlsOf({ scheme, host, port: 7700 }, publicUrl);

describe('urlsOf', () => {
  it('is the address itself where there is one', () => {
    const one = (url: string) => ({ localUrl: url, url, browserUrl: url });
    expect(urls('127.0.0.1')).toEqual(one('http://127.0.0.1:7700'));
    expect(urls('::1')).toEqual(one('http://[::1]:7700'));
    expect(urls('day.lan', 'https')).toEqual(one('https://day.lan:7700'));
  });

  it('names an address that others can use when it listens on all', () => {
    for (const [host, local] of [
      ['0.0.0.0', '127.0.0.1'],
      ['::', '[::1]'],
    ] as const) {
      const { localUrl, url, browserUrl } = urls(host);
      expect(localUrl).toBe(`http://${local}:7700`);
      expect(url).not.toContain('0.0.0.0');
      expect(url).not.toContain('[::]');
      // Another machine's browser could not compute on plain http, this one's can.
      expect(browserUrl).toBe(localUrl);
      const secure = urls(host, 'https');
      expect(secure.browserUrl).toBe(secure.url);
    }
  });

  it('gives out the public URL, and reaches the server without it', () => {
    expect(urls('10.0.0.5', 'http', 'https://day.example.org')).toEqual({
      localUrl: 'http://10.0.0.5:7700',
      url: 'https://day.example.org',
      browserUrl: 'https://day.example.org',
    });
  });
});
