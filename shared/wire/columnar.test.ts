import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { recordBatch, type RecordOf } from './columnar.ts';
import { array, bool, bytes, f64, int, literalUnion, optional, record, str, uint } from './schema.ts';
import { WireError } from './wire-error.ts';

const journal = recordBatch({
  submit: { n: uint, parent: uint, fn: uint, options: uint, k: uint, args: bytes({ maxBytes: 1024 }) },
  finish: { n: uint, status: literalUnion('ok', 'error'), durationUs: uint, result: bytes({ maxBytes: 1024 }) },
});

const mixed = recordBatch({
  a: {
    signed: int,
    text: str({ maxBytes: 100 }),
    flag: bool,
    ratio: f64,
    maybe: optional(uint),
    blob: bytes({ maxBytes: 20 }),
  },
  b: {
    list: array(uint, { maxCount: 60 }),
    nested: array(array(optional(str({ maxBytes: 60 })), { maxCount: 5 }), { maxCount: 5 }),
    labels: record(f64, { maxCount: 4, maxKeyBytes: 40 }),
    flags: array(bool, { maxCount: 60 }),
    kindOf: literalUnion('x', 'y', 'z'),
  },
  empty: {},
});
type Mixed = RecordOf<typeof mixed>;

function encode(records: readonly Mixed[]): Uint8Array {
  const writer = new ByteWriter();
  mixed.write(writer, records);
  return writer.finish();
}

function decode(frame: Uint8Array): Mixed[] {
  const reader = new ByteReader(frame);
  const records = mixed.read(reader, { maxRecords: 1000 });
  reader.expectEnd();
  return records;
}

const text = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((value) => value.length < 20);
const signed = fc.oneof(
  fc.integer({ min: -100, max: 100 }),
  fc.maxSafeInteger(),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);
const unsigned = fc.oneof(fc.nat(3), fc.nat(), fc.maxSafeNat());
const anyRecord: fc.Arbitrary<Mixed> = fc.oneof(
  fc.record({
    kind: fc.constant('a' as const),
    signed,
    text,
    flag: fc.boolean(),
    ratio: fc.double(),
    maybe: fc.option(unsigned, { nil: undefined }),
    blob: fc.uint8Array({ maxLength: 20 }),
  }),
  fc.record({
    kind: fc.constant('b' as const),
    list: fc.array(unsigned, { maxLength: 60 }),
    nested: fc.array(fc.array(fc.option(text, { nil: undefined }), { maxLength: 5 }), { maxLength: 5 }),
    labels: fc.dictionary(fc.string({ maxLength: 5, unit: 'grapheme-ascii' }), fc.double(), { maxKeys: 4 }),
    flags: fc.array(fc.boolean(), { maxLength: 60 }),
    kindOf: fc.constantFrom('x' as const, 'y' as const, 'z' as const),
  }),
  fc.record({ kind: fc.constant('empty' as const) }),
);
/** Random batches, and batches of one repeated record, which take the constant encodings. */
const anyBatch = fc.oneof(
  fc.array(anyRecord, { maxLength: 40 }),
  fc.tuple(anyRecord, fc.nat(40)).map(([one, count]) => Array.from({ length: count }, () => one)),
);

function plain(records: readonly Mixed[]): unknown {
  return records.map((one) => ('labels' in one ? { ...one, labels: { ...one.labels } } : one));
}

describe('recordBatch', () => {
  it('L2 costs at most 12 bytes per no-op task, submit and finish together', () => {
    const count = 256;
    const args = Uint8Array.of(1, 2, 3);
    const records: RecordOf<typeof journal>[] = [];
    for (let i = 0; i < count; i++)
      records.push({ kind: 'submit', n: 90_000 + i, parent: 7, fn: 3, options: 0, k: i, args });
    for (let i = 0; i < count; i++) {
      records.push({
        kind: 'finish',
        n: 90_000 + i,
        status: 'ok',
        durationUs: 20 + ((i * 37) % 200),
        result: Uint8Array.of(3, i & 255),
      });
    }
    const writer = new ByteWriter();
    journal.write(writer, records);
    expect(writer.length / count).toBeLessThanOrEqual(12);
    expect(writer.length / count).toBeLessThanOrEqual(4.5); // what it is today: a change that spends more should be a decision
    expect(journal.read(new ByteReader(writer.view()), { maxRecords: 512 })).toEqual(records);

    const alternating = records.slice(0, count).flatMap((submit, i) => [submit, records[count + i] ?? submit]);
    writer.reset();
    journal.write(writer, alternating);
    expect(writer.length / count).toBeLessThanOrEqual(12);
    expect(journal.read(new ByteReader(writer.view()), { maxRecords: 512 })).toEqual(alternating);
  });

  it('gives random batches back unchanged', () => {
    fc.assert(
      fc.property(anyBatch, (records) => {
        expect(plain(decode(encode(records)))).toEqual(plain(records));
      }),
      { numRuns: 500 },
    );
  });

  it('T3 turns 20 000 random and mutated inputs into records or a WireError', () => {
    const check = (frame: Uint8Array): void => {
      try {
        decode(frame);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check), { numRuns: 10_000 });
    const frames = fc.sample(anyBatch, 200).map(encode);
    fc.assert(
      fc.property(
        fc.nat(199),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(20),
        (which, edits, cut) => {
          const frame = (frames[which] ?? new Uint8Array()).slice();
          for (const [at, byte] of edits) if (frame.length > 0) frame[at % frame.length] = byte;
          check(frame.subarray(0, Math.max(0, frame.length - (cut > 10 ? 0 : cut))));
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it('T3 refuses counts that the bytes cannot hold, before it allocates', () => {
    const lists = recordBatch({ x: { list: array(array(uint, { maxCount: 1e9 }), { maxCount: 1e9 }) } });
    const writer = new ByteWriter();
    writer.varint(1000); // records
    writer.u8(0);
    writer.u8(0);
    writer.varint(1000); // one run
    writer.u8(0);
    writer.zigzag(1e9); // every list has 1e9 items
    writer.u8(0);
    writer.zigzag(1e9);
    expect(() => lists.read(new ByteReader(writer.finish()), { maxRecords: 1000 })).toThrow(WireError);
    expect(() => lists.read(new ByteReader(writer.finish()), { maxRecords: 999 })).toThrow(/at most 999/);
  });

  it('packs what counts up, repeats or is absent into a few bytes', () => {
    const wide = recordBatch({ r: { up: uint, down: int, same: str({ maxBytes: 50 }), none: optional(uint) } });
    const writer = new ByteWriter();
    wide.write(
      writer,
      Array.from({ length: 1000 }, (_, i) => ({ kind: 'r' as const, up: 5 + 3 * i, down: -i, same: 'the same text' })),
    );
    expect(writer.length).toBeLessThan(40);
    const [, second] = wide.read(new ByteReader(writer.view()), { maxRecords: 1000 });
    expect(second).toEqual({ kind: 'r', up: 8, down: -1, same: 'the same text', none: undefined });
  });

  it('refuses unknown kinds and wrong fields, naming them', () => {
    const writer = new ByteWriter();
    expect(() => journal.write(writer, [{ kind: 'nope' } as never])).toThrow(/kind of submit, finish/);
    expect(() =>
      journal.write(writer, [{ kind: 'finish', n: -1, status: 'ok', durationUs: 1, result: new Uint8Array() }]),
    ).toThrow(/finish\.n/);
    expect(journal.describe()).toContain('finish{n:uint,status:literal(ok|error)');
  });
});
