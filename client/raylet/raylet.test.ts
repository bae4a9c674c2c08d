import { describe, expect, it } from 'vitest';
import { encodeError } from '#shared/errors/error-record.ts';
import { errorNames } from '#shared/errors/error-names.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import { END_REASON, OUTCOME, PLACE } from '#shared/protocol/node-records.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import { FakeNode, FN, JOB } from './testing/fake-node.ts';

/** For values that come at once. */
const NOBODY = (): void => undefined;

const ELSEWHERE = objectKey(9, 1);

function errorOf(node: FakeNode, task: number): string[] {
  const [told] = node.told(task).slice(-1);
  return told?.status === OBJECT_STATUS.error ? errorNames(told.value) : [];
}

/** Runs of the function until the node knows that it is short. */
function warmUp(node: FakeNode): void {
  for (let n = 0; n < 10; n++) {
    const task = node.submit();
    node.settle();
    node.finish(task);
    node.say(node.driver, { kind: 'release', object: task, holder: 0 });
  }
}

function expectIdle(node: FakeNode, cpus = 1): void {
  expect(node.raylet.load()).toMatchObject({ runningTasks: 0, queuedTasks: 0, queuedUs: 0, freeCpuMilli: cpus * 1000 });
  expect(node.raylet.tableSizes()).toMatchObject({ tasks: 0, cancelling: 0, waits: 0, actors: 0 });
}

describe('a node with nothing to do', () => {
  it('S3 says so, and no longer while something depends on time', () => {
    const node = new FakeNode();
    node.tick();
    expect(node.raylet.isQuiet).toBe(true);
    const task = node.submit();
    expect(node.raylet.isQuiet).toBe(false);
    node.settle();
    node.finish(task);
    // What nobody waits for leaves with the next tick.
    expect(node.raylet.isQuiet).toBe(false);
    node.tick();
    expect(node.raylet.isQuiet).toBe(true);
    node.block(0, [ELSEWHERE], { timeoutMs: 1_000 });
    expect(node.raylet.isQuiet).toBe(false);
    node.tick(1_000);
    node.tick();
    expect(node.raylet.isQuiet).toBe(true);
  });
});

describe('a task', () => {
  it('S1 runs where it was born, and its value is told to the driver', () => {
    const node = new FakeNode();
    const task = node.submit();
    node.settle();
    expect(node.raylet.load()).toMatchObject({ runningTasks: 1, freeCpuMilli: 0 });
    node.finish(task);
    expect(node.told(task)).toMatchObject([{ status: OBJECT_STATUS.inline, value: Uint8Array.of(5) }]);
    expect(node.of('submit')).toMatchObject([{ task, place: PLACE.here }]);
    expect(node.of('finish')).toMatchObject([{ task, outcome: OUTCOME.value, attempt: 1, value: Uint8Array.of(5) }]);
    node.say(node.driver, { kind: 'release', object: task, holder: 0 });
    expectIdle(node);
    expect(node.raylet.tableSizes().objects).toBe(0);
  });

  it('S4 goes to the server if this node can never run it, and others are not held back', () => {
    const node = new FakeNode();
    const big = node.submit({ options: node.options({ demand: { cpuMilli: 2000, custom: {} } }) });
    const small = node.submit();
    node.settle();
    expect(node.of('submit').map(({ place }) => place)).toEqual([PLACE.global, PLACE.here]);
    node.finish(small);
    node.describe(big);
    expect(node.told(big)).toMatchObject([{ status: OBJECT_STATUS.inline }]);
    expectIdle(node);
  });

  it('O2 keeps a large value until the server says to drop it', () => {
    const node = new FakeNode();
    const task = node.submit();
    node.settle();
    node.finish(task, { memory: new ArrayBuffer(4096) });
    expect(node.of('finish')).toMatchObject([{ sizeBytes: 4096, value: new Uint8Array(0) }]);
    expect(node.raylet.load().storeBytes).toBe(4096);
    node.say(node.driver, { kind: 'release', object: task, holder: 0 });
    expect(node.raylet.readLocal(task, NOBODY)?.length).toBe(4096);
    expect(node.raylet.report().copies).toEqual([{ object: task, sizeBytes: 4096 }]);
    node.command({ kind: 'dropCopy', object: task });
    expect(node.raylet.load().storeBytes).toBe(0);
    expect(node.raylet.tableSizes().objects).toBe(0);
  });

  it('O3 a copy that is dropped while it is of use is asked for again, and its reader is told', () => {
    const node = new FakeNode();
    const task = node.submit();
    node.settle();
    node.finish(task, { memory: new ArrayBuffer(4096) });
    node.command({ kind: 'dropCopy', object: task });
    node.block(0, [task]);
    expect(node.of('want')).toMatchObject([{ object: task }]);
    node.describe(task);
    expect(node.told(task)).toHaveLength(2);
    node.say(node.driver, { kind: 'release', object: task, holder: 0 });
    expect(node.raylet.tableSizes().objects).toBe(0);
  });

  it('O3 references that came inside a value leave nothing behind', () => {
    const node = new FakeNode();
    node.say(node.driver, { kind: 'hold', object: ELSEWHERE, holder: 0 });
    node.say(node.driver, { kind: 'release', object: ELSEWHERE, holder: 0 });
    expect(node.raylet.tableSizes().objects).toBe(0);
  });

  it('O3 a task cannot release what the driver of its node holds', () => {
    const node = new FakeNode();
    const object = node.put();
    const task = node.submit({ deps: [object] });
    node.settle();
    node.say(node.runner(task), { kind: 'release', object, holder: 0 });
    expect(node.of('release')).toEqual([]);
  });

  it('O3 what it made is let go when it ends, also what its children finish later', () => {
    const node = new FakeNode({ cpus: 2 });
    const parent = node.submit();
    node.settle();
    const child = node.submit({ from: node.runner(parent), parent });
    node.put(undefined, node.runner(parent), parent);
    node.settle();
    node.finish(parent);
    node.finish(child);
    node.say(node.driver, { kind: 'release', object: parent, holder: 0 });
    expectIdle(node, 2);
    expect(node.raylet.tableSizes().objects).toBe(0);
  });
});

