// The types behind `remote`: what calling a function or an actor method on another machine does to its parameters and its
// result. The rule is that the types tell the truth about the run. A reference given as an argument is resolved by the system
// before the call, so every parameter accepts `T | ObjectRef<T>`; and so a parameter that *is* a reference could never be
// given one, which is a compile error that says what to write. Limits of inference, in one place:
// - A generic function loses its type parameters (`<T>(x: T) => T` becomes `(x: unknown) => unknown`), and of an overloaded
//   one the last overload is kept. `remote<(x: number) => number>(fn)` states the signature that is meant.
// - A field that holds a function looks like a method to the compiler, and is none at run time: see `actorMethods`.

import type { ObjectRef } from './object-ref.ts';
import type { ActorOptions, TaskOptions } from './options.ts';

/** Any function. `never[]` and not `unknown[]`: with the latter, inference turns a default parameter into `unknown`. */
export type AnyFunction = (...args: never[]) => unknown;

/** Any class that can be instantiated. */
export type AnyClass = new (...args: never[]) => object;

type IsAny<T> = 0 extends 1 & T ? true : false;

/** The compile error for a parameter that is a reference: its text is what the user reads. */
export type RefParameterError =
  'A top-level ObjectRef argument arrives as its value, so this parameter never receives a ref: take { ref } instead';

/** The compile error for `numReturns` on a function that does not return a tuple of that many values. */
export type NumReturnsError = 'numReturns must be the length of the tuple (or array) that the function returns';

/** The compile error for `map` over a function that needs more than one argument, or that yields a stream. */
export type MapError = 'map needs a function that takes one argument and gives one result';

/** The compile error for a class that saves its state and cannot restore it, or the other way round. */
export type CheckpointPairError =
  'saveCheckpoint(): S and restoreCheckpoint(state: S) belong together: what the one gives the other takes';

/** The compile error for the option `checkpoint` on a class that cannot save its state. */
export type CheckpointOptionError =
  'The option checkpoint needs a class with saveCheckpoint(): S and restoreCheckpoint(state: S)';

/** Whether a class can save its state: the pair, neither of the two, or a mistake. */
type CheckpointsOf<T> = T extends { saveCheckpoint: infer Save }
  ? T extends { restoreCheckpoint: infer Restore }
    ? Save extends () => infer S
      ? Restore extends (state: Awaited<S>) => unknown
        ? 'pair'
        : 'mistake'
      : 'mistake'
    : 'mistake'
  : T extends { restoreCheckpoint: unknown }
    ? 'mistake'
    : 'none';

/** The compile error for `remote` of an abstract class. */
type AbstractClassError = 'An abstract class cannot be an actor: no instance of it can be made';

/** The compile error for an option that does not exist for a task or for an actor. */
type UnknownOptionError<K> = `There is no option ${K & string} here`;

/** True where `T` is, or may be, a reference. `any` is not: it promises nothing that could be broken. */
type MayBeRef<T> = IsAny<T> extends true ? false : [Extract<T, ObjectRef<unknown>>] extends [never] ? false : true;

/** What a caller may pass for a parameter of type `T`: the value, or a reference to one. */
type RemoteArg<T> = MayBeRef<T> extends true ? RefParameterError : T | ObjectRef<T>;

/** A parameter list as a caller sees it: labels, optional and rest parameters are kept. */
type RemoteArgs<A extends readonly unknown[]> = { [K in keyof A]: RemoteArg<A[K]> };

/** The parameters and the result of a function or a constructor; what cannot be known is `unknown`. */
type ArgsOf<F> = F extends (...args: infer A) => unknown
  ? A
  : F extends new (...args: infer A) => object
    ? A
    : unknown[];
// `infer A` although unused: against `never[]` the type parameters of a generic function would become `never`.
type ResultOf<F> = F extends (...args: infer A) => infer R ? ([A] extends [never] ? never : R) : unknown;
type InstanceOf<C> = C extends new (...args: infer A) => infer T ? ([A] extends [never] ? never : T) : never;

/**
 * `unknown`, or the error text for what cannot be registered: makes the mistake show at `remote(...)` itself. `Function` itself
 * passes: it is what the compiler tries first for a function whose default parameter has no annotation.
 */
type Registrable<F> = Function extends F
  ? unknown
  : F extends AnyFunction | AnyClass
    ? true extends { [K in keyof ArgsOf<F>]: MayBeRef<ArgsOf<F>[K]> }[number & keyof ArgsOf<F>]
      ? RefParameterError
      : IsAny<InstanceOf<F>> extends true
        ? unknown
        : [CheckpointsOf<InstanceOf<F>>] extends ['mistake']
          ? [InstanceOf<F>] extends [never]
            ? unknown
            : CheckpointPairError
          : unknown
    : AbstractClassError;

