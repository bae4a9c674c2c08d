import { describe, expect, it } from 'vitest';
import { displayWidth, pad, truncate } from './text-width.ts';

describe('columns of a terminal', () => {
  it.each([
    ['plain', 5],
    ['Zoë', 3],
    ['Zoe\u0308', 3],
    ['東京', 4],
    ['ﾊﾝｶｸ', 4],
    ['ｆｕｌｌ', 8],
    ['한국', 4],
    ['👩‍🔬', 2],
    ['❤️', 2],
    ['—…', 2],
    ['a\u200bb', 2],
    ['', 0],
  ])('%s takes %i', (text, width) => expect(displayWidth(text)).toBe(width));

  it('a text is cut between characters as people see them', () => {
    expect(truncate('plain', 5)).toBe('plain');
    expect(truncate('plainly', 5)).toBe('plai…');
    expect(truncate('東京都', 5)).toBe('東京…');
    expect(truncate('東京都', 4)).toBe('東…');
    expect(truncate('two words', 5)).toBe('two…');
    expect(truncate('👩‍🔬👩‍🔬', 3)).toBe('👩‍🔬…');
    expect(truncate('any', 0)).toBe('');
  });

  it('and filled up on either side', () => {
    expect(pad('東', 4)).toBe('東  ');
    expect(pad('7', 3, 'right')).toBe('  7');
    expect(pad('long', 2)).toBe('long');
  });
});