describe('inputs', () => {
  it('are waited for: made here, inline elsewhere, fetched', () => {
    const node = new FakeNode({ cpus: 2 });
    const made = node.submit();
    node.settle();
    const user = node.submit({ deps: [made, ELSEWHERE, made] });
    expect(node.of('want')).toMatchObject([{ object: ELSEWHERE }]);
    node.describe(ELSEWHERE, OBJECT_STATUS.stored, 4096);
    node.describe(ELSEWHERE, OBJECT_STATUS.stored, 4096);
    expect(node.fetches.map(({ key }) => key)).toEqual([ELSEWHERE]);
    node.finish(made);
    expect(node.runnerOf(user)).toBeUndefined();
    node.fetches[0]?.done(new ArrayBuffer(4096));
    node.settle();
    expect(node.of('located')).toMatchObject([{ object: ELSEWHERE, present: true }]);
    expect(
      node
        .runner(user)
        .of('object')
        .map(({ object }) => object),
    ).toEqual([made, ELSEWHERE, made]);
    node.finish(user);
    expectIdle(node, 2);
  });

  it('T3 that no memory has room for are an error, whatever their maker says of their size', () => {
    const node = new FakeNode();
    const user = node.submit({ deps: [ELSEWHERE] });
    node.describe(ELSEWHERE, OBJECT_STATUS.stored, Number.MAX_SAFE_INTEGER);
    node.fetches[0]?.done(undefined, true);
    node.settle();
    expect(node.told(user)).toMatchObject([{ status: OBJECT_STATUS.error }]);
    expect(node.of('want')).toHaveLength(1);
    expectIdle(node, 1);
  });

  it('are asked for again if they cannot be fetched', () => {
    const node = new FakeNode();
    const user = node.submit({ deps: [ELSEWHERE] });
    node.describe(ELSEWHERE, OBJECT_STATUS.stored, 4096);
    node.fetches[0]?.done(undefined);
    expect(node.of('want')).toHaveLength(2);
    node.describe(ELSEWHERE);
    node.settle();
    node.finish(user);
    expectIdle(node);
  });

  it('L6 an input that failed fails the task, and what depends on that', () => {
    const node = new FakeNode();
    const first = node.submit();
    node.settle();
    const second = node.submit({ deps: [first] });
    const third = node.submit({ deps: [second, ELSEWHERE] });
    node.finish(first, { outcome: OUTCOME.error, value: encodeError(new RangeError('too far')) });
    for (const task of [second, third]) expect(errorOf(node, task)).toContain('RangeError');
    expect(errorOf(node, node.submit({ deps: [third] }))).toContain('RangeError');
    expectIdle(node);
  });

  it('a module that cannot be had fails the tasks that need it', () => {
    const node = new FakeNode();
    node.say(node.driver, { kind: 'function', fn: 9, module: 'abc', name: 'm#f', functionKind: 0 });
    const task = node.submit({ fn: 9 });
    expect(node.requests).toMatchObject([{ method: 'module' }]);
    node.requests[0]?.answer(false, encodeError(new RangeError('no module')));
    expect(errorOf(node, task)).toContain('RangeError');
    const again = node.submit({ fn: 9 });
    node.say(node.driver, { kind: 'module', module: 'abc', code: Uint8Array.of(1), sourceMap: new Uint8Array(0) });
    node.settle();
    expect(node.runner(again).of('module')).toHaveLength(1);
    node.finish(again);
    expectIdle(node);
  });
});

