/**
 * A record batch as one field of a larger message.
 */
import type { RecordBatch, RecordOf } from '../wire/columnar.ts';
import type { Codec, Variants } from '../wire/schema.ts';
import { MAX_RECORDS_PER_FRAME } from './limits.ts';

/** The codec of a field that holds a whole batch of at most `maxRecords` records. */
export function batchCodec<V extends Variants>(
  batch: RecordBatch<V>,
  maxRecords = MAX_RECORDS_PER_FRAME,
): Codec<RecordOf<RecordBatch<V>>[]> {
  return {
    write: (writer, records) => batch.write(writer, records),
    read: (reader) => batch.read(reader, { maxRecords }),
    describe: () => batch.describe(),
  };
}
