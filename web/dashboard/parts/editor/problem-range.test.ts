import { describe, expect, it } from 'vitest';
import { rangeOf, type Lines } from './problem-range.ts';

function linesOf(text: string): Lines {
  const lines = text.split('\n');
  return {
    lines: lines.length,
    length: text.length,
    line: (number) => {
      const from = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
      const line = lines[number - 1] ?? '';
      return { from, to: from + line.length, text: line };
    },
  };
}

describe('the place of a problem', () => {
  const text = linesOf('const one = 1;\nreturn oops + 1;');

  it('is the word that begins there', () => {
    expect(rangeOf(text, 2, 8)).toEqual({ from: 22, to: 26 });
    expect(rangeOf(text, 1, 11)).toEqual({ from: 10, to: 11 });
  });

  it('lies inside the text, wherever the compiler says', () => {
    expect(rangeOf(text, 9, 99)).toEqual({ from: 31, to: 31 });
    expect(rangeOf(text, 0, 0)).toEqual({ from: 0, to: 5 });
    expect(rangeOf(linesOf(''), 1, 1)).toEqual({ from: 0, to: 0 });
  });
});