describe('blocked tasks', () => {
  it('S3 give their CPU back and take it again before they go on', () => {
    const node = new FakeNode();
    const parent = node.submit();
    node.settle();
    const child = node.submit({ from: node.runner(parent), parent });
    const wait = node.block(parent, [child]);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 1, freeCpuMilli: 0 });
    const other = node.submit();
    node.finish(child);
    expect(node.runner(parent).of('unblocked')).toMatchObject([{ id: wait, timedOut: false }]);
    expect(node.runnerOf(other)).toBeUndefined();
    node.finish(parent);
    node.finish(other);
    expectIdle(node);
  });

  it('S3 nested 200 deep they finish on one CPU with few workers', () => {
    const node = new FakeNode();
    const tasks = [node.submit()];
    node.settle();
    for (let depth = 1; depth < 200; depth++) {
      const parent = tasks[depth - 1] ?? 0;
      const child = node.submit({ from: node.runner(parent), parent });
      tasks.push(child);
      node.block(parent, [child]);
    }
    expect(node.hosts().length).toBeLessThanOrEqual(4);
    for (const task of tasks.toReversed()) node.finish(task);
    expectIdle(node);
    node.tick(1);
    for (let n = 0; n < 5; n++) node.tick(10_001);
    expect(node.hosts()).toHaveLength(1);
  });

  it('S3 several gets of one task at once do not keep the CPU from what they wait for', () => {
    const node = new FakeNode();
    const parent = node.submit();
    node.settle();
    const worker = node.runner(parent);
    const [a, b] = [node.submit({ from: worker, parent }), node.submit({ from: worker, parent })];
    const first = node.block(parent, [a]);
    const second = node.block(parent, [b]);
    node.finish(a);
    expect(worker.of('unblocked').map(({ id }) => id)).toEqual([first]);
    node.finish(b);
    expect(worker.of('unblocked').map(({ id }) => id)).toEqual([first, second]);
    node.finish(parent);
    expectIdle(node);
  });

  it('S3 a get of what is here already is answered at once', () => {
    const node = new FakeNode();
    const object = node.put();
    const task = node.submit({ deps: [object] });
    node.settle();
    node.block(task, [object]);
    expect(node.runner(task).of('unblocked')).toHaveLength(1);
    node.finish(task);
    expectIdle(node);
  });

  it('S3 two may go on in one worker, which is free when both have ended', () => {
    const node = new FakeNode({ cpus: 2 });
    const first = node.submit();
    node.settle();
    node.block(first, [ELSEWHERE]);
    const second = node.submit();
    node.settle();
    node.describe(ELSEWHERE);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 2, freeCpuMilli: 0 });
    node.finish(first);
    node.finish(second);
    const third = node.submit();
    node.settle();
    node.finish(third);
    expect(node.hosts()).toHaveLength(1);
    expectIdle(node, 2);
  });

  it('a wait that is over in time says so, and one taken back frees its objects', () => {
    const node = new FakeNode();
    const task = node.submit();
    node.settle();
    const id = node.block(task, [ELSEWHERE], { timeoutMs: 100 });
    node.tick(99);
    expect(node.runner(task).of('unblocked')).toEqual([]);
    node.tick(2);
    expect(node.runner(task).of('unblocked')).toMatchObject([{ id, timedOut: true }]);
    const driverWait = node.block(0, [ELSEWHERE]);
    node.say(node.driver, { kind: 'unblock', id: driverWait });
    node.describe(ELSEWHERE);
    expect(node.told(ELSEWHERE)).toEqual([]);
    node.finish(task);
    expectIdle(node);
  });

  it('a get left behind by an attempt that ended does not wake the next one', () => {
    const node = new FakeNode();
    const task = node.submit({ options: node.options({ retryExceptions: true }) });
    node.settle();
    const lost = node.block(task, [ELSEWHERE]);
    const worker = node.runner(task);
    node.finish(task, { outcome: OUTCOME.error, value: encodeError(new RangeError('again')) });
    node.block(task, [objectKey(9, 2)]);
    node.describe(ELSEWHERE);
    expect(worker.of('unblocked').map(({ id }) => id)).toEqual([lost]);
    expect(node.raylet.load().runningTasks).toBe(0);
    node.describe(objectKey(9, 2));
    node.finish(task);
    expectIdle(node);
  });

  it('S3 take nothing twice when they are cancelled or their worker ends', () => {
    const node = new FakeNode({ cpus: 2 });
    const parent = node.submit();
    node.settle();
    node.block(parent, [ELSEWHERE]);
    node.say(node.driver, { kind: 'cancel', task: parent, recursive: false, force: false });
    node.tick(500);
    expectIdleExceptTask(node);
    node.tick(501);
    expect(errorOf(node, parent)).toContain('TaskCancelledError');
    const again = node.submit();
    node.settle();
    node.block(again, [objectKey(9, 5)]);
    node.crash(node.runner(again));
    node.finish(again);
    expectIdle(node, 2);
  });

  function expectIdleExceptTask(node: FakeNode): void {
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, freeCpuMilli: 2000 });
    expect(node.raylet.tableSizes().tasks).toBe(1);
  }
});

