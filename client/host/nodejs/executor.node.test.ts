import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bundleModule } from '#client/bundler/job-bundler.ts';
import { mapStack } from '#client/bundler/stack-mapper.ts';
import { decodeError } from '#shared/errors/error-record.ts';
import { SerializationError } from '#shared/errors/daylight-error.ts';
import { decodeValue, encodeArgs } from '#shared/serialization/value-codec.ts';
import { FakeRaylet, FIRST_KEY, testPorts } from '#client/worker/testing/fake-raylet.ts';
import type { WorkerPorts } from '#client/worker/ports.ts';
import { ToldBudget } from '#client/worker/told-budget.ts';
import { startWorker } from '#client/worker/worker-runtime.ts';
import { OUTCOME } from '#shared/protocol/node-records.ts';

const SOURCE = `
import { remote, get, put, context } from 'daylight';
export const add = remote((a, b) => a + b);
export const fails = remote(() => {
  throw new RangeError('over the top');
});
export const nothing = remote(() => {});
export const notSendable = remote(() => ({ deep: { call: () => 1 } }));
export const large = remote(() => new Float64Array(50_000));
export const spawns = remote(async (x) => { const ref = add.remote(x, 1); const value = await get(ref); return [value, context().taskId, add.remote(9, 9) !== undefined]; });
export const idle = remote(async () => { await context().signal.aborted; await new Promise((resolve) => context().signal.addEventListener('abort', resolve)); throw context().signal.reason; });
export const hurries = remote(async () => {
  for (const part of [1, 2, 3]) context().progress(part / 10, 'part ' + part);
  await new Promise((resolve) => setTimeout(resolve, 100));
});
export const speaks = remote((x) => { console.log('hello', x); context().progress(0.5, 'half'); return context().attempt; });
export const readsRef = remote(async ({ ref }) => get(ref));
export const leaves = remote(() => context().exitActor());
export class Plain { #n = 0; async onStart() { await null; this.#n = 100; } async inc(by) { await null; return (this.#n += by); } }
export const RemoteCounter = remote(Plain);
const opened = new Map();
const until = (gate) => new Promise((resolve) => opened.set(gate, resolve));
class Async {
  #running = 0;
  async hold(gate) { this.#running += 1; const now = this.#running; const before = context().taskId; await until(gate); this.#running -= 1; return [now, before, context().taskId]; }
  open(gate) { opened.get(gate)(); return 'opened'; }
  async idle() { await until('never'); }
  async asks(x) { const value = await get(add.remote(x, 1)); return [value, context().taskId]; }
  leave() { context().exitActor(); return 'left'; }
  async onStop() { await null; console.log('tidied'); }
}
export const RemoteAsync = remote(Async);
`;
const NAMES = [
  'add',
  'fails',
  'nothing',
  'notSendable',
  'large',
  'spawns',
  'idle',
  'speaks',
  'hurries',
  'readsRef',
  'leaves',
  'RemoteCounter',
  'RemoteAsync',
] as const;
const fnOf = (name: (typeof NAMES)[number]): number => NAMES.indexOf(name);
const INC = NAMES.length;
const METHODS = ['hold', 'open', 'idle', 'asks', 'leave'] as const;
const methodOf = (name: (typeof METHODS)[number]): number => INC + 1 + METHODS.indexOf(name);

let raylet: FakeRaylet;
let variant = 0;
const console0 = { ...console };

async function start(ports: Partial<WorkerPorts> = {}): Promise<void> {
  raylet = new FakeRaylet();
  startWorker(raylet.workerEnd, testPorts({ mapStack: (stack, maps) => mapStack(stack, maps), ...ports }));
  // Another text, so that this worker evaluates a module of its own.
  const { hash, code, sourceMap } = await bundleModule({
    source: `${SOURCE}\nexport const variant = ${variant++};`,
    fileName: 'job.ts',
  });
  const encoder = new TextEncoder();
  raylet.say({ kind: 'module', module: hash, code: encoder.encode(code), sourceMap: encoder.encode(sourceMap) });
  NAMES.forEach((name, fn) =>
    raylet.say({
      kind: 'function',
      fn,
      module: hash,
      name: `job#${name}`,
      functionKind: name.startsWith('Remote') ? 1 : 0,
    }),
  );
  raylet.say({ kind: 'function', fn: INC, module: '', name: 'Counter.inc', functionKind: 2 });
  METHODS.forEach((name, index) =>
    raylet.say({ kind: 'function', fn: INC + 1 + index, module: '', name: `Async.${name}`, functionKind: 2 }),
  );
}

