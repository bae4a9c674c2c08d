/**
 * A record batch as one field of a larger message.
 */
import type { RecordBatch, RecordOf } from '../wire/columnar.ts';
import type { Codec, Variants } from '../wire/schema.ts';
import { MAX_RECORDS_PER_FRAME } from './limits.ts';

/** The codec of a field that holds a whole batch of at most {@link MAX_RECORDS_PER_FRAME} records. */
export function batchCodec<V extends Variants>(batch: RecordBatch<V>): Codec<RecordOf<RecordBatch<V>>[]> {
  return {
    write: (writer, records) => batch.write(writer, records),
    read: (reader) => batch.read(reader, { maxRecords: MAX_RECORDS_PER_FRAME }),
    describe: () => batch.describe(),
  };
}
