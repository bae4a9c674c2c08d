import { describe, expect, it } from 'vitest';
import { splitStack } from './split-stack.ts';

describe('the stack of an error', () => {
  it('begins where the task failed', () => {
    const stack = 'TaskError: no\n    at get (a.ts:1:1)\n  remote stack:\nRangeError: no\n    at job.ts:3:22\n';
    expect(splitStack(stack)).toEqual({
      here: 'RangeError: no\n    at job.ts:3:22',
      waited: 'TaskError: no\n    at get (a.ts:1:1)',
    });
  });

  it('is whole if the error did not travel, and goes to the innermost if it travelled twice', () => {
    expect(splitStack('Error: no\n    at job.ts:1:1')).toEqual({ here: 'Error: no\n    at job.ts:1:1', waited: '' });
    expect(splitStack('A\n remote stack:\nB\n remote stack:\nC').here).toBe('C');
  });
});