/**
 * References to the items of an async generator that runs elsewhere, in order. Back-pressure holds the producer at 16 items
 * or 16 MB not yet taken. A stream is consumed once, by one consumer; `break`, `return()` and `[Symbol.asyncDispose]()`
 * cancel the producer. It cannot be an argument of a call (the references it gives can), and it is not thenable.
 */
export interface ObjectRefStream<Y> extends AsyncIterable<ObjectRef<Y>, void, undefined>, AsyncDisposable {
  next(): Promise<IteratorResult<ObjectRef<Y>, void>>;
  return(): Promise<IteratorResult<ObjectRef<Y>, void>>;
  [Symbol.asyncIterator](): ObjectRefStream<Y>;
}

type RefsOf<A extends readonly unknown[]> = { -readonly [K in keyof A]: ObjectRef<A[K]> };

/** `numReturns: N` on a result `R`: as many references as the tuple has places, else the error. */
type SplitResult<R, N extends number> = R extends readonly unknown[]
  ? number extends N
    ? ObjectRef<R[number]>[]
    : number extends R['length']
      ? SizedArray<ObjectRef<R[number]>, N>
      : R['length'] extends N
        ? RefsOf<R>
        : NumReturnsError
  : NumReturnsError;

/** A tuple of `N` places of type `E`; past 64 places (where counting in types gets slow) an array. */
type SizedArray<E, N extends number, A extends E[] = []> = A['length'] extends N
  ? A
  : A['length'] extends 64
    ? E[]
    : SizedArray<E, N, [...A, E]>;

/** Whether a function with this result is an async generator; neither `any` nor `never` (it always throws) is. */
type IsStream<R> =
  IsAny<R> extends true
    ? false
    : [R] extends [never]
      ? false
      : [R] extends [AsyncGenerator<unknown, unknown, never>]
        ? true
        : false;

/**
 * What `.remote(...)` gives for a function that returns `R` under options `O`: one reference; a tuple of references for
 * `numReturns` above 1; a stream for an async generator, without any option.
 */
export type RemoteResult<R, O> =
  IsStream<R> extends true
    ? ObjectRefStream<R extends AsyncGenerator<infer Y, unknown, never> ? Y : never>
    : O extends { readonly numReturns: infer N extends number }
      ? N extends 1
        ? ObjectRef<Awaited<R>>
        : SplitResult<IsAny<R> extends true ? R[] : Awaited<R>, N>
      : ObjectRef<Awaited<R>>;

/** `unknown`, or the error text: a generic parameter alone would let a misspelt option through. */
type OnlyKnown<P, Known> = [Exclude<keyof P, keyof Known>] extends [never]
  ? unknown
  : UnknownOptionError<Exclude<keyof P, keyof Known>>;

/** `unknown`, or the error text for a `numReturns` which the function's result cannot be split into. */
type FittingNumReturns<F, P> = [RemoteResult<ResultOf<F>, P>] extends [NumReturnsError] ? NumReturnsError : unknown;

/** Options `O` with those of `P` on top. */
type Override<O, P> = Omit<O, keyof P> & P;

/** What `map` accepts as one item: the function's first argument, if it can do with one. */
type MapItem<F> = IsStream<ResultOf<F>> extends true ? MapError : FirstArg<ArgsOf<F>>;

type FirstArg<A extends readonly unknown[]> = A extends readonly [(infer H)?, ...infer Rest]
  ? [] extends Rest
    ? RemoteArg<H>
    : MapError
  : A extends readonly (infer E)[]
    ? RemoteArg<E>
    : MapError;

/** How `map` walks its input. */
export interface MapOptions {
  /** Calls submitted and not yet delivered to the consumer, at most. A whole number from 1. Default 64. */
  readonly maxInFlight?: number;
  /** `true`: results in the order of the input. `false`: each as soon as it is there. Default `true`. */
  readonly ordered?: boolean;
  /** Ends the iteration with the signal's reason and cancels the calls in flight. */
  readonly signal?: AbortSignal;
}

/** Marks what `remote` returns: `'function'` or `'class'`. `remoteModule` picks a module's exports by it. */
export const remoteKind: unique symbol = Symbol.for('daylight.remoteKind');

