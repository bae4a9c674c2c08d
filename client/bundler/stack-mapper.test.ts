import { describe, expect, it } from 'vitest';
import { mapStack } from './stack-mapper.ts';

/** Line 1, column 5 of the bundle is line 2, column 3 of src/a.ts; its line 2 is the runtime's own module. */
const MAP = {
  version: 3 as const,
  sources: ['src/a.ts', 'daylight-runtime:daylight'],
  names: [],
  mappings: 'IACE;ACFA',
};
const map = (stack: string): string => mapStack(stack, (url) => (url === 'job://abc.mjs' ? MAP : undefined));

describe('mapStack', () => {
  it.each([
    ['    at f (job://abc.mjs:1:5)', '    at f (src/a.ts:2:3)'],
    ['    at async f (job://abc.mjs:1:5)', '    at async f (src/a.ts:2:3)'],
    ['    at new X (job://abc.mjs:1:5)', '    at new X (src/a.ts:2:3)'],
    ['    at job://abc.mjs:1:5', '    at src/a.ts:2:3'],
    [
      '    at eval (eval at f (job://abc.mjs:1:5), <anonymous>:1:1)',
      '    at eval (eval at f (src/a.ts:2:3), <anonymous>:1:1)',
    ],
    ['f@job://abc.mjs:1:5', 'f@src/a.ts:2:3'],
    ['    at async Promise.all (index 0)', '    at async Promise.all (index 0)'],
    ['    at f (job://other.mjs:1:5)', '    at f (job://other.mjs:1:5)'],
    ['    at run (node:internal/timers:1:2)', '    at run (node:internal/timers:1:2)'],
  ])('%s', (frame, expected) => {
    expect(map(`Error: at first\n${frame}`)).toBe(`Error: at first\n${expected}`);
  });

  it('drops the runtime’s frames, in the bundle and outside, but no line of the message', () => {
    const stack =
      'Error: saw daylight://worker in the message\n    at g (job://abc.mjs:2:1)\n    at h (daylight://worker.mjs:1:2)\n    at i (file:///x/runtime.ts:1:2)';
    expect(mapStack(stack, () => MAP, { isRuntimeFrame: (frame) => frame.includes('/x/runtime.ts') })).toBe(
      'Error: saw daylight://worker in the message',
    );
  });
});