describe('short tasks', () => {
  it('are queued behind one another, and begin without a word', () => {
    const node = new FakeNode({ queueAhead: true });
    warmUp(node);
    const tasks = Array.from({ length: 5 }, () => node.submit());
    const [worker] = node.hosts();
    expect(worker?.runs).toHaveLength(5);
    node.settle();
    for (const task of tasks) node.finish(task);
    expectIdle(node);
  });

  it('S5 are not queued ahead while another job waits', () => {
    const node = new FakeNode({ queueAhead: true });
    warmUp(node);
    const tasks = Array.from({ length: 5 }, () => node.submit());
    const other = objectKey(9, 77);
    node.lease({ task: other, job: JOB + 1 });
    for (let n = 0; n < 50; n++) tasks.push(node.submit());
    for (const task of tasks.slice(0, 5)) node.finish(task);
    node.endStopped();
    expect(node.runnerOf(other)).toBeDefined();
    node.finish(other);
  });

  it('S3 do not wait behind one that comes back and has no CPU to leave them', () => {
    const node = new FakeNode({ queueAhead: true });
    warmUp(node);
    const idle = node.submit({ options: node.options({ demand: { cpuMilli: 0, custom: {} } }) });
    node.settle();
    node.block(idle, [ELSEWHERE]);
    const [first, second] = [node.submit(), node.submit()];
    node.settle();
    expect(node.raylet.load()).toMatchObject({ runningTasks: 2, queuedTasks: 0 });
    node.describe(ELSEWHERE);
    const third = node.submit();
    expect(node.raylet.load()).toMatchObject({ runningTasks: 2, queuedTasks: 2 });
    for (const task of [first, second, third, idle]) {
      node.settle();
      node.finish(task);
      expect(node.raylet.load().freeCpuMilli).toBeGreaterThanOrEqual(0);
    }
    expectIdle(node);
  });

  it('are taken back from behind a long one', () => {
    const node = new FakeNode({ queueAhead: true, cpus: 2 });
    warmUp(node);
    const tasks = Array.from({ length: 6 }, () => node.submit());
    node.settle();
    node.tick(25);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 2, queuedTasks: 4 });
    while (tasks.length > 0) {
      const place = tasks.findIndex((task) => node.runnerOf(task));
      for (const task of tasks.splice(place, 1)) node.finish(task);
    }
    expectIdle(node, 2);
  });

  it('L7 are cancelled at once as long as they have not begun', () => {
    const node = new FakeNode({ queueAhead: true });
    warmUp(node);
    const [a, b, c] = [node.submit(), node.submit(), node.submit()];
    node.say(node.driver, { kind: 'cancel', task: b, recursive: false, force: false });
    node.say(node.driver, { kind: 'cancel', task: a, recursive: false, force: false });
    for (const task of [a, b]) expect(errorOf(node, task)).toContain('TaskCancelledError');
    node.settle();
    node.finish(c);
    expectIdle(node);
  });

  it('S3 one that blocks lets the next begin, and takes its CPU again behind it', () => {
    const node = new FakeNode({ queueAhead: true });
    warmUp(node);
    const [a, b, c] = [node.submit(), node.submit(), node.submit()];
    node.settle();
    const wait = node.block(a, [ELSEWHERE]);
    const worker = node.runner(a);
    expect(worker.live.has(b)).toBe(true);
    node.describe(ELSEWHERE);
    expect(worker.of('unblocked')).toEqual([]);
    node.finish(b);
    node.finish(c);
    expect(worker.of('unblocked')).toMatchObject([{ id: wait }]);
    node.finish(a);
    expectIdle(node);
  });

  it('L4 after a crash each of those that may be to blame runs alone, and only the one that is pays', () => {
    const node = new FakeNode({ queueAhead: true });
    warmUp(node);
    const tasks = Array.from({ length: 12 }, () => node.submit());
    const bad = tasks[6] ?? 0;
    for (let n = 0; n < 200 && node.raylet.tableSizes().tasks > 0; n++) {
      node.settle();
      const [worker] = node.hosts();
      if (!worker) break;
      // Results of a batch that ends in a crash are lost with it.
      if (worker.live.has(bad) || worker.runs.some(({ task }) => task === bad)) node.crash(worker);
      else for (const task of [...worker.live.keys()]) node.finish(task);
    }
    expect(errorOf(node, bad)).toContain('WorkerCrashedError');
    for (const task of tasks)
      if (task !== bad) expect(node.told(task)).toMatchObject([{ status: OBJECT_STATUS.inline }]);
    expect(
      node
        .of('failed')
        .filter(({ counted }) => counted)
        .map(({ task }) => task),
    ).toEqual([bad, bad, bad]);
    expectIdle(node);
  });

  it('L4 of two tasks that were blocked and go on in one worker neither is blamed for its end: next time each runs alone', () => {
    const node = new FakeNode({ cpus: 2 });
    const good = ELSEWHERE;
    node.lease({ task: good });
    const worker = node.runner(good);
    node.block(good, [objectKey(9, 77)]);
    const bad = node.submit({ options: node.options({ maxRetries: 0 }) });
    node.settle();
    expect(node.runner(bad)).toBe(worker);
    node.block(bad, [objectKey(9, 78)]);
    node.describe(objectKey(9, 77));
    node.describe(objectKey(9, 78));
    node.crash(worker);
    for (const task of [good, bad])
      expect(node.of('failed')).toContainEqual(expect.objectContaining({ task, counted: false, retriedHere: true }));
    // Not even while the other is blocked.
    node.block(good, [objectKey(9, 79)]);
    node.settle();
    expect(node.runner(bad)).not.toBe(node.runner(good));
    node.crash(node.runner(bad));
    expect(errorOf(node, bad)).toContain('WorkerCrashedError');
    node.describe(objectKey(9, 79));
    node.finish(good);
    expect(node.of('finish').at(-1)).toMatchObject({ task: good, attempt: 2, outcome: OUTCOME.value });
  });

  it('100 000 ready tasks are given out in linear time', { timeout: 15_000 }, () => {
    const node = new FakeNode({ recording: false });
    const tasks: number[] = [];
    for (let n = 0; n < 100_000; n++) tasks.push(node.submit());
    node.settle();
    for (const task of tasks) node.finish(task);
    expect(node.raylet.tableSizes().tasks).toBe(0);
  });
});

