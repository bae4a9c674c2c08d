/**
 * Versions of an object's value (rule O1): an accepted value is one version, and what is known of it (its digest, whose
 * word it is) ends with it. By the digest a copy that lay on a disk meanwhile is known again (rule M4).
 */
import { DIGEST_BYTES } from '#shared/protocol/node-records.ts';
import { sameDigest } from '#shared/transfer/chunk-layout.ts';
import type { ObjectRecord, SessionRecord } from './entities.ts';
import { moveObject } from './lives.ts';

/** Nothing is known yet of the value that is accepted now, but whose word it is. A former value was lost or freed. */
export function startVersion(object: ObjectRecord, session: SessionRecord | undefined): void {
  endVersion(object);
  moveObject(object, 'pending');
  object.source = session && !session.trusted ? session.id : 0;
}

/** What was known of a value is true no more. */
export function endVersion(object: ObjectRecord): void {
  object.versionDigest = undefined;
  object.manifestDigest = undefined;
  object.source = 0;
}

/** A node tells the digest of its copy's manifest. The first word on a version stays: `other` is of another version. */
export function noteManifest(
  object: ObjectRecord,
  session: SessionRecord,
  sizeBytes: number,
  digest: Uint8Array,
): 'new' | 'known' | 'other' {
  if (object.status !== 'stored' || !object.locations?.has(session.id) || digest.length !== DIGEST_BYTES)
    return 'known';
  if (object.sizeBytes !== sizeBytes) return 'other';
  if (object.manifestDigest) return sameDigest(object.manifestDigest, digest) ? 'known' : 'other';
  object.manifestDigest = digest.slice();
  return 'new';
}

/** A node tells the digest of its copy. The first word on a version stays. Returns true if it was that. */
export function noteDigest(
  object: ObjectRecord,
  session: SessionRecord,
  sizeBytes: number,
  digest: Uint8Array,
): boolean {
  if (object.status !== 'stored' || !object.locations?.has(session.id) || object.versionDigest) return false;
  if (object.sizeBytes !== sizeBytes || digest.length !== DIGEST_BYTES) return false;
  object.versionDigest = digest.slice();
  return true;
}

/** True if bytes of this size and digest are the object's present value. */
export function isPresentVersion(object: ObjectRecord, sizeBytes: number, digest: Uint8Array): boolean {
  const known = object.versionDigest;
  if (object.status !== 'stored' || object.sizeBytes !== sizeBytes || !known) return false;
  return sameDigest(known, digest);
}
