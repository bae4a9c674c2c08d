/**
 * What `context().random()` draws from. A task draws anew wherever it runs; a call of an actor draws the same numbers when another
 * life of the actor repeats it (rule A2), so there nothing counts but its key.
 */
import { numberOfKey, type ObjectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import { type Random, seededRandom } from '#shared/ports/random.ts';

/** In place of a realm's seed. */
const ACTOR_SEED = 0x2545f491;

/** @param realmSeed the seed of the worker that it runs in */
export function randomOfCall({ key, actor }: { key: ObjectKey; actor: ObjectKey }, realmSeed: number): Random {
  const base = actor === 0 ? realmSeed : ACTOR_SEED;
  // Each node counts its keys from the same number on: without the session its calls would draw what those of others draw.
  const ofSession = Math.imul(sessionOfKey(key), 0x85ebca6b);
  return seededRandom((base ^ ofSession ^ Math.imul(numberOfKey(key), 0x9e3779b1)) >>> 0);
}