/** A function that runs on another machine; `O` are the options chosen so far. Immutable: `options` gives another one. */
export interface RemoteFunction<F, O = unknown> {
  readonly [remoteKind]: 'function';
  /**
   * Submits one call and returns at once. Arguments are encoded before it returns, so changing them afterwards changes
   * nothing. Throws `SerializationError` for an argument that cannot travel, `BackPressureError` past the bound of the queue
   * (`map` and `context().ready()` wait instead).
   */
  remote(...args: RemoteArgs<ArgsOf<F>>): RemoteResult<ResultOf<F>, O>;
  /** The same function under other options. Throws `TypeError` for an option that does not exist or does not make sense. */
  options<const P extends TaskOptions>(
    options: P & OnlyKnown<P, TaskOptions> & FittingNumReturns<F, P>,
  ): RemoteFunction<F, Override<O, P>>;
  /**
   * Calls the function on each item with a bounded number in flight, reading the input only as fast as results are taken.
   * Rejects with the first error and cancels the rest; so does leaving the loop early.
   */
  map(
    items: Iterable<MapItem<F>> | AsyncIterable<MapItem<F>>,
    options?: MapOptions,
  ): AsyncIterableIterator<Awaited<ResultOf<F>>, void, undefined>;
}

/** Never methods of a handle: hooks that only the system calls, and names whose meaning belongs to the language. */
export const RESERVED_METHODS = [
  'onStart',
  'onStop',
  'saveCheckpoint',
  'restoreCheckpoint',
  'then',
  'toJSON',
  'constructor',
] as const;

/** A method name that callers may not use: it belongs to the actor's own life. */
export type ReservedMethod = (typeof RESERVED_METHODS)[number];

/** The names of `T`'s public methods: no fields, accessors of data, symbols, `_`-prefixed or reserved names. */
export type ActorMethodName<T> = keyof {
  [
    K in keyof T as K extends ReservedMethod | `_${string}` | symbol | number
      ? never
      : IsAny<T[K]> extends true
        ? never
        : T[K] extends AnyFunction
          ? K
          : never
  ]: true;
};

/** A method of an actor: `handle.method.remote(...)`. */
export interface ActorMethod<M> {
  /** Queues one call. Calls of one caller start in the order they were made. Throws as `RemoteFunction.remote` does. */
  remote(...args: RemoteArgs<ArgsOf<M>>): RemoteResult<ResultOf<M>, unknown>;
}

declare const actorInstance: unique symbol;

/**
 * A handle of an actor whose instance has type `T`. It may be an argument, a result, or part of one. It is not thenable, so
 * `await getActor(...)` gives it and an async function can return it.
 */
export type ActorHandle<T> = { readonly [K in ActorMethodName<T>]: ActorMethod<T[K]> } & {
  readonly [actorInstance]: T;
};

/** A class whose instances live on other machines as actors. Immutable: `options` gives another one. */
export interface RemoteClass<C> {
  readonly [remoteKind]: 'class';
  /** Creates an actor and returns its handle at once; calls wait until it has started. Errors as `RemoteFunction.remote`. */
  remote(...args: RemoteArgs<ArgsOf<C>>): ActorHandle<InstanceOf<C>>;
  /** The same class under other options. Throws `TypeError` for an option that does not exist or does not make sense. */
  options<const P extends ActorOptions<ActorMethodName<InstanceOf<C>>>>(
    options: P & OnlyKnown<P, ActorOptions> & FittingCheckpoint<InstanceOf<C>, P>,
  ): RemoteClass<C>;
}

/** `unknown`, or the error text for `checkpoint` on a class that cannot save its state. */
type FittingCheckpoint<T, P> = P extends { readonly checkpoint: object }
  ? IsAny<T> extends true
    ? unknown
    : 'pair' extends CheckpointsOf<T>
      ? unknown
      : CheckpointOptionError
  : unknown;

/** How a function or a class is registered. */
export interface RegistrationOptions {
  /** Replaces the name it is registered under: the variable it is assigned to. Unique within its module. */
  readonly name?: string;
  /** Values for the free variables of an inline function of a plain script; they are encoded at the registration. */
  readonly capture?: Readonly<Record<string, unknown>>;
}

/**
 * `remote`: registers a function or a class, to be called on other machines. `Function` is the bound because one with a
 * parameter list would give its own types to parameters without an annotation, silently.
 */
export interface Remote {
  // oxlint-disable-next-line typescript/no-unsafe-function-type -- see above
  <F extends Function>(target: F & Registrable<F>, options?: RegistrationOptions): RemoteOf<F>;
}

/** What `remote` gives for `F`. */
export type RemoteOf<F> = F extends AnyClass ? RemoteClass<F> : RemoteFunction<F>;

type AnyRemote = { readonly [remoteKind]: 'function' | 'class' };

/** Of a module's exports only those made by `remote`, as they are. */
export type RemoteStubs<M> = {
  readonly [K in keyof M as IsAny<M[K]> extends true ? never : M[K] extends AnyRemote ? K : never]: M[K];
};
