import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { END_REASON, PLACE } from '#shared/protocol/node-records.ts';
import { FakeNode, FN } from './testing/fake-node.ts';

const NOTHING = new Map<string, number>();

/** Runs of the function until the node knows that it is short. */
function warmUp(node: FakeNode): void {
  for (let n = 0; n < 10; n++) {
    const task = node.submit();
    node.settle();
    node.finish(task);
  }
}

describe('a queue in the worker without a claim board', () => {
  it('S2 short tasks are queued behind each other', () => {
    const node = new FakeNode();
    warmUp(node);
    const tasks = [node.submit(), node.submit(), node.submit()];
    const [worker] = node.hosts();
    expect(worker?.runs.map(({ task }) => task)).toEqual(tasks);
    expect(worker?.runs.every(({ claim }) => claim === 0)).toBe(true);
  });

  it('S2 what waits behind a task that turns out long is asked back once, and goes to another worker', () => {
    const node = new FakeNode({ cpus: 1 });
    warmUp(node);
    const [long, second] = [node.submit(), node.submit()];
    node.settle();
    const worker = node.runner(long ?? 0);
    node.tick(30);
    node.tick(30);
    expect(worker.of('recall')).toEqual([{ kind: 'recall', task: second }]);
    worker.runs.length = 0;
    node.say(worker, { kind: 'recalled', task: second ?? 0 });
    expect(node.raylet.load()).toMatchObject({ runningTasks: 1, queuedTasks: 1 });
    node.finish(long ?? 0);
    node.finish(second ?? 0);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, queuedTasks: 0, freeCpuMilli: 1000 });
  });

  it('S2 a run that is given back just when it was counted as begun is not lost', () => {
    const node = new FakeNode();
    warmUp(node);
    const [first, second] = [node.submit(), node.submit()];
    node.settle();
    const worker = node.runner(first ?? 0);
    node.tick(30);
    worker.runs.length = 0;
    // The result and the answer cross the raylet's own bookkeeping: for a moment it takes the second for running.
    node.finish(first ?? 0);
    node.say(worker, { kind: 'recalled', task: second ?? 0 });
    node.settle();
    node.finish(second ?? 0);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, freeCpuMilli: 1000 });
  });

  it('L7 a cancelled run that had not begun ends with the answer of its worker', () => {
    const node = new FakeNode();
    warmUp(node);
    const [first, second] = [node.submit(), node.submit()];
    node.settle();
    const worker = node.runner(first ?? 0);
    node.say(node.driver, { kind: 'cancel', task: second ?? 0, recursive: false, force: false });
    expect(worker.of('cancelTask')).toMatchObject([{ task: second }]);
    node.say(worker, { kind: 'recalled', task: second ?? 0 });
    expect(node.told(second ?? 0)).toHaveLength(1);
    node.tick(2_000);
    expect(worker.stopped).toBe(false);
    node.finish(first ?? 0);
  });

  it('T1 the answer of a worker that does not have the task changes nothing', () => {
    const node = new FakeNode({ cpus: 2 });
    const [first, second] = [node.submit(), node.submit()];
    node.settle();
    node.say(node.runner(first ?? 0), { kind: 'recalled', task: second ?? 0 });
    expect(node.raylet.load()).toMatchObject({ runningTasks: 2, queuedTasks: 0 });
  });
});

