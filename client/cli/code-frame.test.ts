import { describe, expect, it } from 'vitest';
import { codeFrame, formatProblem } from './code-frame.ts';

const SOURCE = ['const a = 1;', '\tconst 東京: number = "x";', '', 'export {};'].join('\r\n');
const PROBLEM = {
  file: 'job.ts',
  line: 2,
  column: 12,
  message: 'Type "string" is not assignable to type "number".',
  severity: 'error',
  source: 'type',
} as const;

describe('a problem in a source', () => {
  it('is said in one line, with the place below', () => {
    expect(formatProblem(PROBLEM, () => SOURCE)).toBe(
      [
        'job.ts:2:12: Type "string" is not assignable to type "number".',
        '  1 │ const a = 1;',
        '> 2 │   const 東京: number = "x";',
        '    │               ^',
        '  3 │',
      ].join('\n'),
    );
  });

  it('is only said where the source is not at hand, or has no such line', () => {
    expect(formatProblem({ ...PROBLEM, severity: 'warning' }, () => undefined)).toBe(
      'job.ts:2:12: warning: Type "string" is not assignable to type "number".',
    );
    expect(codeFrame(SOURCE, { line: 9, column: 1, severity: 'error' })).toEqual([]);
  });

  it('has its advice after the frame', () => {
    const text = formatProblem({ ...PROBLEM, line: 1, column: 1, message: 'no\n  do this' }, () => 'x');
    expect(text.split('\n')).toEqual(['job.ts:1:1: no', '> 1 │ x', '    │ ^', '  do this']);
  });

  it('T1 shows nothing that a terminal would obey', () => {
    const text = formatProblem({ ...PROBLEM, line: 1, column: 1 }, () => 'a\u001b[2Jb\u202ec'.repeat(100));
    for (const unfit of ['\u001b', '\u202e']) expect(text).not.toContain(unfit);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(170);
  });
});
