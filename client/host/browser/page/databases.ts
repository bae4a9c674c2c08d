/**
 * The databases that Daylight keeps in a browser, by name, and how one is removed.
 */

/** Values kept for the cluster; written by the raylet's worker. */
export const VALUES_DATABASE = 'daylight-values';
/** The profile's lasting id. */
export const IDENTITY_DATABASE = 'daylight-identity';

/** A database that somebody holds open is removed when he lets go; after so long it counts as held for good. */
const ERASE_LIMIT_MS = 4_000;

/** Removes a database. Rejects if it cannot be, or not soon. */
export function eraseDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    const limit = setTimeout(() => reject(new Error(`the database ${name} is in use`)), ERASE_LIMIT_MS);
    request.addEventListener('success', () => {
      clearTimeout(limit);
      resolve();
    });
    request.addEventListener('error', () => {
      clearTimeout(limit);
      reject(request.error ?? new Error(`the database ${name} cannot be removed`));
    });
  });
}
