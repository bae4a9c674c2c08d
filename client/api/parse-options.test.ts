import { describe, expect, it } from 'vitest';

import { NotYetSupportedError } from '#shared/errors/daylight-error.ts';

import { UNLIMITED } from './options.ts';
import { parseActorOptions, parseTaskOptions, resolvedOptionsKey } from './parse-options.ts';

describe('parseTaskOptions', () => {
  it('fills in the defaults', () => {
    const defaults = {
      kind: 'task',
      numCpus: 1,
      numGpus: 0,
      resources: {},
      maxRetries: 3,
      retryExceptions: [],
      runtimeMs: null,
      name: null,
      numReturns: 1,
      trust: 'own',
      idempotent: false,
      priority: 0,
      place: null,
    };
    expect(parseTaskOptions({})).toEqual(defaults);
    expect(parseTaskOptions(undefined)).toEqual(defaults);
    expect(parseTaskOptions({ numCpus: undefined, numGpus: undefined })).toEqual(defaults);
  });

  it('takes every supported option', () => {
    class MyError extends Error {}
    const raw = {
      numCpus: 0.5,
      numGpus: 0.25,
      resources: { robot: 2, arm: 0.25, none: 0 },
      maxRetries: Infinity,
      retryExceptions: [TypeError, MyError, TypeError],
      runtimeMs: 1500.5,
      name: 'step',
      numReturns: 2,
      trust: 'unchecked',
      idempotent: true,
      priority: -7,
    };
    expect(parseTaskOptions(raw)).toEqual({
      kind: 'task',
      numCpus: 0.5,
      numGpus: 0.25,
      resources: { arm: 0.25, robot: 2 },
      maxRetries: UNLIMITED,
      retryExceptions: ['MyError', 'TypeError'],
      runtimeMs: 1501,
      name: 'step',
      numReturns: 2,
      trust: 'unchecked',
      idempotent: true,
      priority: -7,
      place: null,
    });
    expect(parseTaskOptions({ retryExceptions: true }).retryExceptions).toBe(true);
    expect(parseTaskOptions({ retryExceptions: false }).retryExceptions).toEqual([]);
  });

  it.each([
    [{ numCpu: 1 }, 'a task has no option "numCpu"; did you mean "numCpus"?'],
    [{ num_cpus: 1 }, 'did you mean "numCpus"?'],
    [{ colour: 1 }, /^a task has no option "colour"$/],
    [{ maxRestarts: 1 }, 'option "maxRestarts" is for actors, not for tasks'],
    [{ constructor: 1 }, 'a task has no option "constructor"'],
    [null, 'not null'],
    [5, 'not 5'],
    [[], 'not an array'],
    [{ numCpus: '2' }, 'numCpus must be a number, not "2"'],
    [{ numCpus: null }, 'not null'],
    [{ resources: 3 }, 'resources must be an object'],
    [{ resources: { robot: true } }, 'resources.robot must be a number, not true'],
    [{ resources: { CPU: 1 } }, 'use the option numCpus'],
    [{ resources: { gpu: 1 } }, 'resources must not name "gpu": use the option numGpus'],
    [{ resources: { GPU: 1 } }, 'use the option numGpus'],
    [{ numGpus: '1' }, 'numGpus must be a number, not "1"'],
    [{ trust: 'anyone' }, 'trust must be "own" or "unchecked", not "anyone"'],
    [{ trust: true }, 'not true'],
    [{ trust: {} }, 'not an object'],
    [{ maxRetries: true }, 'maxRetries must be a whole number, not true'],
    [{ retryExceptions: TypeError }, 'retryExceptions must be true or a list'],
    [{ retryExceptions: ['TypeError'] }, '"TypeError" is none'],
    [{ retryExceptions: [Date] }, 'the function Date is none'],
    [{ retryExceptions: [class extends Error {}] }, 'has no name'],
    [{ runtimeMs: '1s' }, 'runtimeMs must be a number of milliseconds'],
    [{ name: 5 }, 'name must be a string'],
    [{ numReturns: Symbol('2') }, 'not a symbol'],
  ])('refuses %j with a TypeError in one sentence', (raw, message) => {
    expect(() => parseTaskOptions(raw)).toThrow(TypeError);
    expect(() => parseTaskOptions(raw)).toThrow(message);
  });

  it.each([
    [{ numCpus: -1 }, 'numCpus must be from 0 to 1000000000, not -1'],
    [{ numCpus: Number.NaN }, 'not NaN'],
    [{ numCpus: Infinity }, 'not Infinity'],
    [{ numGpus: -1 }, 'numGpus must be from 0 to 1000000000, not -1'],
    [{ numGpus: 1 / 3 }, 'numGpus must be a multiple of 0.0001'],
    [{ numCpus: 1 / 3 }, 'numCpus must be a multiple of 0.0001, not 0.3333333333333333: write 0.3333'],
    [{ resources: { '': 1 } }, 'name of a resource'],
    [{ resources: { robot: -0.5 } }, 'resources.robot must be from 0'],
    [{ maxRetries: -1 }, 'write Infinity for no limit'],
    [{ maxRetries: 1.5 }, 'maxRetries must be a whole number from 0'],
    [{ runtimeMs: 0 }, 'runtimeMs must be above 0'],
    [{ runtimeMs: Infinity }, 'leave it out for no limit'],
    [{ name: '  ' }, 'name must have 1 to 200 characters'],
    [{ name: 'x'.repeat(201) }, 'name must have'],
    [{ numReturns: 0 }, 'numReturns must be a whole number from 1 to 1000'],
    [{ priority: 1001 }, 'priority must be a whole number from -1000 to 1000'],
    [{ priority: 0.5 }, 'priority must be a whole number from -1000 to 1000'],
  ])('refuses %j with a RangeError in one sentence', (raw, message) => {
    expect(() => parseTaskOptions(raw)).toThrow(RangeError);
    expect(() => parseTaskOptions(raw)).toThrow(message);
  });

  it('allows fractions down to 0.0001 and forgives binary rounding', () => {
    expect(parseTaskOptions({ numCpus: 0.0001 }).numCpus).toBe(0.0001);
    expect(parseTaskOptions({ numCpus: 0.1 + 0.2 }).numCpus).toBe(0.3);
    expect(parseTaskOptions({ numCpus: 0 }).numCpus).toBe(0);
    expect(Object.is(parseTaskOptions({ numCpus: -0 }).numCpus, 0)).toBe(true);
    expect(() => parseTaskOptions({ numCpus: 0.00005 })).toThrow(RangeError);
  });

  it('refuses a known option of a later version by name', () => {
    expect(() => parseTaskOptions({ memoryBytes: 1 })).toThrow(
      'option "memoryBytes" is not available yet; a task takes numCpus, numGpus, resources, maxRetries, retryExceptions, runtimeMs, name, numReturns, trust, idempotent, priority, schedulingStrategy, labels',
    );
    for (const key of ['memoryBytes', 'placementGroup', 'deterministic']) {
      expect(() => parseTaskOptions({ [key]: 1 })).toThrow(NotYetSupportedError);
    }
  });

  it('T4 refuses trust that needs results of strangers to be checked, and says what there is', () => {
    for (const trust of ['spot', { quorum: 2 }]) {
      for (const parse of [parseTaskOptions, parseActorOptions]) {
        expect(() => parse({ trust })).toThrow(NotYetSupportedError);
        expect(() => parse({ trust })).toThrow(/results of strangers cannot be checked yet; "own" .* "unchecked" /);
      }
    }
  });
});

