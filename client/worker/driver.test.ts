import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { context } from '../api/context.ts';
import { cancel, get, getActor, put, wait } from '../api/objects.ts';
import type { ObjectRef } from '../api/object-ref.ts';
import { type ClassStub, classStub, type FunctionStub, functionStub, registeredStub } from '../api/remote.ts';
import { encodeError } from '#shared/errors/error-record.ts';
import {
  BackPressureError,
  GetTimeoutError,
  SerializationError,
  TaskError,
  WorkerCrashedError,
} from '#shared/errors/daylight-error.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import { requests } from '#shared/protocol/requests.ts';
import { sharedBytes } from '#shared/testing/shared-bytes.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { decodeArgs } from '#shared/serialization/value-codec.ts';
import { optionsFromJson } from '#shared/task/task-options.ts';
import type { PendingModule } from './call-target.ts';
import { FakeRaylet, FIRST_KEY, testPorts } from './testing/fake-raylet.ts';
import { type Driver, startDriver } from './worker-runtime.ts';

const MODULE = { hash: 'h1', code: 'export {}', sourceMap: '' };
/** What values lie in where the job does not say: a browser's worker has no memory that it could share. */
const OwnMemory = typeof SharedArrayBuffer === 'undefined' ? ArrayBuffer : SharedArrayBuffer;
const anyFunction = (): unknown => undefined;

let raylet: FakeRaylet;
let driver: Driver;
let double: FunctionStub;

beforeEach(async () => {
  raylet = new FakeRaylet();
  driver = await startDriver(raylet.workerEnd, testPorts());
  double = registeredStub(anyFunction, 'tasks#double', MODULE) as FunctionStub;
});
afterEach(() => driver.close());

const typed = (ref: ObjectRef<unknown>): ObjectRef<never> => ref as ObjectRef<never>;

describe('submitting', () => {
  it('introduces module, function and options once, names calls by consecutive keys, in one frame', async () => {
    await raylet.settle();
    const frames = raylet.workerEnd.sentFrames;
    double.remote(1);
    double.remote(2);
    await raylet.settle();
    expect(raylet.received.map(({ kind }) => kind)).toEqual([
      'ready',
      'module',
      'function',
      'options',
      'submit',
      'submit',
    ]);
    expect(raylet.of('submit').map(({ task }) => task)).toEqual([FIRST_KEY, FIRST_KEY + 1]);
    expect(raylet.workerEnd.sentFrames - frames).toBe(1);
    expect(raylet.of('function')[0]).toMatchObject({ fn: 0, module: 'h1', name: 'tasks#double', functionKind: 0 });
  });

  it('L1 counts equal calls apart from different ones, and tells arguments that differ only in their references apart', async () => {
    double.remote(1);
    double.remote(2);
    double.remote(1);
    const [a, b] = [put('a'), put('b')];
    double.remote(a);
    double.remote(b);
    double.remote(a);
    await raylet.settle();
    expect(raylet.of('submit').map(({ k }) => k)).toEqual([0, 0, 1, 0, 0, 1]);
  });

  it('numbers argument slots and inner references apart', async () => {
    const [a, b, c] = [put('a'), put('b'), put('c')];
    double.remote({ a }, b, [c], a);
    await raylet.settle();
    const [{ args, deps, nested }] = raylet.of('submit') as [ReturnType<typeof raylet.of<'submit'>>[0]];
    const keys = raylet.of('put').map(({ object }) => object);
    expect(deps).toEqual([keys[1], keys[0]]);
    expect(nested).toEqual([keys[0], keys[2]]);
    const decoded = decodeArgs(args, {
      copy: true,
      argument: (index) => deps[index],
      reference: (index) => ({ key: nested[index] }),
    });
    expect(decoded).toEqual([{ a: { key: keys[0] } }, keys[1], [{ key: keys[2] }], keys[0]]);
  });

  it('O2 puts a large argument into the store first and passes it by reference', async () => {
    const memories: unknown[] = [];
    raylet.onMessage = (_message, memory) => memory !== undefined && memories.push(memory);
    double.remote(new Float64Array(20_000), 1);
    await raylet.settle();
    expect(raylet.of('put')[0]?.sizeBytes).toBeGreaterThan(160_000);
    expect(memories[0]).toBeInstanceOf(OwnMemory);
    expect(raylet.of('submit')[0]?.deps).toEqual([raylet.of('put')[0]?.object]);
  });

  it('refuses what cannot be sent, naming the path, and a mistaken option', () => {
    expect(() => double.remote({ f: () => 1 })).toThrow(SerializationError);
    expect(() => double.remote({ f: () => 1 })).toThrow('args[0].f');
    expect(() => double.options({ numCpu: 2 })).toThrow('numCpus');
  });

  it('sends options in thousandths, with -1 for no limit', async () => {
    double.options({ numCpus: 0.5, maxRetries: Infinity, retryExceptions: [TypeError] }).remote();
    await raylet.settle();
    expect(optionsFromJson(raylet.of('options')[0]?.json ?? '')).toMatchObject({
      demand: { cpuMilli: 500 },
      maxRetries: -1,
      retryExceptions: ['TypeError'],
    });
  });

  it('B1 asks for more names in time and throws BackPressureError without any', async () => {
    const small = new FakeRaylet(8);
    const other = await startDriver(small.workerEnd, testPorts());
    for (let call = 0; call < 8; call++) double.remote(call);
    expect(() => double.remote(9)).toThrow(BackPressureError);
    expect(() => double.remote(9)).toThrow(/fn\.map.*context\(\)\.ready\(\)/);
    await small.settle();
    expect(small.of('moreKeys')).toHaveLength(1);
    small.say({ kind: 'keys', from: 5000, to: 5008 });
    await small.settle();
    double.remote(9);
    other.close();
  });
});

