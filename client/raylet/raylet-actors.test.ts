import { describe, expect, it } from 'vitest';
import { encodeError } from '#shared/errors/error-record.ts';
import { errorNames } from '#shared/errors/error-names.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import { END_REASON, FUNCTION_KIND, OUTCOME, PLACE } from '#shared/protocol/node-records.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import { FakeNode, FN, JOB } from './testing/fake-node.ts';

const ELSEWHERE = objectKey(9, 1);
const REMOTE_ACTOR = objectKey(9, 2);

function errorOf(node: FakeNode, task: number): string[] {
  const [told] = node.told(task).slice(-1);
  return told?.status === OBJECT_STATUS.error ? errorNames(told.value) : [];
}

function startActor(node: FakeNode, options = 0): number {
  const actor = node.submit({ fn: FN.actor, options });
  node.settle();
  node.finish(actor);
  return actor;
}

describe('actors', () => {
  it('A1 start the calls of one caller in order; a missing input holds back that caller only', () => {
    const node = new FakeNode({ cpus: 2 });
    const actor = startActor(node);
    const other = node.submit();
    node.settle();
    const held = node.submit({ actor, deps: [ELSEWHERE] });
    const behind = node.submit({ actor });
    const others = node.submit({ actor, from: node.runner(other), parent: other });
    node.settle();
    expect(node.runnerOf(others)).toBeDefined();
    const { runs } = node.runner(others);
    expect(runs).toEqual([]);
    node.describe(ELSEWHERE);
    expect(runs.map(({ task }) => task)).toEqual([held, behind]);
    for (const call of [others, held, behind]) node.finish(call);
    node.finish(other);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, freeCpuMilli: 2000 });
  });

  it('S3 need a CPU for their creation only', () => {
    const node = new FakeNode();
    const task = node.submit();
    node.settle();
    const actor = node.submit({ fn: FN.actor });
    const call = node.submit({ actor });
    expect(node.runnerOf(actor)).toBeUndefined();
    node.block(task, [call]);
    node.finish(actor);
    node.finish(call);
    node.finish(task);
    const busy = node.submit();
    node.settle();
    const second = node.submit({ actor });
    node.settle();
    node.finish(second);
    node.finish(busy);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, freeCpuMilli: 1000 });
  });

  it('S3 a call that waits for an object takes no CPU when it goes on', () => {
    const node = new FakeNode();
    const actor = startActor(node);
    const call = node.submit({ actor });
    node.settle();
    const busy = node.submit();
    node.block(call, [ELSEWHERE]);
    node.describe(ELSEWHERE);
    expect(node.runner(call).of('unblocked')).toHaveLength(1);
    node.finish(call);
    node.finish(busy);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, freeCpuMilli: 1000 });
  });

  it('whose constructor throws fail the calls that waited, and lose their worker', () => {
    const node = new FakeNode();
    const actor = node.submit({ fn: FN.actor });
    const call = node.submit({ actor });
    node.settle();
    node.finish(actor, { outcome: OUTCOME.error, value: encodeError(new RangeError('no')) });
    for (const key of [actor, call]) expect(errorOf(node, key)).toContain('RangeError');
    node.endStopped();
    expect(node.hosts()).toEqual([]);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, freeCpuMilli: 1000, workers: 1 });
    expect(node.submit({ actor })).toBeGreaterThan(0);
    expect(node.of('submit').at(-1)).toMatchObject({ place: PLACE.global });
  });

  it('whose worker crashes in the constructor are created again, and their calls wait on', () => {
    const node = new FakeNode();
    const actor = node.submit({ fn: FN.actor });
    const call = node.submit({ actor });
    node.settle();
    node.crash(node.runner(actor));
    expect(node.of('actorDown')).toEqual([]);
    node.finish(actor);
    node.finish(call);
    expect(node.told(call)).toMatchObject([{ status: OBJECT_STATUS.inline }]);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, freeCpuMilli: 1000 });
  });

  it('A2 that die for good fail their calls; those of one that may live again are for the server to tell of', () => {
    const node = new FakeNode();
    const mortal = startActor(node);
    const restarting = startActor(node, node.options({ maxRestarts: 1 }));
    const calls = [mortal, restarting].flatMap((actor) => [node.submit({ actor }), node.submit({ actor })]);
    node.settle();
    for (const call of [calls[0] ?? 0, calls[2] ?? 0]) node.crash(node.runner(call));
    expect(calls.map((call) => errorOf(node, call)[0])).toEqual([
      'ActorDiedError',
      'ActorDiedError',
      undefined,
      undefined,
    ]);
    expect(node.of('want').map(({ object }) => object)).toEqual(calls.slice(2));
    expect(node.of('began').map(({ task, number }) => [task, number])).toEqual([
      [calls[2], 1],
      [calls[3], 2],
    ]);
    expect(node.of('actorDown').map(({ actor }) => actor)).toEqual([mortal, restarting]);
    expect(node.raylet.load().runningTasks).toBe(0);
  });

  it('M2 are killed in the life that is meant, also before they have a worker', () => {
    const node = new FakeNode();
    const busy = node.submit();
    const waiting = node.submit({ fn: FN.actor });
    const call = node.submit({ actor: waiting });
    node.settle();
    node.command({ kind: 'killActor', actor: waiting, incarnation: 1 });
    expect(errorOf(node, call)).toContain('ActorDiedError');
    node.finish(busy);
    const starting = node.submit({ fn: FN.actor });
    node.settle();
    node.command({ kind: 'killActor', actor: starting, incarnation: 1 });
    node.endStopped();
    expect(errorOf(node, starting)).toContain('ActorDiedError');
    node.lease({ task: REMOTE_ACTOR, fn: FUNCTION_KIND.actor, incarnation: 3 });
    node.finish(REMOTE_ACTOR);
    node.command({ kind: 'killActor', actor: REMOTE_ACTOR, incarnation: 2 });
    expect(node.hosts().some(({ stopped }) => stopped)).toBe(false);
    expect(node.raylet.report().actors).toEqual([{ actor: REMOTE_ACTOR, incarnation: 3 }]);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, freeCpuMilli: 1000 });
  });

  it("A1 start a driver's calls in order whether they came through the server or not", () => {
    const node = new FakeNode();
    const actor = startActor(node);
    const held = node.submit({ actor, deps: [ELSEWHERE] });
    const behind = objectKey(node.raylet.session, 999);
    const fn = FUNCTION_KIND.method;
    node.lease({ task: behind, actor, fn, incarnation: 1, caller: node.raylet.session });
    node.settle();
    expect(node.hosts().some(({ live }) => live.size > 0)).toBe(false);
    node.describe(ELSEWHERE);
    node.settle();
    expect(node.runner(held).runs.map(({ task }) => task)).toEqual([behind]);
  });

  it('S4 that are made again where they cannot live are made elsewhere', () => {
    const node = new FakeNode();
    node.lease({ task: ELSEWHERE, attempt: 2 });
    node.settle();
    const options = node.options({ demand: { cpuMilli: 0, custom: { seat: 1000 } } });
    const actor = node.submit({ fn: FN.actor, options, from: node.runner(ELSEWHERE), parent: ELSEWHERE });
    node.command({ kind: 'assign', task: actor, here: true });
    expect(node.of('spill')).toMatchObject([{ task: actor }]);
  });

  it('M2 fail the calls of a life whose worker has not ended yet when the next life begins', () => {
    const node = new FakeNode();
    node.lease({ task: REMOTE_ACTOR, fn: FUNCTION_KIND.actor, incarnation: 1 });
    node.finish(REMOTE_ACTOR);
    const call = node.submit({ actor: REMOTE_ACTOR });
    node.settle();
    node.command({ kind: 'killActor', actor: REMOTE_ACTOR, incarnation: 1 });
    node.lease({ task: REMOTE_ACTOR, fn: FUNCTION_KIND.actor, incarnation: 2, attempt: 2 });
    expect(errorOf(node, call)).toContain('ActorUnavailableError');
    node.endStopped();
    node.finish(REMOTE_ACTOR);
    const later = node.submit({ actor: REMOTE_ACTOR });
    node.settle();
    node.finish(later);
    expect(node.told(later)).toMatchObject([{ status: OBJECT_STATUS.inline }]);
    expect(node.raylet.tableSizes().tasks).toBe(0);
  });

  it('A1 calls follow those that are still on their way through the server', () => {
    const node = new FakeNode();
    const first = node.submit({ actor: REMOTE_ACTOR });
    node.lease({ task: REMOTE_ACTOR, fn: FUNCTION_KIND.actor, incarnation: 1 });
    node.finish(REMOTE_ACTOR);
    const second = node.submit({ actor: REMOTE_ACTOR });
    expect(node.of('submit').map(({ place }) => place)).toEqual([PLACE.global, PLACE.global]);
    for (const task of [first, second])
      node.lease({ task, actor: REMOTE_ACTOR, fn: FUNCTION_KIND.method, incarnation: 1 });
    const third = node.submit({ actor: REMOTE_ACTOR });
    expect(node.of('submit').at(-1)).toMatchObject({ place: PLACE.here });
    for (const call of [first, second, third]) node.finish(call);
    expect(node.raylet.tableSizes().tasks).toBe(0);
  });

  it('a leased creation that fails goes back, and its calls with it', () => {
    const node = new FakeNode();
    node.lease({ task: REMOTE_ACTOR, fn: FUNCTION_KIND.actor, incarnation: 1 });
    const call = node.submit({ actor: REMOTE_ACTOR });
    node.crash(node.runner(REMOTE_ACTOR));
    expect(node.of('failed')).toMatchObject([{ task: REMOTE_ACTOR, retriedHere: false }]);
    expect(errorOf(node, call)).toContain('ActorUnavailableError');
    expect(node.raylet.tableSizes().tasks).toBe(0);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, freeCpuMilli: 1000 });
  });

  it('L7 a call that does not stop is given up, and the actor goes on', () => {
    const node = new FakeNode();
    const actor = startActor(node);
    const [running, queued] = [node.submit({ actor }), node.submit({ actor })];
    node.settle();
    for (const task of [queued, running])
      node.say(node.driver, { kind: 'cancel', task, recursive: false, force: true });
    node.tick(1_000);
    for (const task of [queued, running]) expect(errorOf(node, task)).toContain('TaskCancelledError');
    expect(node.hosts().some(({ stopped }) => stopped)).toBe(false);
    expect(node.raylet.load().runningTasks).toBe(0);
  });

  describe('A3 in their own good time', () => {
    const exited = (node: FakeNode) => node.of('actorDown').filter(({ reason }) => reason === END_REASON.exited);

    it('answer the calls that are here before they are asked to end', () => {
      const node = new FakeNode();
      const actor = startActor(node);
      const worker = node.hosts()[0]!;
      const [running, waiting] = [node.submit({ actor }), node.submit({ actor, deps: [ELSEWHERE] })];
      node.settle();
      node.command({ kind: 'retireActor', actor, incarnation: 1 });
      expect(node.of('submit').at(-1)).toMatchObject({ place: PLACE.here });
      const late = node.submit({ actor });
      expect(node.of('submit').at(-1)).toMatchObject({ task: late, place: PLACE.global });
      node.finish(running);
      expect(worker.of('exitActor')).toEqual([]);
      node.describe(ELSEWHERE);
      node.settle();
      node.finish(waiting);
      expect(worker.of('exitActor')).toEqual([{ kind: 'exitActor', actor, now: false }]);
      node.say(worker, { kind: 'exits', actor });
      node.say(worker, { kind: 'exited', actor });
      expect(exited(node)).toMatchObject([{ actor, incarnation: 1 }]);
      expect(worker.stopped).toBe(true);
      node.endStopped();
      expect(node.raylet.load()).toMatchObject({ runningTasks: 0, workers: 1 });
    });

    it('have a limit when nothing is unanswered any more', () => {
      const node = new FakeNode();
      const actor = startActor(node);
      const worker = node.hosts()[0]!;
      const call = node.submit({ actor });
      node.settle();
      node.command({ kind: 'retireActor', actor, incarnation: 1 });
      node.tick(60_000);
      node.finish(call);
      node.tick(6_900);
      expect(worker.stopped).toBe(false);
      expect(node.raylet.isQuiet).toBe(false);
      node.tick(200);
      expect(worker.stopped).toBe(true);
      node.endStopped();
      expect(exited(node)).toHaveLength(1);
    });

    it('by themselves: what has not begun fails, what comes later goes to the server', () => {
      const node = new FakeNode();
      const actor = startActor(node);
      const worker = node.hosts()[0]!;
      const [begun, queued, held] = [
        node.submit({ actor }),
        node.submit({ actor }),
        node.submit({ actor, deps: [ELSEWHERE] }),
      ];
      node.settle();
      node.say(worker, { kind: 'exits', actor });
      node.say(worker, { kind: 'recalled', task: queued });
      for (const call of [queued, held]) expect(errorOf(node, call)).toContain('ActorDiedError');
      const leased = objectKey(9, 77);
      node.lease({ task: leased, actor, fn: FUNCTION_KIND.method, incarnation: 1 });
      expect(node.of('finish').at(-1)).toMatchObject({ task: leased, outcome: OUTCOME.error });
      node.submit({ actor });
      expect(node.of('submit').at(-1)).toMatchObject({ place: PLACE.global });
      node.finish(begun);
      expect(node.told(begun)).toMatchObject([{ status: OBJECT_STATUS.inline }]);
      node.say(worker, { kind: 'exited', actor });
      expect(exited(node)).toMatchObject([{ actor }]);
      expect(node.raylet.load().runningTasks).toBe(0);
    });

    it('of another life are not meant (M2)', () => {
      const node = new FakeNode();
      node.lease({ task: REMOTE_ACTOR, fn: FUNCTION_KIND.actor, incarnation: 2 });
      node.finish(REMOTE_ACTOR);
      node.command({ kind: 'retireActor', actor: REMOTE_ACTOR, incarnation: 1 });
      node.tick(60_000);
      expect(node.hosts().some(({ stopped }) => stopped)).toBe(false);
    });

    it('J3 at the end of their job, if they have an onStop; the others at once', () => {
      const node = new FakeNode();
      const [tidy, plain] = [startActor(node), startActor(node)];
      const [first, second] = node.hosts();
      node.say(first!, { kind: 'tidies', actor: tidy });
      const call = node.submit({ actor: tidy });
      node.settle();
      node.command({ kind: 'stopJob', job: JOB });
      expect([first!.stopped, second!.stopped]).toEqual([false, true]);
      expect(plain).not.toBe(tidy);
      expect(first!.of('exitActor')).toEqual([{ kind: 'exitActor', actor: tidy, now: true }]);
      node.tick(1_000);
      expect(errorOf(node, call)).toContain('TaskCancelledError');
      node.say(first!, { kind: 'exited', actor: tidy });
      expect(first!.stopped).toBe(true);
    });
  });

  it('A3 with maxTaskRetries what they had not answered goes to the server, which sends it to the next life', () => {
    const node = new FakeNode();
    const actor = startActor(node, node.options({ maxRestarts: -1, maxTaskRetries: 2, maxConcurrency: 2 }));
    const [running, held] = [node.submit({ actor }), node.submit({ actor, deps: [ELSEWHERE] })];
    const leased = objectKey(9, 77);
    node.lease({ task: leased, actor, fn: FUNCTION_KIND.method, incarnation: 1 });
    node.settle();
    node.crash(node.runner(running));
    expect(
      node.records
        .slice(-4)
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['actorDown', 'failed', 'spill', 'spill']);
    expect(node.of('failed').at(-1)).toMatchObject({ task: leased, counted: false, retriedHere: false });
    const later = node.submit({ actor });
    expect(node.of('submit').at(-1)).toMatchObject({ place: PLACE.global });
    // The next life is here again; what comes back comes before what is new.
    node.lease({ task: actor, fn: FUNCTION_KIND.actor, incarnation: 2, attempt: 2 });
    node.finish(actor);
    for (const task of [running, held, leased, later])
      node.lease({ task, actor, fn: FUNCTION_KIND.method, incarnation: 2, attempt: task === later ? 1 : 2 });
    const newest = node.submit({ actor });
    expect(node.of('submit').at(-1)).toMatchObject({ place: PLACE.here });
    for (const call of [running, held, leased, later, newest]) node.finish(call);
    for (const call of [running, held, later, newest])
      expect(node.told(call)).toMatchObject([{ status: OBJECT_STATUS.inline }]);
    expect(node.raylet.tableSizes().tasks).toBe(0);
    expect(node.raylet.load().runningTasks).toBe(0);
  });

  it('A3 whether there is one with its name already the server knows: it is asked before anything is made', () => {
    const node = new FakeNode();
    const actor = node.submit({ fn: FN.actor, options: node.options({ name: 'board', getIfExists: true }) });
    expect(node.of('submit').at(-1)).toMatchObject({ task: actor, place: PLACE.global });
    expect(node.hosts()).toEqual([]);
  });

  it('A1 their workers are told how many calls may run at the same time, before the creation', () => {
    const node = new FakeNode();
    const group = { name: 'io', maxConcurrency: 2, methods: ['read'] };
    startActor(node, node.options({ maxConcurrency: 8, concurrencyGroups: [group] }));
    const kinds = node.hosts()[0]!.commands.map(({ kind }) => kind);
    expect(kinds.indexOf('concurrency')).toBeLessThan(kinds.indexOf('run'));
    expect(node.hosts()[0]!.of('concurrency')).toMatchObject([
      { maxConcurrency: 8, groups: [{ maxConcurrency: 2, methods: ['read'] }] },
    ]);
  });

  it('O3 what an actor holds is released in its own name', () => {
    const node = new FakeNode();
    const actor = startActor(node);
    const [worker] = node.hosts();
    if (!worker) throw new Error('no worker');
    node.say(worker, { kind: 'hold', object: ELSEWHERE, holder: actor });
    node.crash(worker);
    expect(node.of('release')).toMatchObject([{ object: ELSEWHERE, holder: actor }]);
  });
});