describe('failures', () => {
  it('L4 a crash is retried, counted, and ends as WorkerCrashedError after maxRetries', () => {
    const node = new FakeNode();
    const task = node.submit({ options: node.options({ maxRetries: 1 }) });
    node.settle();
    node.crash(node.runner(task));
    expect(node.of('failed')).toMatchObject([
      { task, attempt: 1, counted: true, retriedHere: true, reason: END_REASON.workerCrashed },
    ]);
    node.crash(node.runner(task));
    expect(errorOf(node, task)).toContain('WorkerCrashedError');
    expectIdle(node);
  });

  it('L4 bystanders run again at no cost', () => {
    const node = new FakeNode();
    const options = node.options({ maxRetries: 0 });
    const blocked = node.submit({ options });
    node.settle();
    const child = node.submit({ options, from: node.runner(blocked), parent: blocked });
    node.block(blocked, [child]);
    node.crash(node.runner(child));
    expect(errorOf(node, child)).toEqual([]);
    expect(node.of('failed')).toMatchObject([{ task: blocked, counted: false, reason: END_REASON.bystander }]);
    node.finish(blocked);
    expectIdle(node);
  });

  it('L4 a task that runs too long pays for it, not the one that follows', () => {
    const node = new FakeNode();
    const task = node.submit({ options: node.options({ runtimeMs: 100, maxRetries: 0 }) });
    node.settle();
    node.block(task, [ELSEWHERE]);
    node.tick(1_000);
    node.describe(ELSEWHERE);
    node.tick(90);
    expect(errorOf(node, task)).toEqual([]);
    node.tick(20);
    expect(errorOf(node, task)).toContain('RuntimeLimitError');
    expectIdle(node);
  });

  it('L6 an exception is the result, unless it is to be tried again', () => {
    const node = new FakeNode();
    const value = encodeError(new RangeError('no'));
    const plain = node.submit();
    node.settle();
    node.finish(plain, { outcome: OUTCOME.error, value });
    expect(errorOf(node, plain)).toContain('RangeError');
    const stubborn = node.submit({ options: node.options({ retryExceptions: ['RangeError'], maxRetries: 2 }) });
    node.settle();
    for (let n = 0; n < 2; n++) node.finish(stubborn, { outcome: OUTCOME.error, value });
    expect(errorOf(node, stubborn)).toEqual([]);
    node.finish(stubborn, { outcome: OUTCOME.error, value });
    expect(errorOf(node, stubborn)).toContain('RangeError');
    expect(node.of('failed').map(({ reason }) => reason)).toEqual([END_REASON.exception, END_REASON.exception]);
    expectIdle(node);
  });

  it('L1 children of a second attempt are asked for first', () => {
    const node = new FakeNode({ cpus: 2 });
    const parent = node.submit();
    node.settle();
    node.crash(node.runner(parent));
    const worker = node.runner(parent);
    const known = node.submit({ from: worker, parent });
    const fresh = node.submit({ from: worker, parent });
    const dropped = node.submit({ from: worker, parent });
    expect(node.of('submit').map(({ place }) => place)).toEqual([PLACE.here, PLACE.ask, PLACE.ask, PLACE.ask]);
    node.command({ kind: 'assign', task: known, here: false });
    node.describe(known);
    node.say(worker, { kind: 'cancel', task: dropped, recursive: false, force: false });
    node.command({ kind: 'assign', task: dropped, here: true });
    node.command({ kind: 'assign', task: fresh, here: true });
    node.settle();
    node.finish(fresh);
    node.finish(parent);
    expectIdle(node, 2);
  });
});

