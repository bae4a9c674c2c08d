/**
 * Rule L1: work is named by what it is. A child's name is a digest of its parent's name, the function, the encoded arguments and
 * how many equal calls came before it in the same attempt; so a re-execution that reaches its calls in another order still gives
 * the same work the same name, and other work another. Each form of name has its own domain: no two can collide by construction.
 *
 * SHA-256 cut to 128 bits, synchronous and the same on every platform (WebCrypto is neither synchronous nor there in all workers).
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { ByteWriter } from '../wire/byte-writer.ts';
import { hexOf, type ObjectId, type TaskId } from './ids.ts';

const DIGEST_BYTES = 16;

/** 128-bit digest of some bytes, as 32 hex digits. */
export function digest128(bytes: Uint8Array): string {
  return hexOf(sha256(bytes));
}

/** The same digest as {@link digest128}, as 16 bytes. */
export function digest128Bytes(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).subarray(0, DIGEST_BYTES);
}

/**
 * Digest of a call's arguments: their encoded bytes and the ids of the references in them, in order. The bytes alone hold only
 * indices, so `f(a)` and `f(b)` with two refs would be taken for the same call.
 */
export function argsDigest(args: Uint8Array, referenceIds: readonly string[]): string {
  if (referenceIds.length === 0) return digest128(args);
  return named('args', (writer) => {
    writer.bytes(args);
    writer.varint(referenceIds.length);
    for (const id of referenceIds) writer.string(id);
  });
}

/** The child of `parent` that is the `k`-th (from 0) call with this function and these arguments in the attempt. */
export function childTaskId(parent: TaskId, functionName: string, digestOfArgs: string, k: number): TaskId {
  return named('task', (writer) => {
    writer.string(parent);
    writer.string(functionName);
    writer.string(digestOfArgs);
    writer.varint(k);
  }) as TaskId;
}

/** The `position`-th (from 0) return of a task. */
export function returnId(task: TaskId, position: number): ObjectId {
  return named('return', (writer) => {
    writer.string(task);
    writer.varint(position);
  }) as ObjectId;
}

/** A `put` of up to 1 MB: by content, `k` counting earlier equal puts of the attempt. */
export function putId(parent: TaskId, contentDigest: string, k: number): ObjectId {
  return named('put', (writer) => {
    writer.string(parent);
    writer.string(contentDigest);
    writer.varint(k);
  }) as ObjectId;
}

/** A `put` above 1 MB, the `n`-th of this attempt: a digest would cost more than the name is worth. Not the same in a re-execution. */
export function largePutId(parent: TaskId, attempt: number, n: number): ObjectId {
  return named('large-put', (writer) => {
    writer.string(parent);
    writer.varint(attempt);
    writer.varint(n);
  }) as ObjectId;
}

function named(domain: string, write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter(192);
  writer.string(`daylight/1/${domain}`);
  write(writer);
  return digest128(writer.view());
}
