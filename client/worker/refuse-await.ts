/**
 * `await ref` does nothing: a reference is not thenable (an async function must be able to return one).
 */
import { ObjectRef } from '../api/object-ref.ts';

/** A reference is not thenable, so `await ref` is the reference itself: a mistake that would be noticed far from here. */
export function refuseAwait(operand: object): Error | undefined {
  if (!ObjectRef.isObjectRef(operand)) return undefined;
  return new TypeError('await does not fetch an ObjectRef, it gives the reference itself: write await get(ref)');
}
