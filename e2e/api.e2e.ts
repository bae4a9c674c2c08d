/*
 * The public API, the way users call it, on real processes: job modules through `daylight run`, plain scripts through
 * `init()`.
 */

import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { repositoryRoot } from '../scripts/source-files.ts';
import { Cluster, resultOf } from './fixtures/cluster.ts';
import { positionOf } from './fixtures/positions.ts';
import type { Outcome, SeenError } from './jobs/scenarios.ts';

const SCRIPT_LIMIT_MS = 40_000;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start([
    { name: 'one', resources: ['slot=1', 'maker=1'] },
    { name: 'two', resources: ['reader=1'] },
  ]);
});
afterAll(() => cluster.stop());

/** Scenarios by their names, from one run. */
type Outcomes = Record<string, Outcome>;

function valueOf(outcome: unknown): unknown {
  const { value, error } = outcome as { value?: unknown; error?: SeenError };
  if (error) throw new Error(`it failed: ${error.stack}`);
  return value;
}

function errorOf(outcome: unknown): SeenError {
  const { value, error } = outcome as { value?: unknown; error?: SeenError };
  if (!error) throw new Error(`it did not fail, but gave ${JSON.stringify(value)}`);
  return error;
}

describe('a job module', () => {
  let outcomes: Outcomes = {};
  let said = '';
  const value = (name: string): unknown => valueOf(outcomes[name]);
  const error = (name: string): SeenError => errorOf(outcomes[name]);

  beforeAll(async () => {
    const ended = await cluster.run('api.ts');
    said = ended.stderr;
    outcomes = resultOf(ended) as Outcomes;
  });

  it('does what the ten lines of the documentation say', () => {
    expect(value('designExample')).toEqual({ values: [0, 1, 4, 9, 16, 25, 36, 49, 64, 81], total: 49, split: [3, 7] });
  });

  it('gets back what it put and passed, with its types', () => {
    const same = [5, String(2n ** 70n), [[1, 'a']], [1], 'Float32Array', [1.5], [1, 2], true];
    expect(value('values')).toEqual({ put: same, call: same, cycle: true });
  });

  it('resolves top-level references and passes nested ones on', () => {
    expect(value('refsInArguments')).toEqual({ resolved: 12, nested: 10 });
    expect(value('refsInResults')).toEqual({ values: [1, 4, 9], mine: [1, 2, 3] });
    expect(value('returnedRef')).toBe('inside');
  });

  it('splits references by what is ready, and gives up after a time', () => {
    expect(value('waitTimeOut')).toMatchObject({ ready: true, pending: true, afterwards: 1 });
    const { late } = value('waitTimeOut') as { late: Outcome };
    expect(errorOf(late)).toMatchObject({ name: 'GetTimeoutError', code: 'get-timeout' });
  });

  it('gives every outcome when asked to settle', () => {
    expect(value('settled')).toEqual(['fulfilled', 'rejected']);
  });

  it('L7 cancels a running task with its children: they see the signal, bystanders go on', () => {
    const { cancelled, bystander } = value('cancelRunning') as { cancelled: Outcome; bystander: number };
    expect(errorOf(cancelled)).toMatchObject({ name: 'TaskCancelledError', code: 'task-cancelled' });
    expect(bystander).toBe(2);
    expect(said).toContain('gate 1: the signal came');
    expect(said).toContain('gate 1: TaskCancelledError');
    expect(said).not.toContain('gate 2: the signal came');
  });

  it('L7 cancels a queued task', () => {
    expect(errorOf(value('cancelQueued'))).toMatchObject({ name: 'TaskCancelledError' });
  });

  it('A1 runs the calls of one caller to one actor in order', () => {
    const order = Array.from({ length: 50 }, (_, i) => i);
    expect(value('actorOrder')).toEqual({ order, total: 100 + (49 * 50) / 2 });
  });

  it('A3 finds actors by name, passes handles on and kills', () => {
    expect(value('actorHandleTravels')).toEqual([11, 21]);
    expect(value('namedActor')).toBe(7);
    expect(error('noSuchActor')).toMatchObject({ name: 'ActorDiedError' });
    expect(error('noSuchActor').message).toContain('nobody');
    expect(error('killActor')).toMatchObject({ name: 'ActorDiedError', code: 'actor-died' });
    expect(error('actorError')).toMatchObject({
      name: 'TaskError',
      message: 'a method failed',
      cause: { name: 'RangeError' },
    });
  });

  it('B1 bounds the calls that wait for an actor', () => {
    expect(errorOf(value('maxPendingCalls'))).toMatchObject({ name: 'BackPressureError' });
  });

  it('maps', () => {
    expect(value('map')).toEqual({ ordered: [1, 4, 9, 16, 25], unordered: [1, 4, 9] });
  });

  it('knows its context', () => {
    const { first, second, job, ...rest } = value('context') as Record<'first' | 'second', Record<string, unknown>> & {
      job: string;
    };
    expect(rest).toMatchObject({ signal: false, random: true, once: { value: 1 } });
    expect(first).toMatchObject({ attempt: 1, job });
    expect(second).toMatchObject({ attempt: 1, job });
    expect(first['taskId']).not.toBe(second['taskId']);
    expect(said).toContain('50 %  half');
  });

  it('L6 retries an exception only if told so', () => {
    const { all, byClass, other, never } = value('retryExceptions') as Record<string, Outcome>;
    expect([all, byClass]).toEqual([3, 2]);
    expect(errorOf(other)).toMatchObject({ name: 'TaskError', message: 'attempt 1' });
    expect(errorOf(never)).toMatchObject({ name: 'TaskError', cause: { name: 'TypeError', message: 'attempt 1' } });
  });

  it('S3 nests 200 deep on two CPUs', () => {
    expect(value('depth200')).toBe(200);
  });

  it('frees references', () => {
    const { kept, freed, json } = value('free') as Record<string, Outcome>;
    expect(kept).toBe(1);
    expect(errorOf(freed).message).toContain('was freed');
    expect(errorOf(json).message).toContain('cannot be written as JSON');
  });

  it('is told that a reference is not fetched by await', () => {
    const { value: fetched, awaited } = value('awaitedRef') as Record<string, Outcome>;
    expect(fetched).toBe(4);
    expect(errorOf(awaited)).toMatchObject({ name: 'TypeError', message: expect.stringContaining('await get(ref)') });
  });

  it('is told what is not there yet', () => {
    expect(error('notYet')).toMatchObject({ name: 'NotYetSupportedError' });
    expect(error('notYet').message).toContain('"memoryBytes" is not available yet');
    expect(error('numReturns').message).toContain('"numReturns" above 1 is not available yet');
  });
});