describe('parseActorOptions', () => {
  it('fills in the defaults and takes every supported option', () => {
    expect(parseActorOptions({})).toEqual({
      kind: 'actor',
      numCpus: 0,
      numGpus: 0,
      resources: {},
      maxRestarts: 0,
      maxTaskRetries: 0,
      getIfExists: false,
      namespace: '',
      checkpoint: null,
      maxPendingCalls: null,
      maxConcurrency: 1,
      concurrencyGroups: [],
      runtimeMs: null,
      name: null,
      priority: 0,
      place: null,
    });
    const raw = {
      numCpus: 1,
      numGpus: 1,
      resources: { arm: 1 },
      maxRestarts: 2,
      maxTaskRetries: 3,
      getIfExists: true,
      namespace: 'games',
      checkpoint: { everyCalls: 10, everyMs: 20 },
      maxPendingCalls: 10,
      maxConcurrency: 4,
      runtimeMs: 5,
      name: 'board',
      priority: 1000,
    };
    expect(parseActorOptions(raw)).toEqual({ kind: 'actor', concurrencyGroups: [], ...raw, place: null });
    expect(parseActorOptions({ ...raw, trust: 'own' })).toEqual({
      kind: 'actor',
      concurrencyGroups: [],
      ...raw,
      place: null,
    });
    expect(parseActorOptions({ maxRestarts: Infinity }).maxRestarts).toBe(UNLIMITED);
  });

  it('A1 takes concurrency groups in any order, and refuses what is none', () => {
    const groups = { io: { maxConcurrency: 4, methods: ['write', 'read'] }, admin: { maxConcurrency: 1, methods: [] } };
    expect(parseActorOptions({ concurrencyGroups: groups }).concurrencyGroups).toEqual([
      { name: 'admin', maxConcurrency: 1, methods: [] },
      { name: 'io', maxConcurrency: 4, methods: ['read', 'write'] },
    ]);
    const refused = (concurrencyGroups: unknown) => () => parseActorOptions({ concurrencyGroups });
    expect(refused([])).toThrow('such as { io: { maxConcurrency: 4');
    expect(refused({ io: 4 })).toThrow('concurrencyGroups.io must be an object');
    expect(refused({ io: { maxConcurrency: 0, methods: [] } })).toThrow('concurrencyGroups.io.maxConcurrency');
    expect(refused({ io: { maxConcurrency: 1, methods: 'read' } })).toThrow('concurrencyGroups.io.methods');
    const twice = { a: { maxConcurrency: 1, methods: ['read'] }, b: { maxConcurrency: 1, methods: ['read'] } };
    expect(refused(twice)).toThrow('method "read" is in the concurrency groups a and b');
    expect(() => parseActorOptions({ maxConcurrency: 0 })).toThrow(RangeError);
  });

  it('refuses options of tasks, of later versions, and values out of range', () => {
    expect(() => parseActorOptions({ maxRetries: 1 })).toThrow('option "maxRetries" is for tasks, not for actors');
    expect(() => parseActorOptions({ maxPendingCalls: 0 })).toThrow(RangeError);
    expect(() => parseActorOptions({ getIfExists: true })).toThrow('getIfExists is for actors with a name');
    expect(() => parseActorOptions({ namespace: 'games' })).toThrow('namespace is for actors with a name');
    expect(() => parseActorOptions({ maxRestart: 1 })).toThrow('did you mean "maxRestarts"?');
    for (const key of ['lifetime']) {
      expect(() => parseActorOptions({ [key]: 1 })).toThrow(NotYetSupportedError);
    }
    expect(() => parseActorOptions({ trust: 'unchecked' })).toThrow(NotYetSupportedError);
    expect(() => parseActorOptions({ trust: 'unchecked' })).toThrow('an actor lives on trusted nodes only');
  });

  it('A2 a checkpoint comes after calls, after a time, or after either', () => {
    const parsed = (checkpoint: unknown): unknown => parseActorOptions({ checkpoint }).checkpoint;
    expect(parsed({ everyCalls: 5 })).toEqual({ everyCalls: 5, everyMs: 0 });
    expect(parsed({ everyMs: 50, everyCalls: undefined })).toEqual({ everyCalls: 0, everyMs: 50 });
    expect(() => parsed({})).toThrow('checkpoint must be an object such as { everyCalls: 100 }');
    expect(() => parsed(10)).toThrow('not 10');
    expect(() => parsed({ everyCall: 5 })).toThrow('did you mean "everyCalls"?');
    expect(() => parsed({ everyCalls: 0 })).toThrow(RangeError);
  });
});

