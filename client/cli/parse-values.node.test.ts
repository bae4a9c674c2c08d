import { describe, expect, it } from 'vitest';
import { parseAddress, parsePublicUrl, parseSandboxHost, parseText } from './parse-values.ts';

describe('values of options', () => {
  it('an address is http unless it says otherwise', () => {
    expect(
      ['10.0.0.5:7700', 'http://day:7700/path', 'https://day.example.org', 'https://day:443'].map(parseAddress),
    ).toEqual(['http://10.0.0.5:7700', 'http://day:7700', 'https://day.example.org', 'https://day']);
    for (const wrong of ['', 'https://', 'http://a b', 'http://:80'])
      expect(() => parseAddress(wrong)).toThrow(/http:\/\/host:7700/);
  });

  it('a public URL is scheme and host alone', () => {
    expect(parsePublicUrl('https://Day.example.org/')).toBe('https://day.example.org');
    expect(parsePublicUrl('http://10.0.0.5:7700')).toBe('http://10.0.0.5:7700');
    for (const wrong of [
      '',
      'day.example.org',
      'ftp://day',
      'https://day/x',
      'https://day?x',
      'https://day#x',
      'https://me@day',
    ])
      expect(() => parsePublicUrl(wrong)).toThrow(/scheme and host alone/);
  });

  it('a sandbox host is a name with a dot, a star only in front', () => {
    expect(parseSandboxHost('Box.example.org')).toBe('box.example.org');
    expect(parseSandboxHost('*.box.example.org:8443')).toBe('*.box.example.org:8443');
    for (const wrong of [
      '',
      '*',
      'box',
      'https://box.example.org',
      '*.*.org',
      'box.example.org/x',
      "a.b; script-src 'x'",
    ])
      expect(() => parseSandboxHost(wrong)).toThrow(/host name such as/);
  });

  it('a text has a bound in bytes', () => {
    expect(parseText(4)('für')).toBe('für');
    expect(() => parseText(4)('früh')).toThrow(/at most 4 bytes/);
  });
});
