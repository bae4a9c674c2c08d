import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textPattern } from './text-pattern.ts';

const isLike = (text: string, pattern: string): boolean => textPattern(pattern)(text);

describe('text patterns', () => {
  it.each([
    ['out of memory', 'out*', true],
    ['out of memory', '*memory', true],
    ['out of memory', '*of*', true],
    ['out of memory', 'o*t*m*y', true],
    ['out of memory', 'out of memory', true],
    ['out of memory', '*', true],
    ['', '*', true],
    ['', '', true],
    ['a', '', false],
    ['Out Of MEMORY', '*of mem*', true],
    ['out of memory', '*OUT*', true],
    ['out of memory', 'of*', false],
    ['out of memory', '*of', false],
    ['out of memory', '*memory*out*', false],
    ['aa', 'a*a*a', false],
    ['aba', 'ab*ba', false],
    ['a.c', 'a.c', true],
    ['abc', 'a.c*', false],
    ['100 %', '100 %*', true],
    ['a_c', 'a_*', true],
    ['abc', 'a_*', false],
    ['Ü', 'ü*', false],
  ])('"%s" and "%s": %s', (text, pattern, expected) => {
    expect(isLike(text, pattern)).toBe(expected);
  });

  it('does what a regular expression would', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '*', '.'), maxLength: 12 });
    fc.assert(
      fc.property(word, word, (raw, pattern) => {
        const text = raw.replaceAll('*', 'c');
        const parts = pattern.split('*').map((part) => part.replaceAll('.', String.raw`\.`));
        expect(isLike(text, pattern)).toBe(new RegExp(`^${parts.join('.*')}$`, 'i').test(text));
      }),
    );
  });

  it('T3 takes no longer for a pattern that was made to take long', () => {
    const startMs = performance.now();
    expect(isLike('a'.repeat(100_000), `${'*a'.repeat(1000)}*b`)).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});