describe('what a task says', () => {
  it('J2 comes behind the record of the task: the server has to know whose it is', () => {
    const node = new FakeNode();
    const parent = node.submit();
    node.settle();
    const child = node.submit({ from: node.runner(parent), parent });
    let isKnown = false;
    node.onLog = () => (isKnown = node.records.some((record) => record.kind === 'submit' && record.task === child));
    node.say(node.runner(parent), { kind: 'log', task: child, level: 1, text: 'hello' });
    expect(isKnown).toBe(true);
  });
});

describe('after a start of the server', () => {
  it('M3 work that the former one had found elsewhere, and this one gives back, goes to the global scheduler', () => {
    const node = new FakeNode({ cpus: 2 });
    const parent = node.submit();
    node.settle();
    node.crash(node.runner(parent));
    const worker = node.runner(parent);
    const [waiting, known, own] = [1, 2, 3].map(() => node.submit({ from: worker, parent }));
    if (!waiting || !known || !own) throw new Error('nothing was submitted');
    for (const task of [waiting, known]) node.command({ kind: 'assign', task, here: false });
    node.command({ kind: 'assign', task: own, here: true });
    node.describe(known);
    // Their submissions were sent again, to a server that knows less.
    for (const task of [waiting, known, own]) node.command({ kind: 'assign', task, here: true });
    expect(node.of('spill').map(({ task }) => task)).toEqual([waiting, known]);
    expect(node.runner(own)).toBeDefined();
  });

  it('M3 a lease answers what it asked the former one, whose answer was lost', () => {
    const node = new FakeNode({ cpus: 2 });
    const parent = node.submit();
    node.settle();
    node.crash(node.runner(parent));
    const child = node.submit({ from: node.runner(parent), parent });
    node.lease({ task: child });
    node.settle();
    node.finish(child);
    expect(node.of('finish')).toMatchObject([{ task: child, attempt: 1 }]);
  });
});

