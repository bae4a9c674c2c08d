/**
 * Who holds an object (rule O3): a list of holders, not a count, because a list is idempotent and knows whose entries
 * to remove when a session dies.
 *
 * A holder is one number: a session by its id (below 2^32), an unfinished task or a living actor by its key (above),
 * an object that contains the reference by its negated key. Most objects have one holder, so one is kept inline and a
 * set is made only for more.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { ObjectRecord } from './entities.ts';

/** The holder that stands for an object containing a reference. */
export function containerHolder(container: ObjectKey): number {
  return -container;
}

/** Adds a holder; again is the same as once. Returns false if it was there. */
export function addHolder(object: ObjectRecord, holder: number): boolean {
  if (object.firstHolder === holder) return false;
  if (object.firstHolder === 0) {
    if (object.moreHolders?.has(holder)) return false;
    object.firstHolder = holder;
    return true;
  }
  object.moreHolders ??= new Set();
  if (object.moreHolders.has(holder)) return false;
  object.moreHolders.add(holder);
  return true;
}

/** Removes a holder; returns true if the object has none left because of it. */
export function removeHolder(object: ObjectRecord, holder: number): boolean {
  if (object.firstHolder === holder) object.firstHolder = 0;
  else if (!object.moreHolders?.delete(holder)) return false;
  return !isHeld(object);
}

export function isHeld(object: ObjectRecord): boolean {
  return object.firstHolder !== 0 || (object.moreHolders !== undefined && object.moreHolders.size > 0);
}

/** All holders, in no particular order. */
export function holdersOf(object: ObjectRecord): number[] {
  const rest = object.moreHolders ? [...object.moreHolders] : [];
  return object.firstHolder === 0 ? rest : [object.firstHolder, ...rest];
}
