/**
 * What nodes say of the bytes of copies: digests, what lay on a disk, what was not as it should be (rules O1, M4, T5).
 */
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import type { SessionRecord } from './entities.ts';
import type { ObjectTable } from './object-table.ts';
import type { GcsState } from './state.ts';

/** Takes such a word. Returns false for a record of another kind. */
export function takeCopyWord(
  state: GcsState,
  objects: ObjectTable,
  session: SessionRecord,
  record: NodeRecord,
): boolean {
  switch (record.kind) {
    case 'digest':
    case 'manifest': {
      const object = state.object(record.object);
      const { kind, sizeBytes, digest } = record;
      if (object && kind === 'digest') objects.tellDigest(object, session, sizeBytes, digest);
      else if (object) objects.tellManifest(object, session, sizeBytes, digest);
      return true;
    }
    case 'corrupt': {
      const [object, source] = [state.object(record.object), state.sessions.get(record.source)];
      if (object && source) objects.corrupt.told(object, source, session, record.offset);
      return true;
    }
    case 'found':
      objects.found(record.object, session, record.sizeBytes, record.digest);
      return true;
    default:
      return false;
  }
}
