/**
 * The class names in an encoded error: what `retryExceptions` is matched with, on nodes that never decode the error.
 */
import { ByteReader } from '../wire/byte-reader.ts';
import { errorRecordCodec } from './error-record.ts';

/** Names of the error and of its causes. Empty for bytes that are no error record. */
export function errorNames(bytes: Uint8Array): string[] {
  try {
    return errorRecordCodec
      .read(new ByteReader(bytes))
      .links.flatMap(({ kind, name }) => (kind === name ? [name] : [name, kind]));
  } catch {
    return [];
  }
}
