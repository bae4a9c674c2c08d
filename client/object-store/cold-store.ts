/**
 * Where a node keeps values that its memory has no room for (rule O4), and where they outlive its session (rule M4).
 *
 * The raylet holds no promise, so answers come through callbacks: each is called once, and never before the call that asked
 * has returned. What is asked about one key takes effect in the order in which it was asked.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';

/** What is known of a stored value without reading it. */
export interface ColdRow {
  readonly key: ObjectKey;
  readonly sizeBytes: number;
  /** The first 128 bits of SHA-256 over the flat bytes. */
  readonly digest: Uint8Array;
  /** Objects referred to inside the value. */
  readonly nested: readonly ObjectKey[];
}

/** Slow storage with much room. It may fail at any time; then what it was to keep is still the caller's. */
export interface ColdStore {
  /** Bytes it would still take, as far as it knows; 0 when it is full or out of order. */
  readonly freeBytes: number;
  /** Bytes of the values in it. */
  readonly usedBytes: number;
  /**
   * Writes a value, or replaces the one of this key. The bytes must not change meanwhile; they stay the caller's.
   * @param done gets the value's digest once it is stored, or `undefined` if it is not
   */
  put(
    key: ObjectKey,
    bytes: Uint8Array,
    nested: readonly ObjectKey[],
    done: (digest: Uint8Array | undefined) => void,
  ): void;
  /** @param done gets the value's bytes, the caller's own from then on, or `undefined` if they are not to be had */
  get(key: ObjectKey, done: (bytes: Attachment | undefined) => void): void;
  /** Removes a value; a `put` of this key that is under way comes to nothing. */
  delete(key: ObjectKey): void;
  /** @param done gets everything that is stored */
  list(done: (rows: readonly ColdRow[]) => void): void;
  /** Removes everything. */
  clear(done: () => void): void;
}