describe('get and wait', () => {
  it('resolves without a message when everything is here', async () => {
    const ref = double.remote(1);
    await raylet.settle();
    raylet.sayInline(FIRST_KEY, 42);
    await raylet.settle();
    expect(await get(ref)).toBe(42);
    expect(await get([ref, ref])).toEqual([42, 42]);
    expect(raylet.of('block')).toHaveLength(0);
  });

  it('blocks once for all that is missing and a driver resolves as the values arrive', async () => {
    const refs = [double.remote(1), double.remote(2)];
    const values = get(refs);
    await raylet.settle();
    expect(raylet.of('block')).toMatchObject([
      { task: 0, needed: 2, timeoutMs: 0, fetch: true, objects: [FIRST_KEY, FIRST_KEY + 1] },
    ]);
    raylet.sayInline(FIRST_KEY + 1, 'b');
    raylet.sayInline(FIRST_KEY, 'a');
    expect(await values).toEqual(['a', 'b']);
  });

  it('L6 an exception arrives as TaskError with its cause, a system error as its class, and one error ends the get', async () => {
    const refs = [double.remote(1), double.remote(2)];
    const outcome = get(refs).catch((error: unknown) => error);
    await raylet.settle();
    raylet.sayBytes(FIRST_KEY, OBJECT_STATUS.error, encodeError(new RangeError('too big')));
    const error = await outcome;
    expect(error).toBeInstanceOf(TaskError);
    expect((error as TaskError).cause).toBeInstanceOf(RangeError);
    expect((error as TaskError).message).toContain('too big');
    await raylet.settle();
    expect(raylet.of('unblock')).toHaveLength(1);
    raylet.sayBytes(FIRST_KEY + 1, OBJECT_STATUS.error, encodeError(new WorkerCrashedError('gone')));
    await raylet.settle();
    expect(await get(refs, { settled: true })).toMatchObject([
      { status: 'rejected' },
      { status: 'rejected', reason: expect.any(WorkerCrashedError) as unknown },
    ]);
  });

  it("times out by the raylet's word, and aborts by the signal's", async () => {
    const ref = double.remote(1);
    const late = get(ref, { timeoutMs: 5 }).catch((error: unknown) => error);
    await raylet.settle();
    expect(raylet.of('block')[0]?.timeoutMs).toBe(5);
    raylet.say({ kind: 'unblocked', id: raylet.of('block')[0]?.id ?? 0, timedOut: true });
    expect(await late).toBeInstanceOf(GetTimeoutError);
    const controller = new AbortController();
    const aborted = get(ref, { signal: controller.signal }).catch((error: unknown) => error);
    controller.abort(new Error('no longer'));
    expect(await aborted).toMatchObject({ message: 'no longer' });
    await raylet.settle();
    expect(raylet.of('unblock')).toHaveLength(1);
  });

  it('wait splits in the given order and fetches nothing', async () => {
    const refs = [double.remote(1), double.remote(2), double.remote(3)];
    const split = wait(refs.map(typed), { numReturns: 1 });
    await raylet.settle();
    raylet.say({
      kind: 'object',
      object: FIRST_KEY + 1,
      status: OBJECT_STATUS.stored,
      sizeBytes: 9e6,
      value: new Uint8Array(0),
      nested: [],
      attachment: 0,
    });
    const { ready, pending } = await split;
    expect([ready, pending]).toEqual([[refs[1]], [refs[0], refs[2]]]);
    expect(raylet.of('block')[0]).toMatchObject({ fetch: false, needed: 1 });
    // The value is on another node: a get has to fetch it.
    void get(typed(refs[1]!)).catch(() => undefined);
    await raylet.settle();
    expect(raylet.of('block')[1]).toMatchObject({ fetch: true, objects: [FIRST_KEY + 1] });
  });

  it.each([
    ['shared memory stays with both', true, (sizeBytes: number) => sharedBytes(sizeBytes).buffer],
    ['memory that cannot be shared is asked for', false, (sizeBytes: number) => new ArrayBuffer(sizeBytes)],
  ])('a large put is read back, by view or by copy: %s', async (_, isShared, allocate) => {
    driver.close();
    raylet = new FakeRaylet();
    driver = await startDriver(raylet.workerEnd, testPorts({ allocate }));
    const stored = new Map<number, Attachment>();
    raylet.onMessage = (message, memory) => {
      if (message.kind === 'put' && memory !== undefined) stored.set(message.object, memory);
      if (message.kind !== 'block') return;
      for (const object of message.objects) {
        const sizeBytes = raylet.of('put').find((put) => put.object === object)?.sizeBytes ?? 0;
        const place = { object, status: OBJECT_STATUS.stored, sizeBytes, value: new Uint8Array(0), nested: [] };
        raylet.say({ kind: 'object', ...place, attachment: 0 }, stored.get(object));
      }
    };
    const ref = put(new Float64Array(50_000).fill(7)) as ObjectRef<Float64Array>;
    const view = await get(ref);
    expect(view[49_999]).toBe(7);
    expect(view.buffer === stored.get(FIRST_KEY)).toBe(isShared);
    const copy = await get(ref, { copy: true });
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
    expect(copy.buffer).not.toBe(view.buffer);
    expect(copy).toEqual(view);
  });
});

