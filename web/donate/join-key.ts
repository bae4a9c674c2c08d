/**
 * The key that lets this browser into a private cluster. It comes in the part of the donate link behind `#`, which no
 * server ever sees, is kept in this browser, and then leaves the address bar, where others could read it.
 */

const KEY_NAME = 'daylight.key';
const KEY_MAX_LENGTH = 512;

/** The part of `Storage` needed here; every call may throw where a browser blocks storage. */
export interface KeyStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

/** Where a key may be. */
export interface KeyPlaces {
  /** Of the page's address, with its `#`. */
  readonly hash: string;
  /** Undefined where even asking for storage throws. */
  readonly storage: KeyStorage | undefined;
  /** Takes the hash out of the address bar. */
  clearHash(): void;
}

/** The key in `#key=…`; empty if there is none. */
export function readHash(hash: string): string {
  const key = new URLSearchParams(hash.replace(/^#/, '')).get('key')?.trim() ?? '';
  return key.length <= KEY_MAX_LENGTH ? key : '';
}

/** What somebody typed or pasted: a key, or the whole donate link. */
export function readTyped(text: string): string {
  const trimmed = text.trim();
  const hashAt = trimmed.indexOf('#');
  const key = hashAt < 0 ? trimmed : readHash(trimmed.slice(hashAt));
  return key.length <= KEY_MAX_LENGTH && !/\s/.test(key) ? key : '';
}

/** Keeps a key in this browser; false if the browser does not let it. */
export function keepKey(storage: KeyStorage | undefined, key: string): boolean {
  try {
    storage?.setItem(KEY_NAME, key);
    return storage?.getItem(KEY_NAME) === key;
  } catch {
    return false;
  }
}

/** Takes the key of a visit: from the address if there is one, else the one kept before; empty if there is none. */
export function takeKey(places: KeyPlaces): string {
  const key = readHash(places.hash);
  if (key !== '') {
    // A browser that keeps nothing would ask for the key again after a reload, so there it stays in the address.
    if (keepKey(places.storage, key)) places.clearHash();
    return key;
  }
  try {
    return places.storage?.getItem(KEY_NAME) ?? '';
  } catch {
    return '';
  }
}

/** Forgets the key. */
export function dropKey(storage: KeyStorage | undefined): void {
  try {
    storage?.removeItem(KEY_NAME);
  } catch {
    // Where nothing can be kept, nothing is left to remove.
  }
}
