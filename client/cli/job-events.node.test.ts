import { describe, expect, it } from 'vitest';
import { causeOf } from './job-events.ts';

describe('what a job failed of', () => {
  it('is what main threw', () => {
    const stack = 'RangeError: bad luck 1\n    at main (job.ts:1:2)';
    expect(causeOf({ name: 'RangeError', message: 'bad luck 1', stack })).toBe('RangeError: bad luck 1');
  });

  it('is what the task threw, however far below', () => {
    const stack = [
      'TaskError: bad luck 1\n    at async main (job.ts:16:32)\n  remote stack:',
      'TaskError: bad luck 1\n    at async step (job.ts:9:3)\n  remote stack:',
      'RangeError: bad luck 1\n    at job.ts:3:5',
    ].join('\n');
    expect(causeOf({ name: 'TaskError', message: 'bad luck 1', stack })).toBe('RangeError: bad luck 1');
    expect(causeOf({ name: 'TaskError', message: 'bad luck 1', stack: '' })).toBe('TaskError: bad luck 1');
  });
});
