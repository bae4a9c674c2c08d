// The object behind `handle.method.remote(...)`. A handle is probed by everything it meets: `await` reads `then` (a handle that
// answered with a method would be taken for a promise that never settles), `JSON.stringify` reads `toJSON`, test libraries and
// consoles read symbols. So it offers exactly the registered methods, is silent to those probes, and tells a program that
// misspells a method what it meant.
//
// The methods are own properties, made once; only the *prototype* is a Proxy. Reading a method is then an ordinary property
// read, and the Proxy is asked only for what is not there. A Proxy around the whole handle would be on the path of each call.

import { didYouMean } from './did-you-mean.ts';
import type { ObjectRef } from './object-ref.ts';
import type { ActorHandle } from './remote-types.ts';

/** What a handle carries to name its actor. The runtime may put more into it. */
export interface ActorIdentity {
  /** The actor's id, as text. */
  readonly actorId: string;
  /** Name of its class, for messages. */
  readonly className: string;
}

/** Submits one call of `method`; returns at once. */
export type CallMethod = (method: string, args: readonly unknown[]) => ObjectRef<unknown>;

interface HandleRecord {
  readonly methods: readonly string[];
  readonly identity: ActorIdentity;
}

/** Keyed by handle, so that no property of any object can pass for one. */
const records = new WeakMap<object, HandleRecord>();

/** Read by test libraries and React from any object, to see whether it is one of theirs. */
const PROBED_NAMES: ReadonlySet<string> = new Set([
  'then',
  'toJSON',
  'asymmetricMatch',
  '$$typeof',
  'nodeType',
  'inspect',
]);

const unknownNames = new Proxy(Object.freeze(Object.create(null)), {
  get(_target, name, receiver): undefined {
    // Names of `Object.prototype` (`constructor`, `toString`, `__proto__` …) are the language's, not misspelt methods.
    if (typeof name === 'symbol' || PROBED_NAMES.has(name) || name in Object.prototype) return undefined;
    const record = records.get(receiver);
    if (record === undefined) return undefined;
    throw new TypeError(noSuchMethod(name, record));
  },
});

function noSuchMethod(name: string, { methods, identity }: HandleRecord): string {
  const known = methods.length === 0 ? 'it has none' : `it has ${methods.join(', ')}`;
  const hint = didYouMean(name, methods);
  const advice =
    hint === '' ? `; a function in a field (${name} = () => …) cannot be called from elsewhere: write a method` : hint;
  return `actor ${identity.className} has no method "${name}" (${known})${advice}`;
}

/**
 * Makes a handle of the actor `identity`, offering `methods` (from `actorMethods`). Each `handle.m` is one and the same object
 * on every read. The handle is frozen. `T` is the type of the actor's instance: the caller vouches for it.
 */
export function makeActorHandle<T = unknown>(
  methods: readonly string[],
  call: CallMethod,
  identity: ActorIdentity,
): ActorHandle<T> {
  const handle: Record<string, unknown> = Object.create(unknownNames);
  for (const method of methods) {
    const value = Object.freeze({ remote: (...args: unknown[]) => call(method, args) });
    // Not an assignment: that would look for a setter on the Proxy.
    Object.defineProperty(handle, method, { value, enumerable: true });
  }
  Object.freeze(handle);
  records.set(handle, { methods, identity });
  // The mapped type of a class cannot be derived from names that are known at run time only.
  return handle as unknown as ActorHandle<T>;
}

/**
 * Makes a handle of an actor whose methods are not known here: every name but the probed and reserved ones is a method,
 * and the call of one that does not exist fails. Slower per call than a handle with a list.
 */
export function makeOpenActorHandle<T = unknown>(call: CallMethod, identity: ActorIdentity): ActorHandle<T> {
  const methods = new Map<string, object>();
  const handle = new Proxy(Object.freeze(Object.create(null)), {
    get(_target, name): object | undefined {
      if (typeof name === 'symbol' || PROBED_NAMES.has(name) || name in Object.prototype) return undefined;
      let method = methods.get(name);
      if (method === undefined) {
        method = Object.freeze({ remote: (...args: unknown[]) => call(name, args) });
        methods.set(name, method);
      }
      return method;
    },
  });
  records.set(handle, { methods: [], identity });
  return handle;
}

/** True for a handle made by `makeActorHandle`. Reads no property of `value`. */
export function isActorHandle(value: unknown): value is ActorHandle<unknown> {
  return typeof value === 'object' && value !== null && records.has(value);
}

/** The identity that the handle was made with. Throws `TypeError` for anything else. */
export function actorIdentity(handle: unknown): ActorIdentity {
  return recordOf(handle).identity;
}

/** The methods that the handle offers: with the identity, what it takes to make the handle again elsewhere. */
export function actorHandleMethods(handle: unknown): readonly string[] {
  return recordOf(handle).methods;
}

function recordOf(handle: unknown): HandleRecord {
  const record = typeof handle === 'object' && handle !== null ? records.get(handle) : undefined;
  if (record === undefined)
    throw new TypeError('this is not an actor handle: take it from RemoteClass.remote() or getActor()');
  return record;
}
