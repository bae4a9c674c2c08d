// Type tests of the public API, checked by the compiler. Nothing here runs. A line under `@ts-expect-error` must be an error, and
// the compiler reports it if it is none; `Equal` is exact, so that `any` and `unknown` never pass for something better. The
// letters are the kinds of mistake which an obvious typing of this API makes.

/// <reference types="@webgpu/types" />

import type {
  Get,
  GetActor,
  GetContext,
  Init,
  Kill,
  Move,
  Put,
  RemoteModule,
  Session,
  SettledResult,
  Wait,
} from './get-types.ts';
import type { Cancel, CancelResult } from './get-types.ts';
import type { GpuDevice, GpuDeviceOf } from './gpu-device.ts';
import type { ObjectRef } from './object-ref.ts';
import type { TaskOptions } from './options.ts';
import type {
  ActorHandle,
  ActorMethodName,
  MapError,
  NumReturnsError,
  ObjectRefStream,
  RefParameterError,
  Remote,
  RemoteClass,
  RemoteFunction,
} from './remote-types.ts';

declare const remote: Remote;
declare const get: Get;
declare const wait: Wait;
declare const put: Put;
declare const cancel: Cancel;
declare const kill: Kill;
declare const getActor: GetActor;
declare const context: GetContext;
declare const init: Init;
declare const remoteModule: RemoteModule;
declare const move: Move;

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
/** Compiles only if the type of the argument is exactly `T`. */
declare function expectType<T>(): <A>(value: A & (Equal<A, T> extends true ? unknown : never)) => void;
/** Compiles only if `T` is true. */
declare function check<T extends true>(): void;

declare const numberRef: ObjectRef<number>;
declare const textRef: ObjectRef<string>;
declare const numberRefs: ObjectRef<number>[];

export const square = remote((x: number) => x * x);
export const helper = (x: number): number => x + 1;

export function theTestsThemselvesWork(): void {
  // @ts-expect-error `any` is not `number`
  check<Equal<ReturnType<typeof JSON.parse>, number>>();
  // @ts-expect-error a union is not one of its members
  check<Equal<number | string, number>>();
  // @ts-expect-error expectType is exact
  expectType<number>()(numberRef);
}

// ---- references ---------------------------------------------------------------------------------------------------------

export async function refs(): Promise<void> {
  expectType<ObjectRef<number>>()(await numberRef);
  check<Equal<Awaited<ObjectRef<number>>, ObjectRef<number>>>();
  expectType<Promise<ObjectRef<number>>>()((async () => numberRef)());
  // @ts-expect-error not thenable
  numberRef.then(() => {});
  // @ts-expect-error T is really used
  const wrong: ObjectRef<number> = textRef;
  const wider: ObjectRef<number | string> = numberRef;
  // @ts-expect-error an object that looks like one is none
  const fake: ObjectRef<number> = { id: 'x', freed: false, free() {}, toJSON: numberRef.toJSON, [Symbol.dispose]() {} };
  using scoped = numberRef;
  void [wrong, wider, fake, scoped];
}

// ---- arguments ----------------------------------------------------------------------------------------------------------

export function args(): void {
  expectType<ObjectRef<number>>()(square.remote(3));
  expectType<ObjectRef<number>>()(square.remote(square.remote(3)));
  // @ts-expect-error wrong value
  square.remote('3');
  // @ts-expect-error a reference to a wrong value
  square.remote(textRef);
  // @ts-expect-error too few
  square.remote();
  // @ts-expect-error too many
  square.remote(1, 2);

  const rest = remote((first: string, ...others: number[]) => first.length + others.length);
  rest.remote('a', 1, numberRef, 2);
  // @ts-expect-error rest parameters are typed too
  rest.remote('a', 1, 'b');

  const nested = remote((input: { ref: ObjectRef<number> }) => input.ref.id);
  nested.remote({ ref: numberRef });

  const loose = remote((anything: any, unknown: unknown) => [anything, unknown].length); // oxlint-disable-line typescript/no-explicit-any
  loose.remote(numberRef, numberRef);
  loose.remote(1, 'x');

  // @ts-expect-error a parameter without a type is not silently `never` or `any`
  remote((untyped) => untyped);
  // @ts-expect-error neither a function nor a class
  remote(42);
  abstract class Shape {
    abstract area(): number;
  }
  // @ts-expect-error a class that cannot be instantiated
  remote(Shape);
}