describe('map', () => {
  it('keeps a bounded number in flight, gives results in order, and cancels what is left when the consumer leaves', async () => {
    raylet.onMessage = (message) => {
      if (message.kind === 'submit') raylet.sayInline(message.task, decodeArgs(message.args, { copy: true })[0]);
    };
    let read = 0;
    function* items(): Generator<number> {
      for (;;) yield read++;
    }
    const seen: unknown[] = [];
    for await (const value of double.map(items(), { maxInFlight: 4 })) {
      seen.push(value);
      if (seen.length === 10) break;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(read).toBeLessThanOrEqual(14);
    await raylet.settle();
    expect(raylet.of('cancel')).toHaveLength(3);
  });
});

describe('references', () => {
  it('O3 free tells the raylet once, and the reference is refused afterwards', async () => {
    const ref = put(1);
    ref.free();
    ref.free();
    await raylet.settle();
    expect(raylet.of('release')).toMatchObject([{ object: FIRST_KEY, holder: 0 }]);
    await expect(get(ref)).rejects.toThrow('was freed');
  });

  it('O3 a driver holds a reference that it finds in a value', async () => {
    const ref = double.remote(1);
    await raylet.settle();
    const inner = FIRST_KEY + 500;
    const nested = driver.core.references.adoptReceived(inner, { scope: 'task' } as never);
    const bytes = await import('#shared/serialization/value-codec.ts').then(({ encodeValue }) =>
      encodeValue({ nested }, driver.core.arguments.context).toBytes(),
    );
    nested.free();
    raylet.received.length = 0;
    raylet.sayBytes(FIRST_KEY, OBJECT_STATUS.inline, bytes, [inner]);
    await raylet.settle();
    const value = (await get(ref)) as { nested: ObjectRef<unknown> };
    await raylet.settle();
    expect(raylet.of('hold')).toMatchObject([{ object: inner, holder: 0 }]);
    expect(value.nested.id).toBe('1.501');
  });
});

describe('actors', () => {
  class Counter {
    inc(): number {
      return 1;
    }
  }

  it('A1 creates an actor with its methods listed and calls it by key', async () => {
    const RemoteCounter = registeredStub(Counter as never, 'tasks#RemoteCounter', MODULE) as ClassStub;
    const handle = RemoteCounter.options({ maxPendingCalls: 2, maxRestarts: 1 }).remote() as unknown as {
      inc: { remote(): ObjectRef<number> };
    };
    handle.inc.remote();
    handle.inc.remote();
    expect(() => handle.inc.remote()).toThrow(BackPressureError);
    expect(() => (handle as unknown as { incr: unknown }).incr).toThrow('inc');
    await raylet.settle();
    expect(optionsFromJson(raylet.of('options')[0]?.json ?? '')).toMatchObject({
      actor: { className: 'Counter', methods: ['inc'] },
      maxRestarts: 1,
      demand: { cpuMilli: 0 },
    });
    expect(raylet.of('submit').map(({ actor }) => actor)).toEqual([0, FIRST_KEY, FIRST_KEY]);
    expect(raylet.of('function')[1]).toMatchObject({ module: '', name: 'Counter.inc', functionKind: 2 });
    raylet.sayInline(FIRST_KEY + 1, 1);
    await raylet.settle();
    handle.inc.remote();
  });

  it('finds a named actor by a question', async () => {
    raylet.onMessage = (message) => {
      if (message.kind !== 'request') return;
      const writer = new ByteWriter();
      requests.getActor.answer.write(writer, { actor: 77, className: 'Counter', methods: ['inc'] });
      raylet.say({ kind: 'response', id: message.id, ok: true, body: writer.finish() });
    };
    const handle = await getActor<Counter>('c');
    handle.inc.remote();
    await raylet.settle();
    expect(raylet.of('submit')[0]?.actor).toBe(77);
  });
});

describe('modules in the making', () => {
  it('keeps everything from the first call on back until the bundle is there', async () => {
    const made = Promise.withResolvers<Awaited<PendingModule['ready']>>();
    const module: PendingModule = { ready: made.promise };
    const later = functionStub({ kind: 0, name: 'later', module: () => module }, 'later');
    later.remote(1);
    double.remote(2);
    await raylet.settle();
    expect(raylet.of('submit')).toHaveLength(0);
    made.resolve({ source: { ...MODULE, hash: 'h2' }, nameOf: (name) => `m#${name}`, methodsOf: () => [] });
    await raylet.settle();
    expect(raylet.of('submit').map(({ task }) => task)).toEqual([FIRST_KEY, FIRST_KEY + 1]);
    expect(raylet.of('function')[0]).toMatchObject({ module: 'h2', name: 'm#later' });
  });

  it('a bundle that fails ends its calls and what depends on them, and nothing else', async () => {
    const made = Promise.withResolvers<never>();
    const module: PendingModule = { ready: made.promise };
    const broken = classStub(
      { kind: 1, name: 'Broken', module: () => module },
      { className: 'Broken', methods: ['run'] },
    );
    const handle = broken.remote() as unknown as { run: { remote(): ObjectRef<number> } };
    const failing = get(handle.run.remote()).catch((error: unknown) => error);
    const other = double.remote(2);
    made.reject(new Error('tasks.ts:3:1: syntax'));
    expect(await failing).toMatchObject({ message: 'tasks.ts:3:1: syntax' });
    await raylet.settle();
    expect(raylet.of('submit')).toHaveLength(1);
    raylet.sayInline(raylet.of('submit')[0]?.task ?? 0, 4);
    await raylet.settle();
    expect(await get(other)).toBe(4);
  });
});

describe('main', () => {
  it('L8 context() works inside main only, and its end is reported', async () => {
    raylet.onMessage = (message) => message.kind === 'flush' && raylet.say({ kind: 'flushed', id: message.id });
    expect(() => context()).toThrow('only inside a task');
    const result = await driver.runMain(async (args: { n: number }) => ({ n: args.n, node: context().node }), { n: 3 });
    expect(result).toEqual({ n: 3, node: 'test-node' });
    expect(new TextDecoder().decode(raylet.of('jobFinished')[0]?.value)).toBe('{"n":3,"node":"test-node"}');
    await expect(driver.runMain(() => Promise.reject(new Error('broke')), {})).rejects.toThrow('broke');
    expect(raylet.of('jobFinished')[1]?.outcome).toBe(1);
  });

  it('a lost raylet ends what waits', async () => {
    const ref = double.remote(1);
    const waiting = get(ref).catch((error: unknown) => error);
    await raylet.settle();
    raylet.end.close();
    expect(await waiting).toMatchObject({ code: 'connection-lost' });
    expect(() => double.remote(2)).toThrow('raylet ended');
  });

  it('L7 cancel asks the raylet and waits until it was handed over', async () => {
    raylet.onMessage = (message) => message.kind === 'flush' && raylet.say({ kind: 'flushed', id: message.id });
    const ref = double.remote(1);
    expect(await cancel(ref)).toEqual({ queued: 1, running: 0, finished: 0 });
    expect(raylet.of('cancel')).toMatchObject([{ task: FIRST_KEY, recursive: true, force: false }]);
  });
});