describe('resolvedOptionsKey', () => {
  it('is the same text for the same options, in whatever order and form they were written', () => {
    const a = resolvedOptionsKey(
      parseTaskOptions({ numCpus: 0.3, resources: { a: 1, b: 2 }, retryExceptions: [TypeError, RangeError] }),
    );
    const b = resolvedOptionsKey(
      parseTaskOptions({
        retryExceptions: [RangeError, TypeError],
        resources: { b: 2, c: 0, a: 1 },
        numCpus: 0.1 + 0.2,
      }),
    );
    expect(a).toBe(b);
    expect(a).toBe(
      '{"idempotent":false,"kind":"task","maxRetries":3,"name":null,"numCpus":0.3,"numGpus":0,"numReturns":1,"place":null,"priority":0,"resources":{"a":1,"b":2},"retryExceptions":["RangeError","TypeError"],"runtimeMs":null,"trust":"own"}',
    );
  });

  it('differs where options differ, and between tasks and actors; the text gives the record back', () => {
    const keys = [
      parseTaskOptions({}),
      parseTaskOptions({ numCpus: 2 }),
      parseTaskOptions({ numGpus: 1 }),
      parseTaskOptions({ trust: 'unchecked' }),
      parseTaskOptions({ name: 'x' }),
      parseActorOptions({}),
    ];
    expect(new Set(keys.map(resolvedOptionsKey)).size).toBe(keys.length);
    for (const options of keys) expect(JSON.parse(resolvedOptionsKey(options))).toEqual(options);
  });

  it('keeps a resource with a name that means something to JavaScript', () => {
    const raw = JSON.parse('{"resources": {"__proto__": 2}}') as unknown;
    expect(resolvedOptionsKey(parseTaskOptions(raw))).toContain('"resources":{"__proto__":2}');
  });
});
