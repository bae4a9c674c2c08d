/**
 * How an object's bytes are cut for a transfer (rule O1): into chunks, each with a digest of its own, so that a bad one is found
 * when it comes and asked for again elsewhere. One digest of the whole would tell only at the end, and not whose fault it was.
 *
 * The digests of all chunks are the object's *manifest*, and the digest of that is what the server keeps of a version: 16 bytes,
 * by which a manifest from anybody is known to be right or wrong.
 */
import { digest128Bytes } from '../ids/content-id.ts';

const SMALL_CHUNK_BYTES = 256 * 1024;
const LARGE_CHUNK_BYTES = 1024 * 1024;
/** From here on chunks are large: what one costs beside its bytes counts. */
const LARGE_OBJECT_BYTES = 64 * 1024 * 1024;
/** The first 128 bits of SHA-256 over a chunk. */
export const CHUNK_DIGEST_BYTES = 16;
/** The digests of one object's chunks. */
export const MAX_MANIFEST_BYTES = 1024 * 1024;
/** The largest object that can be brought from node to node: 64 GB. */
export const MAX_OBJECT_BYTES = (MAX_MANIFEST_BYTES / CHUNK_DIGEST_BYTES) * LARGE_CHUNK_BYTES;

/** Bytes of a chunk of an object of this size; of the last one what is left. Everybody cuts alike. */
export function chunkBytesOf(sizeBytes: number): number {
  return sizeBytes < LARGE_OBJECT_BYTES ? SMALL_CHUNK_BYTES : LARGE_CHUNK_BYTES;
}

/** Chunks of an object of this size; an empty one has one as well. */
export function chunkCountOf(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / chunkBytesOf(sizeBytes)));
}

/**
 * The digest of a manifest. An object of one chunk has the digest of that: it needs no manifest.
 *
 * @param manifest digests of all chunks, one behind the other
 */
export function manifestDigest(sizeBytes: number, manifest: Uint8Array): Uint8Array {
  if (manifest.length === CHUNK_DIGEST_BYTES) return manifest;
  const named = new Uint8Array(8 + manifest.length);
  new DataView(named.buffer).setFloat64(0, sizeBytes);
  named.set(manifest, 8);
  return digest128Bytes(named);
}

/** The digest of one chunk in a manifest. */
export function digestAt(manifest: Uint8Array, chunk: number): Uint8Array {
  return manifest.subarray(chunk * CHUNK_DIGEST_BYTES, (chunk + 1) * CHUNK_DIGEST_BYTES);
}

export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
