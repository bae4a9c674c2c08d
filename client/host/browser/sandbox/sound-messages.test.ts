import { describe, expect, it } from 'vitest';
import { END_REASON } from '#shared/protocol/node-records.ts';
import { unsoundness } from './sound-messages.ts';

const NO_BYTES = new Uint8Array(0);

describe('what a sandbox worker may say', () => {
  it('T1 a value comes with as many bytes as it says', () => {
    const result = {
      kind: 'result',
      task: 1,
      outcome: 0,
      durationUs: 1,
      value: NO_BYTES,
      nested: [],
      attachment: 1,
    } as const;
    const memory = [new ArrayBuffer(8)];
    expect(unsoundness({ ...result, sizeBytes: 8 }, memory)).toBeUndefined();
    expect(unsoundness({ ...result, sizeBytes: 9 }, memory)).toMatch(/9 bytes came with 8/);
    expect(unsoundness({ ...result, sizeBytes: 8, attachment: 2 }, memory)).toMatch(/came with 0/);
    expect(unsoundness({ ...result, sizeBytes: 9, attachment: 0 }, [])).toMatch(/9 bytes came with 0/);
    expect(unsoundness({ ...result, sizeBytes: 2, value: new Uint8Array(2), attachment: 0 }, [])).toBeUndefined();
  });

  it('T1 neither modules nor the end of a job come from a worker', () => {
    expect(unsoundness({ kind: 'module', module: 'x', code: NO_BYTES, sourceMap: NO_BYTES }, [])).toBeDefined();
    expect(unsoundness({ kind: 'jobFinished', outcome: 0, value: NO_BYTES }, [])).toBeDefined();
    expect(unsoundness({ kind: 'ready', threadId: 1 }, [])).toBeUndefined();
  });

  it('T1 a worker asks for actors only, and speaks of itself within reason', () => {
    const body = new Uint8Array(3);
    expect(unsoundness({ kind: 'request', id: 1, method: 'getActor', body }, [])).toBeUndefined();
    for (const method of ['module', 'jobInfo', 'cluster', 'nonsense'])
      expect(unsoundness({ kind: 'request', id: 1, method, body }, [])).toMatch(method);
    expect(unsoundness({ kind: 'memory', heapBytes: 0, bufferBytes: 2 ** 33 }, [])).toBeUndefined();
    expect(unsoundness({ kind: 'memory', heapBytes: 0, bufferBytes: Number.MAX_SAFE_INTEGER }, [])).toBeDefined();
    const exceeded = { kind: 'exceeded', message: '' } as const;
    expect(unsoundness({ ...exceeded, reason: END_REASON.outOfMemory }, [])).toBeUndefined();
    expect(unsoundness({ ...exceeded, reason: END_REASON.returned }, [])).toBeDefined();
  });
});