describe('a node that offers less', () => {
  it('S4 gives back what waits, lets go on what runs, and takes work again when it offers more', () => {
    const node = new FakeNode();
    const running = node.submit();
    const waiting = node.submit();
    node.settle();
    const leased = objectKey(9, 1);
    node.lease({ task: leased });
    node.raylet.setCapacity(0, NOTHING);
    expect(node.of('spill')).toEqual([{ kind: 'spill', task: waiting }]);
    expect(node.of('failed')).toMatchObject([{ task: leased, reason: END_REASON.returned, counted: false }]);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 1, queuedTasks: 0 });
    node.finish(running);
    expect(node.of('submit').map(({ place }) => place)).toEqual([PLACE.here, PLACE.here]);
    node.submit();
    expect(node.of('submit').at(-1)?.place).toBe(PLACE.global);
    node.raylet.setCapacity(1000, NOTHING);
    const again = node.submit();
    node.settle();
    node.finish(again);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, freeCpuMilli: 1000 });
  });

  it('S4 not even what asks for nothing runs on a node that offers nothing', () => {
    const node = new FakeNode();
    const free = node.options({ demand: { cpuMilli: 0, custom: {} }, maxRetries: 0 });
    const running = node.submit({ options: free });
    node.settle();
    node.raylet.setCapacity(0, NOTHING);
    node.submit({ options: free });
    expect(node.of('submit').at(-1)?.place).toBe(PLACE.global);
    node.raylet.endRunning('its owner paused it');
    node.endStopped();
    node.tick(30);
    expect(node.of('spill')).toEqual([{ kind: 'spill', task: running }]);
    expect(node.hosts().filter(({ stopped }) => !stopped)).toHaveLength(0);
  });

  it('A3 an actor born here waits for better times with its calls', () => {
    const node = new FakeNode();
    const busy = node.submit();
    node.settle();
    const actor = node.submit({ fn: FN.actor });
    const call = node.submit({ actor });
    node.raylet.setCapacity(0, NOTHING);
    node.finish(busy);
    expect(node.runnerOf(actor)).toBeUndefined();
    node.raylet.setCapacity(1000, NOTHING);
    node.settle();
    node.finish(actor);
    node.finish(call);
    expect(node.told(call)).toHaveLength(1);
  });

  it('L4 what its owner ends costs no retry and goes elsewhere', () => {
    const node = new FakeNode();
    const running = node.submit({ options: node.options({ maxRetries: 0 }) });
    node.settle();
    node.raylet.setCapacity(0, NOTHING);
    node.raylet.endRunning('its owner paused it');
    node.endStopped();
    expect(node.of('spill')).toEqual([{ kind: 'spill', task: running }]);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, queuedTasks: 0, freeCpuMilli: 0 });
    node.describe(running);
    expect(node.told(running)).toHaveLength(1);
  });

  it('S3 a blocked task of a paused node waits for its CPU and goes on when there is one', () => {
    const node = new FakeNode();
    const parent = node.submit();
    node.settle();
    const child = node.submit({ from: node.runner(parent), parent });
    node.raylet.setCapacity(0, NOTHING);
    node.block(parent, [child]);
    node.describe(child);
    expect(node.runner(parent).of('unblocked')).toHaveLength(0);
    node.raylet.setCapacity(1000, NOTHING);
    node.settle();
    node.tick(30);
    expect(node.runner(parent).of('unblocked')).toHaveLength(1);
    node.finish(parent);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, freeCpuMilli: 1000 });
  });
});

describe('workers that say what is not theirs', () => {
  it('T1 names out of another range are passed over', () => {
    const node = new FakeNode({ cpus: 2 });
    const [first, second] = [node.submit(), node.submit()];
    node.settle();
    const stolen = node.runner(second ?? 0).nextKey;
    node.runner(first ?? 0).nextKey = stolen;
    node.submit({ from: node.runner(first ?? 0), parent: first ?? 0 });
    node.put(new ArrayBuffer(64), node.runner(first ?? 0), first ?? 0);
    expect(node.of('submit')).toHaveLength(2);
    expect(node.of('put')).toHaveLength(0);
  });

  it('O4 a worker whose program used too much is ended, and its task fails with that reason', () => {
    const node = new FakeNode();
    const task = node.submit({ options: node.options({ maxRetries: 0 }) });
    node.settle();
    node.say(node.runner(task), { kind: 'exceeded', reason: END_REASON.outOfMemory, message: 'too many buffers' });
    expect(node.runner(task).stopped).toBe(true);
    node.endStopped();
    expect(node.told(task)).toHaveLength(1);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0 });
  });
});

describe('a stranger among the nodes', () => {
  it('S1 keeps nothing that is born on it', () => {
    const node = new FakeNode();
    node.command({ kind: 'stranger' });
    const parent = objectKey(9, 1);
    node.lease({ task: parent });
    node.submit({ from: node.runner(parent), parent, fn: FN.other });
    expect(node.of('submit')).toMatchObject([{ parent, place: PLACE.global }]);
  });
});