describe('a result of a lease that refers to something', () => {
  /** A leased task has ended with a reference in its value, and another task here waits for that. */
  function world() {
    const node = new FakeNode({ cpus: 2 });
    const [leased, reader] = [objectKey(3, 1), objectKey(3, 2)];
    node.lease({ task: leased });
    node.lease({ task: reader });
    node.settle();
    const worker = node.runner(reader);
    const id = node.block(reader, [leased]);
    node.finish(leased, { nested: [objectKey(3, 9)] });
    return { node, worker, leased, reader, id };
  }
  const isTold = ({ worker, reader, id }: ReturnType<typeof world>): boolean =>
    worker.live.get(reader)?.has(id) === false;

  it('L5 is seen here once the server has taken it', () => {
    const w = world();
    expect(isTold(w)).toBe(false);
    w.node.durable();
    expect(isTold(w)).toBe(true);
  });

  it('L5 is not seen here if the server refuses it: who waits for the object hears of the one that counts', () => {
    const w = world();
    w.node.command({ kind: 'dropCopy', object: w.leased });
    w.node.durable();
    expect(isTold(w)).toBe(false);
    expect(w.node.of('want')).toMatchObject([{ object: w.leased }]);
    w.node.describe(w.leased);
    expect(isTold(w)).toBe(true);
  });
});

describe('leases', () => {
  it('L4 who waits here for a task that goes back to the server is told from there', () => {
    const node = new FakeNode();
    node.lease({ task: ELSEWHERE });
    node.block(0, [ELSEWHERE]);
    expect(node.of('want')).toEqual([]);
    node.crash(node.runner(ELSEWHERE));
    expect(node.of('failed')).toMatchObject([{ task: ELSEWHERE, retriedHere: false }]);
    expect(node.of('want')).toEqual([{ kind: 'want', object: ELSEWHERE }]);
    node.describe(ELSEWHERE);
    expect(node.told(ELSEWHERE)).toHaveLength(1);
  });

  it('O3 nothing is left of a task that goes back to the server and that nobody waits for any more', () => {
    const node = new FakeNode();
    node.lease({ task: ELSEWHERE });
    const id = node.block(0, [ELSEWHERE]);
    node.say(node.driver, { kind: 'unblock', id });
    node.crash(node.runner(ELSEWHERE));
    expect(node.raylet.tableSizes()).toEqual({ tasks: 0, objects: 0, unsure: 0, cancelling: 0, waits: 0, actors: 0 });
  });

  it('M2 end in a finish record of their attempt, or go back to the server', () => {
    const node = new FakeNode();
    node.lease({ task: ELSEWHERE, attempt: 4 });
    expect(node.raylet.report().leases).toEqual([{ task: ELSEWHERE, attempt: 4 }]);
    node.finish(ELSEWHERE);
    expect(node.of('finish')).toMatchObject([{ task: ELSEWHERE, attempt: 4 }]);
    node.lease({ task: objectKey(9, 2) });
    node.crash(node.runner(objectKey(9, 2)));
    expect(node.of('failed')).toMatchObject([{ task: objectKey(9, 2), counted: true, retriedHere: false }]);
    expectIdle(node);
    expect(node.raylet.tableSizes().objects).toBe(0);
  });

  it('a task born here can come back as a lease', () => {
    const node = new FakeNode();
    node.command({ kind: 'peers', nodes: 1 });
    const tasks = Array.from({ length: 4 }, () => node.submit());
    const sent = node.of('submit').find(({ place }) => place === PLACE.global)?.task ?? 0;
    expect(sent).toBeGreaterThan(0);
    node.lease({ task: sent, attempt: 1 });
    node.settle();
    for (const task of tasks) if (node.runnerOf(task)) node.finish(task);
    for (const task of tasks) if (node.told(task).length === 0 && node.runnerOf(task)) node.finish(task);
    node.describe(sent);
    expect(node.told(sent).length).toBeGreaterThan(0);
    for (const task of tasks) if (node.told(task).length === 0) node.describe(task);
    expectIdle(node);
  });
});

