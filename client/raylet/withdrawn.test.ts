/** Attempts that are of no use any more because another's result was accepted (rule S6), and what a node knows of failures (L4). */
import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { encodeError } from '#shared/errors/error-record.ts';
import { OUTCOME } from '#shared/protocol/node-records.ts';
import { DEFAULT_OPTIONS, optionsToJson } from '#shared/task/task-options.ts';
import { FakeNode } from './testing/fake-node.ts';

const TASK = objectKey(9, 50);
const OTHER = objectKey(9, 51);

describe('an attempt whose result is here already', () => {
  it('O1 changes nothing of the copy that counts', () => {
    const node = new FakeNode();
    const read = (): unknown => {
      const bytes = node.raylet.readLocal(TASK, () => undefined);
      return bytes instanceof Uint8Array && bytes[0];
    };
    const [first, second] = [new ArrayBuffer(200_000), new ArrayBuffer(200_000)];
    new Uint8Array(first).fill(1);
    node.lease({ task: TASK });
    node.settle();
    node.finish(TASK, { memory: first });
    node.lease({ task: TASK, attempt: 2 });
    node.settle();
    node.finish(TASK, { memory: second });
    expect(node.of('finish').map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(read()).toBe(1);
    // Without it the new one is what there is.
    node.command({ kind: 'dropCopy', object: TASK });
    node.lease({ task: TASK, attempt: 3 });
    node.settle();
    node.finish(TASK, { memory: second });
    expect(read()).toBe(0);
  });
});

describe('a withdrawn attempt', () => {
  it('S6 that has not begun ends at once and without a record', () => {
    const node = new FakeNode();
    node.lease({ task: OTHER });
    node.lease({ task: TASK });
    node.settle();
    node.command({ kind: 'withdraw', task: TASK, attempt: 1 });
    node.finish(OTHER);
    expect(node.of('finish').map(({ task }) => task)).toEqual([OTHER]);
    expect(node.of('failed')).toEqual([]);
    expect(node.raylet.tableSizes()).toMatchObject({ tasks: 0, objects: 0 });
  });

  it('S6 that runs is asked to stop, then loses its worker, and says nothing', () => {
    const node = new FakeNode();
    node.lease({ task: TASK });
    node.settle();
    const worker = node.runner(TASK);
    node.command({ kind: 'withdraw', task: TASK, attempt: 1 });
    expect(worker.of('cancelTask')).toMatchObject([{ task: TASK }]);
    node.tick(10_000);
    node.endStopped();
    expect(worker.stopped).toBe(true);
    expect([...node.of('finish'), ...node.of('failed')]).toEqual([]);
    expect(node.raylet.tableSizes()).toMatchObject({ tasks: 0, cancelling: 0 });
  });

  it('S6 whose result came before the word is what it is', () => {
    const node = new FakeNode();
    node.lease({ task: TASK, attempt: 2 });
    node.settle();
    node.finish(TASK);
    expect(node.of('finish')).toMatchObject([{ task: TASK, attempt: 2, outcome: OUTCOME.value }]);
    node.command({ kind: 'withdraw', task: TASK, attempt: 2 });
    expect(node.raylet.tableSizes().tasks).toBe(0);
  });

  it('S6 L9 that crashed and runs again here is meant as well', () => {
    const node = new FakeNode();
    const task = node.submit();
    node.settle();
    node.crash(node.runner(task));
    node.settle();
    expect(node.of('failed')).toMatchObject([{ task, attempt: 1, retriedHere: true }]);
    node.command({ kind: 'withdraw', task, attempt: 1 });
    node.tick(10_000);
    node.endStopped();
    expect(node.of('finish')).toEqual([]);
    expect(node.raylet.tableSizes()).toMatchObject({ tasks: 0 });
  });

  it('S6 who waits for its value on the same node gets that of the other', () => {
    const node = new FakeNode();
    const task = node.submit();
    node.settle();
    const wait = node.block(0, [task]);
    node.command({ kind: 'withdraw', task, attempt: 1 });
    node.tick(10_000);
    node.endStopped();
    expect(node.of('want').map(({ object }) => object)).toEqual([task]);
    node.describe(task);
    expect(node.driver.of('unblocked').map(({ id }) => id)).toContain(wait);
  });

  it('S6 M3 a later attempt begins when it has stopped, and is what the node reports meanwhile', () => {
    const node = new FakeNode();
    node.lease({ task: TASK, attempt: 2 });
    node.settle();
    node.command({ kind: 'withdraw', task: TASK, attempt: 2 });
    expect(node.raylet.report().leases).toEqual([]);
    node.lease({ task: TASK, attempt: 3 });
    expect(node.raylet.report().leases).toEqual([{ task: TASK, attempt: 3 }]);
    node.tick(10_000);
    node.endStopped();
    node.settle();
    node.finish(TASK);
    expect(node.of('finish')).toMatchObject([{ task: TASK, attempt: 3 }]);
  });

  it('L7 a cancelled one does not begin again', () => {
    const node = new FakeNode();
    node.lease({ task: TASK, attempt: 2 });
    node.settle();
    node.command({ kind: 'withdraw', task: TASK, attempt: 2 });
    node.lease({ task: TASK, attempt: 3 });
    node.command({ kind: 'cancelTask', task: TASK, force: false });
    node.tick(10_000);
    node.endStopped();
    expect(node.raylet.tableSizes().tasks).toBe(0);
  });
});

describe('a task that is given again', () => {
  it('M2 while it runs counts as the attempt that the server means now', () => {
    const node = new FakeNode();
    node.lease({ task: TASK, attempt: 2 });
    node.settle();
    node.lease({ task: TASK, attempt: 3 });
    node.lease({ task: TASK, attempt: 2 });
    node.settle();
    node.finish(TASK);
    expect(node.of('finish')).toMatchObject([{ task: TASK, attempt: 3 }]);
  });
});

describe('attempts of a leased task', () => {
  const error = encodeError(new Error('flaky'));

  it.each([
    // [attempt, failures told, whether it is tried again]
    [4, undefined, false],
    [4, 3, false],
    [4, 0, true],
    [2, 3, false],
  ])('L4 L6 attempt %i with %o failures behind it: tried again is %o', (attempt, count, again) => {
    const node = new FakeNode();
    const json = optionsToJson({ ...DEFAULT_OPTIONS, retryExceptions: true, maxRetries: 3 });
    node.command({ kind: 'options', options: 1, json });
    if (count !== undefined) node.command({ kind: 'failures', task: TASK, count });
    node.lease({ task: TASK, attempt, options: 1 });
    node.settle();
    node.finish(TASK, { outcome: OUTCOME.error, value: error });
    expect(node.of('failed')).toHaveLength(again ? 1 : 0);
    expect(node.of('finish')).toHaveLength(again ? 0 : 1);
  });
});