beforeEach(() => start());
afterEach(() => void Object.assign(console, console0));

const args = (...values: unknown[]): Uint8Array => encodeArgs(values, {}).toBytes();
const results = async (count: number): Promise<ReturnType<typeof raylet.of<'result'>>> => {
  await vi.waitFor(() => expect(raylet.of('result').length).toBeGreaterThanOrEqual(count), { interval: 1 });
  return raylet.of('result');
};
const valueOf = ({ value }: { value: Uint8Array }): unknown =>
  decodeValue(value, { copy: true, reference: (index) => ({ index }) });

describe('executor', () => {
  it('evaluates the module, runs tasks in order and reports values', async () => {
    raylet.run({ task: 11, fn: fnOf('add'), args: args(1, 2) });
    raylet.run({ task: 12, fn: fnOf('nothing') });
    const [first, second] = await results(2);
    expect([first?.task, valueOf(first!), second?.task, valueOf(second!)]).toEqual([11, 3, 12, undefined]);
    expect(raylet.of('ready')).toMatchObject([{ threadId: 7 }]);
  });

  it("L6 reports an exception with the line of the user's file", async () => {
    raylet.run({ task: 11, fn: fnOf('fails') });
    const [result] = await results(1);
    expect(result?.outcome).toBe(1);
    const error = decodeError(result!.value);
    expect(error).toBeInstanceOf(RangeError);
    expect(error.stack).toContain('job.ts:5:');
  });

  it('S2 gives back a run that has not begun when it is asked, and answers for one that has with its result', async () => {
    raylet.run({ task: 11, fn: fnOf('add'), args: args(1, 2) });
    raylet.run({ task: 12, fn: fnOf('add'), args: args(3, 4) });
    raylet.say({ kind: 'recall', task: 12 });
    raylet.run({ task: 13, fn: fnOf('nothing') });
    expect((await results(2)).map(({ task }) => task)).toEqual([11, 13]);
    expect(raylet.of('recalled')).toEqual([{ kind: 'recalled', task: 12 }]);
    raylet.say({ kind: 'recall', task: 11 });
    raylet.run({ task: 14, fn: fnOf('nothing') });
    await results(3);
    expect(raylet.of('recalled')).toHaveLength(1);
  });

  it('L7 with a claim board a cancelled run leaves the queue without a word: the board has told', async () => {
    await start({ claims: new Int32Array(8) });
    raylet.run({ task: 11, fn: fnOf('nothing'), claim: 1 });
    raylet.run({ task: 12, fn: fnOf('nothing'), claim: 2 });
    raylet.say({ kind: 'cancelTask', task: 12 });
    raylet.run({ task: 13, fn: fnOf('nothing'), claim: 3 });
    expect((await results(2)).map(({ task }) => task)).toEqual([11, 13]);
    expect(raylet.of('recalled')).toHaveLength(0);
  });

  it('an unsendable result is a SerializationError that names the path', async () => {
    raylet.run({ task: 11, fn: fnOf('notSendable') });
    const error = decodeError((await results(1))[0]!.value);
    expect(error).toBeInstanceOf(SerializationError);
    expect(error.message).toContain('value.deep.call is a function');
  });

  it('O2 a large result travels as shared memory, or is refused when the store is full', async () => {
    const memories: unknown[] = [];
    raylet.onMessage = (_message, memory) => memory !== undefined && memories.push(memory);
    raylet.run({ task: 11, fn: fnOf('large') });
    const [result] = await results(1);
    expect(memories[0]).toBeInstanceOf(SharedArrayBuffer);
    expect(result?.sizeBytes).toBeGreaterThan(400_000);
    await start({ budget: { tryReserve: () => false } });
    raylet.run({ task: 12, fn: fnOf('large') });
    expect(decodeError((await results(1))[0]!.value)).toMatchObject({ code: 'object-store-full' });
  });

  it('O4 without shared memory a task makes no more than the raylet says there is room for', async () => {
    await start({ budget: new ToldBudget() });
    const outcomes = async (count: number): Promise<string[]> =>
      (await results(count)).map(({ outcome, value }) =>
        outcome === OUTCOME.value ? 'stored' : String(Reflect.get(decodeError(value), 'code')),
      );
    raylet.run({ task: 11, fn: fnOf('large') });
    expect(await outcomes(1)).toEqual(['object-store-full']);
    raylet.say({ kind: 'room', freeBytes: 1_000_000 });
    for (const task of [12, 13, 14]) raylet.run({ task, fn: fnOf('large') });
    expect(await outcomes(4)).toEqual(['object-store-full', 'stored', 'stored', 'object-store-full']);
  });

  it('S3 a task blocked in get lets the next one start, and goes on when it is unblocked', async () => {
    raylet.run({ task: 11, fn: fnOf('spawns'), args: args(5) });
    raylet.run({ task: 12, fn: fnOf('add'), args: args(1, 1) });
    const [other] = await results(1);
    expect(other?.task).toBe(12);
    const [block] = raylet.of('block');
    expect(block).toMatchObject({ task: 11, objects: [FIRST_KEY], fetch: true });
    expect(raylet.of('submit')[0]).toMatchObject({ task: FIRST_KEY, parent: 11, k: 0 });
    raylet.sayInline(FIRST_KEY, 6);
    await raylet.settle();
    expect(raylet.of('result')).toHaveLength(1);
    raylet.say({ kind: 'unblocked', id: block!.id, timedOut: false });
    expect(valueOf((await results(2))[1]!)).toEqual([6, '0.11', true]);
  });

  it('L8 two blocked tasks each go on as themselves, although one frame wakes both', async () => {
    raylet.run({ task: 11, fn: fnOf('spawns'), args: args(1) });
    raylet.run({ task: 12, fn: fnOf('spawns'), args: args(2) });
    await vi.waitFor(() => expect(raylet.of('block')).toHaveLength(2), { interval: 1 });
    const [a, b] = raylet.of('block');
    raylet.sayInline(a!.objects[0]!, 'a');
    raylet.sayInline(b!.objects[0]!, 'b');
    raylet.say({ kind: 'unblocked', id: b!.id, timedOut: false });
    raylet.say({ kind: 'unblocked', id: a!.id, timedOut: false });
    const byTask = new Map((await results(2)).map((result) => [result.task, valueOf(result)]));
    expect(byTask.get(11)).toEqual(['a', '0.11', true]);
    expect(byTask.get(12)).toEqual(['b', '0.12', true]);
    expect(
      raylet
        .of('submit')
        .map(({ parent }) => parent)
        .toSorted((a, b) => a - b),
    ).toEqual([11, 11, 12, 12]);
  });

  it('a run whose claim was taken back is skipped silently', async () => {
    const claims = new Int32Array(new SharedArrayBuffer(16));
    await start({ claims });
    Atomics.store(claims, 0, 2);
    raylet.run({ task: 11, fn: fnOf('nothing'), claim: 1 });
    raylet.run({ task: 12, fn: fnOf('nothing'), claim: 2 });
    expect((await results(1)).map(({ task }) => task)).toEqual([12]);
    expect([...claims]).toEqual([2, 1, 0, 0]);
  });

  it('L7 cancels: a queued run is dropped, a running one sees its signal', async () => {
    raylet.run({ task: 11, fn: fnOf('idle') });
    raylet.run({ task: 12, fn: fnOf('nothing') });
    raylet.run({ task: 13, fn: fnOf('nothing') });
    raylet.say({ kind: 'cancelTask', task: 12 });
    await raylet.settle();
    await vi.waitFor(
      () => {
        raylet.say({ kind: 'cancelTask', task: 11 });
        expect(raylet.of('result').length).toBeGreaterThan(0);
      },
      { interval: 5 },
    );
    const all = await results(2);
    expect(all.map(({ task }) => task)).toEqual([11, 13]);
    expect(decodeError(all[0]!.value)).toMatchObject({ code: 'task-cancelled' });
  });

  it('sends what a task prints and how far it is', async () => {
    raylet.run({ task: 11, attempt: 2, fn: fnOf('speaks'), args: args('you') });
    expect(valueOf((await results(1))[0]!)).toBe(2);
    expect(raylet.of('log')).toMatchObject([{ task: 11, level: 1, text: 'hello you' }]);
    expect(raylet.of('progress')).toMatchObject([{ task: 11, fraction: 0.5, note: 'half' }]);
  });

  it('sends the first of several words on how far it is at once, and the last when it is time', async () => {
    let passTime = (): void => undefined;
    await start({ clock: { nowMs: () => 0, after: (_, callback) => ((passTime = callback), () => undefined) } });
    raylet.run({ task: 11, fn: fnOf('hurries'), args: args() });
    await vi.waitFor(() => expect(raylet.of('progress')).toHaveLength(1), { interval: 5 });
    passTime();
    await results(1);
    expect(raylet.of('progress').map(({ note }) => note)).toEqual(['part 1', 'part 3']);
  });

  it('takes values of its dependencies from the messages before it and forgets them after', async () => {
    raylet.sayInline(900, 20);
    raylet.sayInline(901, 22);
    const refs = [900, 901].map((key) => Object.assign(new (class Ref {})(), { key }));
    const encoded = encodeArgs(refs, {
      asReference: (value) => ({ kind: 'object', token: Reflect.get(value, 'key') }),
    });
    raylet.run({ task: 11, fn: fnOf('add'), args: encoded.toBytes(), deps: [900, 901] });
    expect(valueOf((await results(1))[0]!)).toBe(42);
    expect(raylet.of('block')).toHaveLength(0);
  });

  it('brings dependencies that did not come along', async () => {
    const refs = [900, 900].map((key) => Object.assign(new (class Ref {})(), { key }));
    const encoded = encodeArgs(refs, {
      asReference: (value) => ({ kind: 'object', token: Reflect.get(value, 'key') }),
    });
    raylet.run({ task: 11, fn: fnOf('add'), args: encoded.toBytes(), deps: [900, 900] });
    await vi.waitFor(() => expect(raylet.of('block')).toHaveLength(1), { interval: 1 });
    raylet.sayInline(900, 4);
    raylet.say({ kind: 'unblocked', id: raylet.of('block')[0]!.id, timedOut: false });
    expect(valueOf((await results(1))[0]!)).toBe(8);
  });

  it('O3 a nested reference needs no message in a task, and fetches its value', async () => {
    class Ref {}
    const bytes = encodeArgs([{ ref: new Ref() }], {
      asReference: (value) => (value instanceof Ref ? { kind: 'object', token: 900 } : undefined),
    }).toBytes();
    raylet.run({ task: 11, fn: fnOf('readsRef'), args: bytes, nested: [900] });
    await vi.waitFor(() => expect(raylet.of('block')).toHaveLength(1), { interval: 1 });
    raylet.sayInline(900, 'inner');
    raylet.say({ kind: 'unblocked', id: raylet.of('block')[0]!.id, timedOut: false });
    expect(valueOf((await results(1))[0]!)).toBe('inner');
    expect([...raylet.of('hold'), ...raylet.of('release')]).toHaveLength(0);
  });

  it('A1 an actor starts, then runs its calls one at a time in order', async () => {
    raylet.run({ task: 50, fn: fnOf('RemoteCounter') });
    raylet.run({ task: 51, fn: INC, actor: 50, args: args(1) });
    raylet.run({ task: 52, fn: INC, actor: 50, args: args(10) });
    const all = await results(3);
    expect(all.map(({ task }) => task)).toEqual([50, 51, 52]);
    expect(all.slice(1).map(valueOf)).toEqual([101, 111]);
  });

  /** An actor of class `Async` of which so many calls run at the same time; `open` is in a group of its own. */
  async function startAsync(maxConcurrency: number): Promise<void> {
    const groups = [{ maxConcurrency: 1, methods: ['open', 'leave'] }];
    raylet.say({ kind: 'concurrency', actor: 50, maxConcurrency, groups });
    raylet.run({ task: 50, fn: fnOf('RemoteAsync') });
    await results(1);
  }
  const call = (task: number, method: (typeof METHODS)[number], ...given: unknown[]): void =>
    raylet.run({ task, fn: methodOf(method), actor: 50, args: args(...given) });

  it('A1 L8 calls of an actor with maxConcurrency interleave at awaits, each as itself', async () => {
    await startAsync(2);
    call(51, 'hold', 'a');
    call(52, 'hold', 'b');
    call(53, 'hold', 'c');
    await raylet.settle();
    call(54, 'open', 'b');
    await results(3);
    call(55, 'open', 'a');
    await results(5);
    await raylet.settle();
    call(56, 'open', 'c');
    const all = await results(7);
    expect(all.slice(1).map(({ task }) => task)).toEqual([54, 52, 55, 51, 56, 53]);
    const values = new Map(all.map((result) => [result.task, valueOf(result)]));
    expect(values.get(51)).toEqual([1, '0.51', '0.51']);
    expect(values.get(52)).toEqual([2, '0.52', '0.52']);
    // It started when there was room, beside one other.
    expect(values.get(53)).toEqual([2, '0.53', '0.53']);
  });

  it('A1 S3 calls of one actor wait in get side by side, and go on as themselves', async () => {
    await startAsync(2);
    call(51, 'asks', 1);
    call(52, 'asks', 2);
    await vi.waitFor(() => expect(raylet.of('block')).toHaveLength(2), { interval: 1 });
    const [a, b] = raylet.of('block');
    expect([a!.task, b!.task]).toEqual([51, 52]);
    raylet.sayInline(b!.objects[0]!, 'b');
    raylet.say({ kind: 'unblocked', id: b!.id, timedOut: false });
    raylet.sayInline(a!.objects[0]!, 'a');
    raylet.say({ kind: 'unblocked', id: a!.id, timedOut: false });
    const all = await results(3);
    expect(all.slice(1).map((result) => [result.task, valueOf(result)])).toEqual([
      [52, ['b', '0.52']],
      [51, ['a', '0.51']],
    ]);
  });

  it('L7 one call of several is cancelled; one that has not begun is given back', async () => {
    await start({ claims: new Int32Array(8) });
    await startAsync(2);
    call(51, 'hold', 'a');
    call(52, 'asks', 1);
    call(53, 'hold', 'b');
    await vi.waitFor(() => expect(raylet.of('block')).toHaveLength(1), { interval: 1 });
    raylet.say({ kind: 'cancelTask', task: 53 });
    raylet.say({ kind: 'cancelTask', task: 52 });
    call(54, 'open', 'a');
    const all = await results(4);
    expect(raylet.of('recalled')).toEqual([{ kind: 'recalled', task: 53 }]);
    const cancelled = all.find(({ task }) => task === 52);
    expect(decodeError(cancelled!.value)).toMatchObject({ code: 'task-cancelled' });
    expect(valueOf(all.find(({ task }) => task === 51)!)).toEqual([1, '0.51', '0.51']);
  });

  it('A3 an actor that ends itself answers what it has begun, gives back the others, and tidies up', async () => {
    await startAsync(1);
    expect(raylet.of('tidies')).toEqual([{ kind: 'tidies', actor: 50 }]);
    call(51, 'hold', 'a');
    call(52, 'hold', 'b');
    await raylet.settle();
    call(53, 'leave');
    await results(2);
    call(54, 'hold', 'c');
    await raylet.settle();
    expect(raylet.of('recalled').map(({ task }) => task)).toEqual([52, 54]);
    expect(raylet.of('exited')).toEqual([]);
    // A method of the actor that is still running ends when its gate opens: nothing here can open it but the module itself.
    raylet.run({ task: 60, fn: fnOf('nothing') });
    await results(3);
    raylet.say({ kind: 'exitActor', actor: 50, now: true });
    await vi.waitFor(() => expect(raylet.of('exited')).toEqual([{ kind: 'exited', actor: 50 }]), { interval: 1 });
    expect(raylet.of('log')).toMatchObject([{ task: 50, text: 'tidied' }]);
    expect(raylet.of('exits')).toHaveLength(1);
  });

  it('A3 an actor that is asked to end does so after the calls that it has begun; one without onStop at once', async () => {
    raylet.run({ task: 50, fn: fnOf('RemoteCounter') });
    raylet.run({ task: 51, fn: INC, actor: 50, args: args(1) });
    await results(1);
    raylet.say({ kind: 'exitActor', actor: 50, now: false });
    await vi.waitFor(() => expect(raylet.of('exited')).toHaveLength(1), { interval: 1 });
    expect(raylet.received.at(-1)).toMatchObject({ kind: 'exited' });
    expect(raylet.of('tidies')).toEqual([]);
  });

  it('A3 an onStop that takes too long, or throws, is told of in the log and holds up nothing', async () => {
    let passTime = (): void => undefined;
    await start({ clock: { nowMs: () => 0, after: (_, callback) => ((passTime = callback), () => undefined) } });
    await startAsync(1);
    raylet.say({ kind: 'exitActor', actor: 50, now: false });
    await raylet.settle();
    passTime();
    await vi.waitFor(() => expect(raylet.of('exited')).toHaveLength(1), { interval: 1 });
  });

  it('a task that is no actor cannot end as one', async () => {
    raylet.run({ task: 11, fn: fnOf('leaves') });
    expect(decodeError((await results(1))[0]!.value).message).toContain('for methods of actors');
  });

  it('a module that cannot be evaluated fails its tasks', async () => {
    raylet.say({
      kind: 'module',
      module: 'bad',
      code: new TextEncoder().encode(`throw new Error('at the top ${variant}')`),
      sourceMap: new Uint8Array(0),
    });
    raylet.say({ kind: 'function', fn: 99, module: 'bad', name: 'x', functionKind: 0 });
    raylet.run({ task: 11, fn: 99 });
    expect(decodeError((await results(1))[0]!.value).message).toContain('at the top');
  });
});