describe('cancel', () => {
  it('L7 of a ready task ends it at once; of a running one, after it had time to stop', () => {
    const node = new FakeNode();
    const [running, ready] = [node.submit(), node.submit()];
    node.settle();
    node.say(node.driver, { kind: 'cancel', task: ready, recursive: false, force: false });
    expect(errorOf(node, ready)).toContain('TaskCancelledError');
    node.say(node.driver, { kind: 'cancel', task: running, recursive: false, force: false });
    expect(node.runner(running).of('cancelTask')).toMatchObject([{ task: running }]);
    expect(node.runner(running).stopped).toBe(false);
    node.tick(1_000);
    expect(errorOf(node, running)).toContain('TaskCancelledError');
    expectIdle(node);
  });

  it('L7 reaches children, and by force ends the worker at once', () => {
    const node = new FakeNode({ cpus: 2 });
    const parent = node.submit();
    node.settle();
    const child = node.submit({ from: node.runner(parent), parent });
    node.block(parent, [child]);
    node.say(node.driver, { kind: 'cancel', task: parent, recursive: true, force: true });
    node.endStopped();
    expect(errorOf(node, parent)).toContain('TaskCancelledError');
    expect(node.of('finish').map(({ task, outcome }) => [task, outcome])).toEqual(
      expect.arrayContaining([[child, OUTCOME.error]]),
    );
    expectIdle(node, 2);
  });

  it('L7 of a task whose inputs are on their way leaves nothing behind', () => {
    const node = new FakeNode();
    const task = node.submit({ deps: [ELSEWHERE] });
    node.describe(ELSEWHERE, OBJECT_STATUS.stored, 64);
    node.say(node.driver, { kind: 'cancel', task, recursive: false, force: false });
    node.fetches[0]?.done(undefined);
    node.say(node.driver, { kind: 'release', object: task, holder: 0 });
    expectIdle(node);
    expect(node.raylet.tableSizes().objects).toBe(0);
  });

  it('J3 the end of a job ends its tasks, actors and workers, and nobody else', () => {
    const node = new FakeNode({ cpus: 3 });
    node.submit({ fn: FN.actor });
    const running = node.submit();
    const waiting = node.submit({ deps: [ELSEWHERE] });
    const other = objectKey(9, 50);
    node.lease({ task: other, job: JOB + 1 });
    node.settle();
    node.command({ kind: 'stopJob', job: JOB });
    node.endStopped();
    for (const task of [running, waiting]) expect(errorOf(node, task)).toContain('TaskCancelledError');
    expect(node.raylet.report().actors).toEqual([]);
    node.finish(other);
    expectIdle(node, 3);
  });

  it('O3 a driver that leaves lets go of all it held', () => {
    const node = new FakeNode();
    const held = node.put();
    const task = node.submit();
    node.settle();
    node.block(0, [task]);
    node.crash(node.driver);
    expect(node.of('release').map(({ object }) => object)).toEqual([held, task]);
    node.finish(task);
    expectIdle(node);
    expect(node.raylet.tableSizes().objects).toBe(0);
  });
});
