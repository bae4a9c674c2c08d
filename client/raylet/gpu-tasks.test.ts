import { describe, expect, it } from 'vitest';
import { decodeTaskError } from '#shared/errors/error-record.ts';
import { WorkerCrashedError } from '#shared/errors/daylight-error.ts';
import { END_REASON, PLACE } from '#shared/protocol/node-records.ts';
import { FakeNode, FN } from './testing/fake-node.ts';

const NO_GPU = 'the GPU of this node could not be opened: no adapter';

function nodeWithGpu(): FakeNode {
  return new FakeNode({ cpus: 4, resources: new Map([['GPU', 1000]]) });
}

function gpuOptions(node: FakeNode, milli: number, maxRetries = 3): number {
  return node.options({ demand: { cpuMilli: 1000, custom: { GPU: milli } }, maxRetries });
}

describe('tasks with a GPU', () => {
  it('S1 only what asked for a GPU is told that it has one, an actor with its creation', () => {
    const node = nodeWithGpu();
    const calls = [{ options: gpuOptions(node, 250) }, {}, { fn: FN.actor, options: gpuOptions(node, 500) }];
    const tasks = calls.map((call) => node.submit(call));
    node.settle();
    const runs = node.hosts().flatMap((worker) => worker.of('run'));
    expect(tasks.map((key) => runs.find(({ task }) => task === key)?.gpu)).toEqual([true, false, true]);
  });

  it('S4 whole GPUs run one at a time, halves two, and a node without one sends them to the server', () => {
    const node = nodeWithGpu();
    const [first, second] = [0, 0].map(() => node.submit({ options: gpuOptions(node, 1000) }));
    node.settle();
    expect(node.runnerOf(first!)).toBeDefined();
    expect(node.runnerOf(second!)).toBeUndefined();
    node.finish(first!);
    node.finish(second!);
    const halves = [0, 0, 0].map(() => node.submit({ options: gpuOptions(node, 500) }));
    node.settle();
    expect(halves.map((task) => node.runnerOf(task) !== undefined)).toEqual([true, true, false]);

    const plain = new FakeNode({ cpus: 4 });
    plain.submit({ options: gpuOptions(plain, 1000) });
    expect(plain.of('submit').map(({ place }) => place)).toEqual([PLACE.global]);
  });

  it('L4 a GPU that cannot be opened costs an attempt each time; the error says why', () => {
    const node = nodeWithGpu();
    const task = node.submit({ options: gpuOptions(node, 1000, 1) });
    node.settle();
    for (let attempt = 1; attempt <= 2; attempt++) {
      node.say(node.runner(task), { kind: 'exceeded', reason: END_REASON.workerCrashed, message: NO_GPU });
      node.endStopped();
      node.settle();
    }
    const [told] = node.told(task);
    const error = decodeTaskError(told!.value);
    expect(error).toBeInstanceOf(WorkerCrashedError);
    expect(error.message).toContain(NO_GPU);
    expect(error.message).toContain('attempt 2');
  });
});
