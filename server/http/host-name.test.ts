import { describe, expect, it } from 'vitest';
import { formatHostName, isLoopbackName, parseHostName } from './host-name.ts';

describe('host names', () => {
  it.each([
    ['127.0.0.1:7700', '127.0.0.1', 7700],
    ['LocalHost', 'localhost', undefined],
    ['s1.localhost:80', 's1.localhost', 80],
    ['day.example.org', 'day.example.org', undefined],
    ['my_server:7700', 'my_server', 7700],
    ['[::1]:7700', '[::1]', 7700],
    ['[fd00::12]', '[fd00::12]', undefined],
  ])('X6 %s is a name', (text, name, port) => {
    expect(parseHostName(text)).toEqual({ name, port });
    expect(formatHostName({ name, port })).toBe(text.toLowerCase());
  });

  it.each([
    undefined,
    '',
    'a b',
    'evil.example; script-src *',
    "evil.example 'unsafe-inline'",
    'evil.example,other.example',
    'evil.example/path',
    'user@evil.example',
    'evil.example:',
    'evil.example:0',
    'evil.example:65536',
    'evil.example:80:80',
    's1.localhost.',
    '.localhost',
    'a..b',
    '-a.example',
    '*.example',
    'bücher.example',
    '[::1',
    '[x]',
    'a'.repeat(64),
    `${'a.'.repeat(140)}b`,
    'evil\r\n.example',
  ])('X6 %j is none', (text) => {
    expect(parseHostName(text)).toBeUndefined();
  });

  it('X6 only names of this machine are loopback', () => {
    expect(['127.0.0.1', 'localhost', '[::1]'].map(isLoopbackName)).toEqual([true, true, true]);
    expect(['127.0.0.2', 's1.localhost', 'localhost.example', '10.0.0.1'].map(isLoopbackName)).toEqual(
      Array<boolean>(4).fill(false),
    );
  });
});
