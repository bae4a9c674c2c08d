/**
 * Object keys: the names that control messages use.
 *
 * A task, a `put` value and an actor are all named by the *object key* of the (first) object they make: the number
 * of the session it was born in and a number that the session's raylet allotted. A key is one safe integer, so it
 * costs a few bytes in a columnar record, a `Map` holds it without a string, and it can be given synchronously, deep
 * inside a worker, without asking anybody. The 128-bit content id of rule L1 is derived from the record by whoever
 * needs it (the GCS, when a parent runs again; the dashboard); keys never decide whether two tasks are the same work.
 */

/** Names a task, an object or an actor within one cluster; an integer below 2^53. `0` names nothing. */
export type ObjectKey = number;

const NUMBERS_PER_SESSION = 2 ** 32;

/** Sessions are numbered from 1; beyond this a key would no longer be a safe integer. */
export const MAX_SESSION_NUMBER = 2 ** 21 - 1;

/** The largest number a session can allot. */
export const MAX_NUMBER_IN_SESSION = NUMBERS_PER_SESSION - 1;

/** The key of the object numbered `number` in session `session`. */
export function objectKey(session: number, number: number): ObjectKey {
  return session * NUMBERS_PER_SESSION + number;
}

/** The session an object was born in. */
export function sessionOfKey(key: ObjectKey): number {
  return Math.floor(key / NUMBERS_PER_SESSION);
}

/** The number of an object within its session. */
export function numberOfKey(key: ObjectKey): number {
  return key % NUMBERS_PER_SESSION;
}

/** How a key is shown to people and in URLs: `session.number`, e.g. `3.1057`. */
export function formatObjectKey(key: ObjectKey): string {
  return `${sessionOfKey(key)}.${numberOfKey(key)}`;
}

/** The inverse of {@link formatObjectKey}; `undefined` for anything else. */
export function parseObjectKey(text: string): ObjectKey | undefined {
  const match = /^(\d{1,7})\.(\d{1,10})$/.exec(text);
  if (!match) return undefined;
  const session = Number(match[1]);
  const number = Number(match[2]);
  if (session < 1 || session > MAX_SESSION_NUMBER || number > MAX_NUMBER_IN_SESSION) return undefined;
  return objectKey(session, number);
}
