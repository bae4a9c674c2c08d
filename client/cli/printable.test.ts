import { describe, expect, it } from 'vitest';
import { plainLine, printable } from './printable.ts';

describe('printable text', () => {
  it('T1 keeps words, lines and colours', () => {
    for (const text of [
      'plain',
      'two\nlines\twith a tab',
      '\u001b[31mred\u001b[0m',
      '\u001b[38;2;1;2;3mgrün\u001b[m',
      '東京',
    ])
      expect(printable(text)).toBe(text);
  });

  it('T1 drops what a terminal would obey', () => {
    expect(printable('a\u001b[2J\u001b[Hb')).toBe('ab');
    expect(printable('a\u001b]52;c;ZXZpbA==\u0007b')).toBe('ab');
    expect(printable('a\u001b]0;title\u001b\\b')).toBe('ab');
    expect(printable('a\u001bPq...\u001b\\b')).toBe('ab');
    expect(printable('kept\rgone\u0008\u007f\u009b2Jx\u001bc')).toBe('keptgone2Jxc');
    expect(printable('\u001b]0;never ends')).toBe('');
  });

  it('T1 is one line without colours in a cell', () => {
    expect(plainLine('\u001b[31mred\u001b[0m and\r\n two\u001b[2J')).toBe('red and two');
    expect(plainLine('東京\ttab')).toBe('東京 tab');
  });

  it('T1 takes no longer for a flood of beginnings', () => {
    expect(printable('\u001b]'.repeat(50_000)).length).toBe(0);
  });
});