describe('errors', () => {
  let outcomes: Outcomes = {};
  const error = (name: string): SeenError => errorOf(outcomes[name]);

  beforeAll(async () => {
    outcomes = (await cluster.result('errors.ts')) as Outcomes;
  });

  it.each(['throwNow', 'throwLater', 'throwAfterGet', 'method', 'constructor'])(
    'show the line of the user: %s',
    (name) => {
      expect(error(name).stack).toContain(positionOf('jobs/errors.ts', name));
    },
  );

  it('show lines of imported modules, and who called', () => {
    expect(error('throwBelow').stack).toContain(positionOf('jobs/errors-helper.ts', 'throwBelow'));
    expect(error('throwBelow').stack).toMatch(/\berrors\.ts:\d+/);
  });

  it('are TaskErrors with the thrown error as their cause', () => {
    expect(error('throwNow')).toMatchObject({
      name: 'TaskError',
      message: 'thrown at once',
      code: 'task-failed',
      cause: { name: 'RangeError', message: 'thrown at once' },
    });
    expect(error('throwAfterGet')).toMatchObject({
      message: 'got 1',
      cause: { name: 'OwnError', cause: { name: 'TypeError', message: 'the cause' } },
    });
    expect(error('throwText')).toMatchObject({ name: 'TaskError', message: expect.stringContaining('just text') });
    expect(valueOf(outcomes['instance'])).toEqual([true, true]);
  });

  it('L6 go to those that need the result', () => {
    expect(error('passOn')).toMatchObject({ name: 'TaskError', message: 'thrown at once' });
    expect(error('dependent')).toMatchObject({ name: 'TaskError', message: 'thrown at once' });
    expect(error('dependent').stack).toContain(positionOf('jobs/errors.ts', 'throwNow'));
  });

  it('name the argument that cannot travel', () => {
    expect(error('notSerializable')).toMatchObject({ name: 'SerializationError' });
  });

  it('of tasks nobody asks for disturb nobody', () => {
    expect(valueOf(outcomes['unhandled'])).toBe(5);
  });

  it.each([
    ['now', 'mainNow'],
    ['later', 'mainLater'],
    ['task', 'throwLater'],
  ])('end `daylight run` with exit code 1 and the line of the user: %s', async (fail, name) => {
    const { code, stderr, stdout } = await cluster.run('errors.ts', { args: { fail } });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(positionOf('jobs/errors.ts', name));
    expect(stderr).toContain('RangeError');
    expect(stderr).not.toMatch(/file:\/\/|node:internal|job:\/\//);
  });
});

describe('large objects', () => {
  it('O2 travel between hosts through the server, and to and from the driver', async () => {
    const result = await cluster.result('big-objects.ts');
    const moved = { ok: true, madeOn: 'one', readOn: 'two' };
    expect(result).toEqual({
      between: [moved, moved],
      sent: { ok: true, madeOn: 'driver', readOn: 'two' },
      here: [true, true],
    });
  });
});

describe('a plain script', () => {
  const script = path.join(repositoryRoot, 'e2e', 'scripts', 'init.ts');

  it.each(['joins a cluster', 'has a cluster of its own'])(
    '%s, and calls inline functions and modules',
    async (kind) => {
      const { url, joinToken } = cluster.address;
      const running = cluster.processes.node([script, ...(kind === 'joins a cluster' ? [url, joinToken] : [])]);
      const result = resultOf(await running.end(SCRIPT_LIMIT_MS)) as Record<string, Outcome>;
      expect(result).toMatchObject({ inline: [8, 9], module: [9, 3], actor: [3, 13], deep: 20, job: true });
      expect(errorOf(result['inlineError']).stack).toContain(positionOf('scripts/init.ts', 'inline'));
      expect(errorOf(result['moduleError']).stack).toContain(positionOf('jobs/errors.ts', 'throwLater'));
      expect(errorOf(result['wrongName']).message).toMatch(/no remote function or class "sqare".*"square"/s);
      expect(errorOf(result['freeVariable'])).toMatchObject({
        name: 'BundleError',
        message: expect.stringContaining('missing'),
      });
      expect(errorOf(result['again']).message).toContain('init() was called before');
    },
  );
});