// b: a function that wants a reference
export function bRefParameters(): void {
  // @ts-expect-error take { ref } instead
  const wantsRef = remote((ref: ObjectRef<number>) => ref.id);
  // @ts-expect-error take { ref } instead
  wantsRef.remote(numberRef);
  check<Equal<Parameters<RemoteFunction<(ref: ObjectRef<number>) => void>['remote']>, [ref: RefParameterError]>>();
  // @ts-expect-error in second place
  remote((x: number, ref: ObjectRef<number>) => [x, ref].length);
  // @ts-expect-error one of several types
  remote((ref: ObjectRef<number> | null) => ref === null);
  // @ts-expect-error optional
  remote((ref?: ObjectRef<number>) => ref === undefined);
  // @ts-expect-error rest
  remote((...many: ObjectRef<number>[]) => many.length);
  // @ts-expect-error explicit signature
  remote<(ref: ObjectRef<number>) => string>((ref) => ref.id);
  class TakesRef {
    readonly id: string;
    constructor(ref: ObjectRef<number>) {
      this.id = ref.id;
    }
  }
  // @ts-expect-error constructors as well
  remote(TakesRef);
  class MethodTakesRef {
    size(ref: ObjectRef<number>): number {
      return ref.id.length;
    }
  }
  // @ts-expect-error methods: at the call
  remote(MethodTakesRef).remote().size.remote(numberRef);
  const text: RefParameterError extends `${string}take { ref } instead` ? true : false = true;
  void text;
}

// c: numReturns, async generators, default parameters
export function cResults(): void {
  const pair = remote((x: number): [number, string] => [x, '']);
  expectType<ObjectRef<[number, string]>>()(pair.remote(1));
  expectType<[ObjectRef<number>, ObjectRef<string>]>()(pair.options({ numReturns: 2 }).remote(1));
  expectType<ObjectRef<[number, string]>>()(pair.options({ numReturns: 1 }).remote(1));
  expectType<ObjectRef<[number, string]>>()(pair.options({ numCpus: 2 }).remote(1));
  expectType<[ObjectRef<number>, ObjectRef<string>]>()(
    pair.options({ numReturns: 2 }).options({ numCpus: 2 }).remote(1),
  );
  expectType<ObjectRef<[number, string]>>()(pair.options({ numReturns: 2 }).options({ numReturns: 1 }).remote(1));
  // @ts-expect-error three places of a pair
  pair.options({ numReturns: 3 });
  // @ts-expect-error a number has no places
  square.options({ numReturns: 2 });

  const asyncPair = remote(async (x: number): Promise<readonly [number, string]> => [x, '']);
  expectType<[ObjectRef<number>, ObjectRef<string>]>()(asyncPair.options({ numReturns: 2 }).remote(1));
  const list = remote((n: number): number[] => [n]);
  expectType<[ObjectRef<number>, ObjectRef<number>, ObjectRef<number>]>()(list.options({ numReturns: 3 }).remote(1));
  expectType<ObjectRef<number>[]>()(list.options({ numReturns: Math.abs(2) }).remote(1));

  const parse = remote((text: string) => JSON.parse(text));
  expectType<ObjectRef<any>>()(parse.options({ numReturns: 1 }).remote('1')); // oxlint-disable-line typescript/no-explicit-any
  expectType<[ObjectRef<any>, ObjectRef<any>]>()(parse.options({ numReturns: 2 }).remote('1')); // oxlint-disable-line typescript/no-explicit-any
  const later = remote(async (x: number) => x);
  expectType<ObjectRef<number>>()(later.remote(1));
  expectType<ObjectRef<ObjectRef<number>>>()(remote(async () => square.remote(1)).remote());
  expectType<ObjectRef<void>>()(remote(() => {}).remote());
  const fails = remote((): never => {
    throw new Error('always');
  });
  expectType<ObjectRef<never>>()(fails.remote());
  expectType<ObjectRef<any>>()(remote((text: string) => JSON.parse(text)).remote('1')); // oxlint-disable-line typescript/no-explicit-any
  expectType<ObjectRef<string | number>>()(
    remote((x: boolean): string | Promise<number> => (x ? 'a' : Promise.resolve(1))).remote(true),
  );

  const stream = remote(async function* (count: number) {
    for (let i = 0; i < count; i++) yield `${i}`;
  });
  expectType<ObjectRefStream<string>>()(stream.remote(3));
  // @ts-expect-error a stream cannot be an argument
  remote((text: string) => text).remote(stream.remote(3));

  const byDefault = remote((x: number, by = 1) => x + by);
  byDefault.remote(1);
  byDefault.remote(1, 2);
  byDefault.remote(numberRef, numberRef);
  // @ts-expect-error a default parameter keeps its type
  byDefault.remote(1, 'two');
  // @ts-expect-error also by reference
  byDefault.remote(1, textRef);
  const onlyDefault = remote((by = 1) => by);
  onlyDefault.remote();
  // @ts-expect-error not unknown
  onlyDefault.remote({});
}

