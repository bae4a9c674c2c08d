/**
 * The lasting id of this browser profile (rule M4), in a database of its own: `localStorage` is written down seconds later, and
 * an id that is lost with a crash makes the browser a stranger to the values that it still has.
 */
import { IDENTITY_DATABASE } from './databases.ts';

const STORE = 'identity';
const KEY = 'node';
const NODE_ID_BYTES = 16;

/** The id, made at the first visit. Where nothing can be stored, one for this visit. */
export async function keptNodeId(): Promise<string> {
  const made = newNodeId();
  try {
    const database = await open();
    try {
      const kept: unknown = await done(database.transaction(STORE).objectStore(STORE).get(KEY));
      if (typeof kept === 'string' && /^[0-9a-f]{32}$/.test(kept)) return kept;
      const writing = database.transaction(STORE, 'readwrite', { durability: 'strict' });
      writing.objectStore(STORE).put(made, KEY);
      await new Promise<void>((resolve, reject) => {
        writing.addEventListener('complete', () => resolve());
        writing.addEventListener('abort', () => reject(writing.error ?? new Error('the id was not written')));
      });
    } finally {
      database.close();
    }
  } catch {
    // Blocked or full: this visit has an id all the same.
  }
  return made;
}

function newNodeId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(NODE_ID_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function open(): Promise<IDBDatabase> {
  const opening = indexedDB.open(IDENTITY_DATABASE);
  opening.addEventListener('upgradeneeded', () => void opening.result.createObjectStore(STORE));
  return done(opening);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the database failed')));
  });
}
