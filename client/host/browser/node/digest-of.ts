/**
 * The digest by which values and chunks are known, from the browser's own implementation: off this thread, and many times faster
 * than any in JavaScript.
 */
import { DIGEST_BYTES } from '#shared/protocol/node-records.ts';

/** The first 128 bits of SHA-256. The bytes must not be shared memory, of which a tab has none. */
export async function digestOf(bytes: Uint8Array): Promise<Uint8Array> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return new Uint8Array(digest).slice(0, DIGEST_BYTES);
}
