import { describe, expect, it } from 'vitest';
import {
  parseAddress,
  parseCount,
  parseDuration,
  parseList,
  parseName,
  parsePriority,
  parsePublicUrl,
  parseSandboxHost,
  parseText,
  parseWhere,
  parseWholeNumber,
} from './parse-values.ts';

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

  it('a name has a bound in characters', () => {
    expect(parseName('ü'.repeat(200))).toHaveLength(200);
    expect(() => parseName('x'.repeat(201))).toThrow(/at most 200 characters; these are 201/);
  });

  it('filters name a column once', () => {
    expect(parseWhere('b=x=*', parseWhere('a=1'))).toEqual({ a: '1', b: 'x=*' });
    expect(parseWhere('error=')).toEqual({ error: '' });
    expect(() => parseWhere('state')).toThrow(/column=value/);
    expect(() => parseWhere('a=2', { a: '1' })).toThrow(/twice/);
  });

  it('numbers, lists and times', () => {
    expect([parseCount('3'), parseWholeNumber('0'), parsePriority('0.5')]).toEqual([3, 0, 0.5]);
    expect(parseList('id, name')).toEqual(['id', 'name']);
    expect(['250ms', '30s', '1.5m', '2h'].map(parseDuration)).toEqual([250, 30_000, 90_000, 7_200_000]);
    for (const wrong of ['0', '-1', '1.5', 'x', '']) expect(() => parseCount(wrong)).toThrow(/whole number/);
    for (const wrong of ['-1', '1.5', 'x', '']) expect(() => parseWholeNumber(wrong)).toThrow(/whole number/);
    for (const wrong of ['0', '101', 'x']) expect(() => parsePriority(wrong)).toThrow(/0.01 to 100/);
    for (const wrong of ['a,,b', '']) expect(() => parseList(wrong)).toThrow(/a,b,c/);
    for (const wrong of ['10', 'm', '-1s', '1d']) expect(() => parseDuration(wrong)).toThrow(/30s, 10m or 2h/);
  });
});
