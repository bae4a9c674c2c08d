import { describe, expect, it } from 'vitest';
import { TaskError } from '#shared/errors/daylight-error.ts';
import { ModuleTable } from './module-table.ts';
import type { CorePorts } from './ports.ts';

describe('stacks of what a task throws', () => {
  const table = new ModuleTable({
    mapStack: (stack: string) => stack.replaceAll('job://h1.mjs', 'job.ts'),
  } as unknown as CorePorts);

  it('of an error of another task: the frames of the one that waited are mapped, the others are already', () => {
    const remoteStack = 'RangeError: bad luck\n    at step (job://h1.mjs, as its own node wrote it)';
    const error = new TaskError('bad luck', { remoteStack });
    error.stack = (error.stack ?? '').replace('\n', '\n    at async main (job://h1.mjs:16:32)\n');
    expect(table.withMappedStack(error)).toBe(error);
    const [own = '', remote = ''] = error.stack.split('\n  remote stack:\n');
    expect(own).toContain('at async main (job.ts:16:32)');
    expect(remote).toBe(remoteStack);
  });

  it('of a cause: mapped, too', () => {
    const cause = new Error('below');
    cause.stack = 'Error: below\n    at f (job://h1.mjs:1:2)';
    table.withMappedStack(new Error('above', { cause }));
    expect(cause.stack).toContain('at f (job.ts:1:2)');
  });

  it('of a frozen error: as they are', () => {
    const frozen = Object.freeze(new Error('as it is'));
    expect(table.withMappedStack(frozen)).toBe(frozen);
  });
});
