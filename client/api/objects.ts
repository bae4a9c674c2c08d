// The public calls about objects and actors: thin, they check what was passed and act through the realm's runtime.

import { NotYetSupportedError } from '#shared/errors/daylight-error.ts';
import { Moved } from '#shared/serialization/moved.ts';
import { isActorHandle } from './actor-handle.ts';
import type { Cancel, Get, GetActor, GetOptions, Kill, Move, Put, Wait, WaitOptions } from './get-types.ts';
import { ObjectRef } from './object-ref.ts';
import { realmRuntime } from '../worker/current-runtime.ts';

function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs !== undefined && !(timeoutMs >= 0))
    throw new RangeError(`timeoutMs must be a number from 0, not ${timeoutMs}`);
}

function checkRef(value: unknown, call: string): asserts value is ObjectRef<unknown> {
  if (!ObjectRef.isObjectRef(value))
    throw new TypeError(`${call} takes ObjectRefs, and this is ${value === null ? 'null' : `of type ${typeof value}`}`);
}

async function getValues(refs: unknown, options: GetOptions = {}): Promise<unknown> {
  const { timeoutMs } = options;
  // `Infinity` is how people write "no limit".
  const checked = timeoutMs === Infinity ? { ...options, timeoutMs: undefined } : options;
  checkTimeout(checked.timeoutMs);
  if (Array.isArray(refs)) {
    for (const ref of refs) checkRef(ref, 'get');
    return realmRuntime().core.get(refs, checked);
  }
  checkRef(refs, 'get');
  const [value] = await realmRuntime().core.get([refs], checked);
  return value;
}

// The overloads say more than one signature over `unknown` can show the compiler.
const typedGet: unknown = getValues;

/** See {@link Get}. */
export const get: Get = typedGet as Get;

async function waitFor(
  refs: readonly ObjectRef<unknown>[],
  { numReturns, timeoutMs, signal }: WaitOptions = {},
): Promise<{ ready: ObjectRef<unknown>[]; pending: ObjectRef<unknown>[] }> {
  for (const ref of refs) checkRef(ref, 'wait');
  const needed = numReturns ?? Math.min(1, refs.length);
  if (!Number.isInteger(needed) || needed < 0 || needed > refs.length)
    throw new RangeError(`numReturns must be a whole number from 0 to ${refs.length}, not ${needed}`);
  const limitMs = timeoutMs === Infinity ? undefined : timeoutMs;
  checkTimeout(limitMs);
  return realmRuntime().core.wait(refs, needed, limitMs, signal);
}

/** See {@link Wait}. */
export const wait: Wait = waitFor as Wait;

/** See {@link Put}. */
export const put: Put = <T>(value: unknown): ObjectRef<T> => {
  if (ObjectRef.isObjectRef(value))
    throw new TypeError('this is an ObjectRef already: use it as it is, or put({ ref }) to store the reference itself');
  return realmRuntime().core.put(value) as ObjectRef<T>;
};

/** See {@link Cancel}. */
export const cancel: Cancel = async (ref, { recursive = true, force = false } = {}) => {
  checkRef(ref, 'cancel');
  const isOver = await realmRuntime().core.outward.cancel(ref, recursive, force);
  return { queued: isOver ? 0 : 1, running: 0, finished: isOver ? 1 : 0 };
};

/** See {@link Kill}. */
export const kill: Kill = async (handle, { noRestart = true } = {}) => {
  if (!isActorHandle(handle))
    throw new TypeError('kill takes an actor handle: from RemoteClass.remote() or getActor()');
  await realmRuntime().core.outward.kill(handle, noRestart);
};

/** See {@link GetActor}. */
export const getActor: GetActor = (async (name: string, options: { readonly namespace?: string } = {}) => {
  if (typeof name !== 'string' || name === '')
    throw new TypeError('getActor takes the name that the actor was given in its options');
  return realmRuntime().core.outward.getActor(name, options.namespace ?? '');
}) as GetActor;

/** See {@link Move}. */
export const move: Move = <T extends ArrayBuffer | ArrayBufferView<ArrayBuffer>>(value: T): T => {
  if (!(value instanceof ArrayBuffer) && !ArrayBuffer.isView(value))
    throw new TypeError('move takes an ArrayBuffer or a typed array');
  // The marker passes for the data: the encoder takes it away before anybody could see it.
  return new Moved(value) as unknown as T;
};

/** Reservations on several nodes. Always throws in this version. */
export function placementGroup(): never {
  throw new NotYetSupportedError('placementGroup is not available yet');
}
