import { describe, expect, it } from 'vitest';
import { plainWords } from './plain-words.ts';

describe('plain words', () => {
  it('T3 are one line without commands to a terminal and without turned text', () => {
    expect(plainWords('\u001b]0;gone\u0007 \u001b[2Jblue\n\u009b31m\u202egnp.exe\u2069')).toBe(
      ']0;gone [2Jblue 31m gnp.exe',
    );
    expect(plainWords('  Zoë’s Rechner, 東京 <b> ')).toBe('Zoë’s Rechner, 東京 <b>');
  });
});