// d: streams
export async function dStreams(stream: ObjectRefStream<string>): Promise<void> {
  for await (const ref of stream) expectType<ObjectRef<string>>()(ref);
  check<Equal<Awaited<ObjectRefStream<string>>, ObjectRefStream<string>>>();
  // @ts-expect-error fetch the items, not the stream
  await get(stream);
  await stream.return();
  await cancel(stream);
}

// e: actor handles
export class Counter {
  static made = 0;
  #n = 0;
  label = 'counter';
  _hidden(): number {
    return this.#n;
  }
  protected guarded(): void {}
  constructor(start = 0) {
    this.#n = start;
  }
  get value(): number {
    return this.#n;
  }
  inc(by = 1): number {
    return (this.#n += by);
  }
  async slow(text: string): Promise<string> {
    return text;
  }
  async *ticks(): AsyncGenerator<number> {
    yield this.#n;
  }
  async onStart(): Promise<void> {}
  async onStop(): Promise<void> {}
  saveCheckpoint(): number {
    return this.#n;
  }
  restoreCheckpoint(n: number): void {
    this.#n = n;
  }
}

export const RemoteCounter = remote(Counter);

export async function eHandles(): Promise<void> {
  expectType<RemoteClass<typeof Counter>>()(RemoteCounter);
  const handle = RemoteCounter.options({ numCpus: 0, maxRestarts: 3 }).remote(numberRef);
  expectType<ActorHandle<Counter>>()(handle);
  RemoteCounter.options({ maxConcurrency: 8, concurrencyGroups: { io: { maxConcurrency: 2, methods: ['slow'] } } });
  RemoteCounter.options({ maxTaskRetries: 2, name: 'board', namespace: 'games', getIfExists: true });
  // @ts-expect-error a method that the class has not
  RemoteCounter.options({ concurrencyGroups: { io: { maxConcurrency: 2, methods: ['slwo'] } } });
  // @ts-expect-error a field is no method
  RemoteCounter.options({ concurrencyGroups: { io: { maxConcurrency: 2, methods: ['label'] } } });
  expectType<ObjectRef<number>>()(handle.inc.remote());
  expectType<ObjectRef<number>>()(handle.inc.remote(square.remote(7)));
  expectType<ObjectRef<string>>()(handle.slow.remote('x'));
  expectType<ObjectRefStream<number>>()(handle.ticks.remote());
  check<Equal<ActorMethodName<Counter>, 'inc' | 'slow' | 'ticks'>>();
  check<Equal<Awaited<ActorHandle<Counter>>, ActorHandle<Counter>>>();
  expectType<ActorHandle<Counter>>()(await getActor<Counter>('leaderboard'));
  expectType<ActorHandle<Counter>>()(await handle);
  // @ts-expect-error a default parameter keeps its type
  handle.inc.remote('1');
  // @ts-expect-error wrong constructor argument
  RemoteCounter.remote('1');
  // @ts-expect-error a method is not called directly
  handle.inc(1);
  // @ts-expect-error not thenable
  handle.then;
  // @ts-expect-error no constructor
  handle.constructor.remote;
  // @ts-expect-error no toJSON
  handle.toJSON;
  // @ts-expect-error a field
  handle.label;
  // @ts-expect-error an accessor
  handle.value;
  // @ts-expect-error private by its name
  handle._hidden;
  // @ts-expect-error protected
  handle.guarded;
  // @ts-expect-error a hook
  handle.onStart;
  // @ts-expect-error a hook
  handle.onStop;
  // @ts-expect-error a hook
  handle.saveCheckpoint;
  // @ts-expect-error a hook
  handle.restoreCheckpoint;
  // @ts-expect-error static
  handle.made;
  // @ts-expect-error misspelt
  handle.incr;
  await kill(handle, { noRestart: true });
  // @ts-expect-error a reference is no handle
  await kill(numberRef);
  // @ts-expect-error a handle of another class
  const other: ActorHandle<{ other(): void }> = handle;
  const travels = remote((counter: ActorHandle<Counter>) => counter.inc.remote());
  travels.remote(handle);
  void other;
}

// h: generics and overloads, explicit signatures
export function hSignatures(): void {
  const identity = <T>(x: T): T => x;
  expectType<ObjectRef<unknown>>()(remote(identity).remote(1));
  expectType<ObjectRef<number>>()(remote<(x: number) => number>(identity).remote(1));
  // @ts-expect-error the explicit signature counts
  remote<(x: number) => number>(identity).remote('1');
  // @ts-expect-error the function does not have this signature
  remote<(x: number) => number>((x: string) => x);
  class Box<T> {
    #value: T;
    constructor(value: T) {
      this.#value = value;
    }
    take(): T {
      return this.#value;
    }
  }
  expectType<ObjectRef<unknown>>()(remote(Box).remote(1).take.remote());
  expectType<ObjectRef<number>>()(
    remote(Box<number>)
      .remote(1)
      .take.remote(),
  );
  // @ts-expect-error an instantiation expression states the type argument
  remote(Box<number>).remote('1');
  function overloaded(x: number): number;
  function overloaded(x: string): string;
  function overloaded(x: number | string): number | string {
    return x;
  }
  expectType<ObjectRef<string>>()(remote(overloaded).remote('1'));
  // @ts-expect-error only the last overload is kept
  remote(overloaded).remote(1);
}

// n: the stubs of a module
export function nModules(): void {
  const module = remoteModule<typeof import('./api.test-d.ts')>(new URL('./api.test-d.ts', import.meta.url));
  check<Equal<keyof typeof module, 'square' | 'RemoteCounter'>>();
  expectType<ObjectRef<number>>()(module.square.remote(2));
  expectType<ActorHandle<Counter>>()(module.RemoteCounter.remote());
  // @ts-expect-error not a remote value
  module.helper;
  // @ts-expect-error read-only
  module.square = square;
}

// o: get on one, on a tuple, on an array
export async function oGet(): Promise<void> {
  expectType<number>()(await get(numberRef));
  expectType<[number, string]>()(await get([numberRef, textRef]));
  expectType<number[]>()(await get(numberRefs));
  expectType<[number, string]>()(
    await get([numberRef, textRef], { timeoutMs: 5, signal: AbortSignal.abort(), copy: true }),
  );
  expectType<SettledResult<number>>()(await get(numberRef, { settled: true }));
  expectType<[SettledResult<number>, SettledResult<string>]>()(await get([numberRef, textRef], { settled: true }));
  expectType<SettledResult<number>[]>()(await get(numberRefs, { settled: true }));
  expectType<[]>()(await get([]));
  // @ts-expect-error not a reference
  await get(5);
  // @ts-expect-error not only references
  await get([numberRef, 5]);
  // @ts-expect-error misspelt
  await get(numberRef, { timeout: 5 });
  const [outcome] = await get([numberRef], { settled: true });
  if (outcome.status === 'fulfilled') expectType<number>()(outcome.value);
  else expectType<unknown>()(outcome.reason);

  const { ready, pending } = await wait(numberRefs, { numReturns: 3, timeoutMs: 1000 });
  expectType<ObjectRef<number>[]>()(ready);
  expectType<ObjectRef<number>[]>()(pending);
  const mixed = await wait([numberRef, textRef]);
  expectType<(ObjectRef<number> | ObjectRef<string>)[]>()(mixed.ready);

  expectType<ObjectRef<number>>()(put(5));
  expectType<ObjectRef<{ a: number }>>()(put({ a: 1 }));
  expectType<ObjectRef<{ ref: ObjectRef<number> }>>()(put({ ref: numberRef }));
  expectType<ObjectRef<Float32Array<ArrayBuffer>>>()(put(new Float32Array(3)));
  expectType<ObjectRef<any>>()(put(JSON.parse('1'))); // oxlint-disable-line typescript/no-explicit-any
  // @ts-expect-error a reference already
  put(numberRef);
  expectType<CancelResult>()(await cancel(numberRef, { recursive: true, force: false }));
}

// ---- options, map, context, session -------------------------------------------------------------------------------------

export async function options(): Promise<void> {
  square.options({ numCpus: 0.5, resources: { robot: 1 }, maxRetries: Infinity, runtimeMs: 10, name: 'sq' });
  square.options({ retryExceptions: [TypeError, RangeError] });
  square.options({ retryExceptions: true });
  const chosen: TaskOptions = { numCpus: 2 };
  square.options(chosen).remote(1);
  // @ts-expect-error misspelt, alone
  square.options({ numCpu: 1 });
  // @ts-expect-error misspelt, beside a right one
  square.options({ numCpu: 1, name: 'x' });
  // @ts-expect-error wrong type
  square.options({ numCpus: '1' });
  // @ts-expect-error an option of actors
  square.options({ maxRestarts: 1 });
  // @ts-expect-error an option of tasks
  RemoteCounter.options({ maxRetries: 1 });
  // @ts-expect-error misspelt
  RemoteCounter.options({ maxRestart: 1, name: 'x' });
  // @ts-expect-error no error class
  square.options({ retryExceptions: [Date] });
}

export function gpus(): void {
  square.options({ numGpus: 0.5 }).remote(1);
  RemoteCounter.options({ numGpus: 1 }).remote();
  // @ts-expect-error wrong type
  square.options({ numGpus: true });
  // With WebGPU's types, as in this compilation, the device has them; without, it is an object and nothing is forced on anybody.
  expectType<GPUDevice>()(context().gpu);
  expectType<GPUSupportedLimits>()(context().gpu.limits);
  check<Equal<GpuDevice, GPUDevice>>();
  check<Equal<GpuDeviceOf<{ readonly console: Console }>, object>>();
  check<Equal<GpuDeviceOf<{ GPUDevice: { prototype: Date; new (): never } }>, Date>>();
  // @ts-expect-error read-only
  context().gpu = context().gpu;
}

class Saves {
  saveCheckpoint(): number[] {
    return [];
  }
}
class Mismatched extends Saves {
  restoreCheckpoint(_state: string): void {}
}
class SavesLater {
  async saveCheckpoint(): Promise<number> {
    return 1;
  }
  async restoreCheckpoint(_state: number): Promise<void> {}
}
class Plain {
  run(): void {}
}

// f: a pair of methods
export function fCheckpoints(): void {
  RemoteCounter.options({ checkpoint: { everyCalls: 10 }, maxRestarts: 3 }).remote();
  remote(SavesLater).options({ checkpoint: { everyCalls: 10, everyMs: 1000 } });
  remote(Plain).options({ maxRestarts: 1 });
  // @ts-expect-error one without the other
  remote(Saves);
  // @ts-expect-error what the one gives the other does not take
  remote(Mismatched);
  // @ts-expect-error no methods to save with
  remote(Plain).options({ checkpoint: { everyCalls: 10 } });
  // @ts-expect-error misspelt
  RemoteCounter.options({ checkpoint: { everyCall: 10 } });
}

export function priority(): void {
  square.options({ priority: 10 }).remote(1);
  RemoteCounter.options({ priority: -10 }).remote();
  // @ts-expect-error a number
  square.options({ priority: 'high' });
}

export function trust(): void {
  square.options({ trust: 'own' }).remote(1);
  square.options({ trust: 'unchecked' }).remote(1);
  square.options({ trust: 'spot' });
  square.options({ trust: { quorum: 2 } });
  // @ts-expect-error misspelt
  square.options({ trust: 'uncheked' });
  RemoteCounter.options({ trust: 'own' }).remote();
  // @ts-expect-error an actor lives on trusted nodes
  RemoteCounter.options({ trust: 'unchecked' });
}

export async function map(numbers: AsyncIterable<number>): Promise<void> {
  for await (const result of square.map([1, 2, numberRef], { maxInFlight: 8, ordered: false }))
    expectType<number>()(result);
  for await (const result of square.map(numbers)) expectType<number>()(result);
  for await (const result of remote(async (x: number, by = 1) => `${x + by}`).map([1])) expectType<string>()(result);
  // @ts-expect-error wrong items
  square.map(['1']);
  // @ts-expect-error two arguments are needed
  remote((x: number, y: number) => x + y).map([1]);
  const stream = remote(async function* (x: number) {
    yield x;
  });
  // @ts-expect-error a stream per item
  stream.map([1]);
  const errors: [MapError, NumReturnsError] | undefined = undefined;
  void errors;
}

export async function contextAndSession(): Promise<void> {
  const task = context();
  expectType<AbortSignal>()(task.signal);
  expectType<string>()(task.taskId);
  expectType<number>()(task.random());
  expectType<Promise<number>>()(task.once('start', () => 5 as number));
  const bound = task.bind((x: number, y?: string) => x + (y ?? '').length);
  expectType<(x: number, y?: string) => number>()(bound);
  expectType<void>()(task.exitActor());
  // @ts-expect-error read-only
  task.attempt = 2;
  await using session = await init({ address: 'http://127.0.0.1:1', token: 't' });
  expectType<Session>()(session);
  // @ts-expect-error misspelt
  await init({ adress: 'http://127.0.0.1:1' });
  square.options({}).remote(1);
  remote((bytes: Uint8Array<ArrayBuffer>) => bytes.length).remote(move(new Uint8Array(4)));
}
