import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedBytes } from '../testing/shared-bytes.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter, varintSize, zigzagSize } from './byte-writer.ts';
import {
  array,
  bool,
  bytes,
  type Codec,
  f64,
  type Infer,
  int,
  json,
  literalUnion,
  map,
  optional,
  record,
  str,
  struct,
  taggedUnion,
  uint,
} from './schema.ts';
import { WireError } from './wire-error.ts';

function trip<T>(codec: Codec<T>, value: T): T {
  const writer = new ByteWriter();
  codec.write(writer, value);
  const reader = new ByteReader(writer.finish());
  const back = codec.read(reader);
  reader.expectEnd();
  return back;
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof WireError ? error.code : `not a WireError: ${String(error)}`;
  }
  return 'no error';
}

describe('ByteWriter and ByteReader', () => {
  it('give numbers back, in the size announced', () => {
    const edges = [
      0,
      1,
      63,
      64,
      127,
      128,
      2 ** 14 - 1,
      2 ** 14,
      2 ** 21,
      2 ** 28 - 1,
      2 ** 28,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32,
      2 ** 35,
      2 ** 42,
      2 ** 49 - 1,
      2 ** 49,
      2 ** 53 - 1,
    ];
    const check = (value: number): void => {
      const writer = new ByteWriter(16);
      writer.varint(value);
      expect(writer.length).toBe(varintSize(value));
      for (const signed of [value, -value]) {
        const before = writer.length;
        writer.zigzag(signed);
        expect(writer.length - before).toBe(zigzagSize(signed));
      }
      const reader = new ByteReader(writer.finish());
      expect([reader.varint(), reader.zigzag(), reader.zigzag()]).toEqual([value, value, value === 0 ? 0 : -value]);
      reader.expectEnd();
    };
    edges.forEach(check);
    fc.assert(fc.property(fc.maxSafeNat(), check));
    for (const bad of [-1, 1.5, NaN, 2 ** 53, Infinity])
      expect(codeOf(() => new ByteWriter().varint(bad))).toBe('unencodable');
    expect(codeOf(() => new ByteWriter().zigzag(-(2 ** 53)))).toBe('unencodable');
  });

  it('give text back, whatever its letters and length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 0, max: 60 }), (text, repeat) => {
        const value = text.repeat(repeat % 4).concat('é'.repeat(repeat));
        const writer = new ByteWriter(16);
        writer.string(value);
        writer.string(value);
        writer.rawString(value);
        const reader = new ByteReader(writer.finish());
        const wellFormed = value.toWellFormed();
        expect(reader.string(1e6)).toBe(wellFormed);
        expect(reader.name(1e6)).toBe(wellFormed);
        expect(reader.rawString(reader.remaining)).toBe(wellFormed);
      }),
    );
    const writer = new ByteWriter();
    writer.string('name');
    writer.string('name');
    const shared = sharedBytes(writer.length);
    shared.set(writer.view());
    const reader = new ByteReader(shared);
    expect([reader.name(10), reader.name(10)]).toEqual(['name', 'name']);
  });

  it('reuse their memory, and hand out copies that stay', () => {
    const writer = new ByteWriter();
    writer.u8(1);
    writer.u32(0xfffffffe);
    writer.f64(-0);
    writer.bytes(Uint8Array.from({ length: 500 }, (_, i) => i));
    const first = writer.finish();
    writer.reset();
    writer.u8(9);
    writer.u8(8);
    writer.truncate(1);
    expect(writer.finish()).toEqual(Uint8Array.of(9));
    const reader = new ByteReader(first);
    expect([reader.u8(), reader.u32(), Object.is(reader.f64(), -0), reader.bytes(500)[499]]).toEqual([
      1,
      0xfffffffe,
      true,
      243,
    ]);
    expect(reader.remaining).toBe(0);
  });

  it('T3 never read past the end', () => {
    const reads: ((reader: ByteReader) => unknown)[] = [
      (r) => r.u8(),
      (r) => r.u32(),
      (r) => r.f64(),
      (r) => r.varint(),
      (r) => r.zigzag(),
      (r) => r.raw(4),
      (r) => r.rawString(4),
    ];
    for (const read of reads) {
      const frame = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
      expect(codeOf(() => read(new ByteReader(frame, 0, 0)))).toBe('truncated');
    }
    expect(codeOf(() => new ByteReader(new Uint8Array(9).fill(0xff)).varint())).toBe('malformed');
    expect(codeOf(() => new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)).varint())).toBe(
      'malformed',
    );
    expect(codeOf(() => new ByteReader(Uint8Array.of(5, 1, 2)).bytes(10))).toBe('truncated');
    expect(codeOf(() => new ByteReader(Uint8Array.of(5, 1, 2)).bytes(4))).toBe('oversized');
    expect(codeOf(() => new ByteReader(Uint8Array.of(2, 0xff, 0xfe)).string(4))).toBe('malformed');
    expect(codeOf(() => new ByteReader(Uint8Array.of(1)).expectEnd())).toBe('malformed');
    expect(codeOf(() => new ByteReader(Uint8Array.of(1), 1, 2))).toBe('malformed');
  });
});

const message = taggedUnion('kind', {
  submit: {
    n: uint,
    name: str({ maxBytes: 40 }),
    delta: int,
    ratio: f64,
    ok: bool,
    mode: literalUnion('fast', 'safe'),
  },
  answer: {
    maybe: optional(uint),
    list: array(struct({ a: uint, b: optional(str({ maxBytes: 8 })) }), { maxCount: 5 }),
    labels: record(str({ maxBytes: 10 }), { maxCount: 3, maxKeyBytes: 12 }),
    table: map(uint, { maxCount: 3, maxKeyBytes: 10 }),
    extra: json(200),
    payload: bytes({ maxBytes: 16 }),
  },
});
type Message = Infer<typeof message>;

describe('schemas', () => {
  const samples: Message[] = [
    { kind: 'submit', n: 2 ** 40, name: 'ünï', delta: -5, ratio: 0.1, ok: true, mode: 'safe' },
    {
      kind: 'answer',
      list: [{ a: 1 }, { a: 2, b: 'x' }],
      labels: { zone: 'eu' },
      table: new Map([['__proto__', 1]]),
      extra: { a: [1, null, { b: 'c' }] },
      payload: Uint8Array.of(1, 2, 3),
    },
  ];

  it('give messages back', () => {
    for (const sample of samples) {
      const back = trip(message, sample);
      expect('labels' in back ? { ...back, labels: { ...back.labels } } : back).toEqual(sample);
    }
    const frame = new ByteWriter();
    bytes({ maxBytes: 9 }).write(frame, Uint8Array.of(7));
    const whole = frame.finish();
    expect(bytes({ maxBytes: 9 }).read(new ByteReader(whole)).buffer).toBe(whole.buffer); // a view, not a copy
  });

  it('infer types', () => {
    const submit: Extract<Message, { kind: 'submit' }> = {
      kind: 'submit',
      n: 1,
      name: '',
      delta: 0,
      ratio: 0,
      ok: false,
      mode: 'fast',
    };
    // @ts-expect-error a mode the schema does not know
    const wrong: Message = { ...submit, mode: 'slow' };
    expect(codeOf(() => trip(message, wrong))).toBe('unencodable');
    // @ts-expect-error a field is missing
    const short: Message = { kind: 'submit', n: 1 };
    expect(codeOf(() => trip(message, short))).toBe('unencodable');
  });

  it('T3 refuse what is over a limit, on both sides', () => {
    const wide = array(uint, { maxCount: 1e9 });
    expect(codeOf(() => trip(array(uint, { maxCount: 2 }), [1, 2, 3]))).toBe('unencodable');
    expect(codeOf(() => trip(str({ maxBytes: 3 }), 'éé'))).toBe('unencodable');
    expect(codeOf(() => trip(bytes({ maxBytes: 3 }), new Uint8Array(4)))).toBe('unencodable');
    const writer = new ByteWriter();
    writer.varint(1e9);
    expect(codeOf(() => wide.read(new ByteReader(writer.view())))).toBe('truncated');
    expect(codeOf(() => array(uint, { maxCount: 2 }).read(new ByteReader(writer.view())))).toBe('oversized');
    expect(codeOf(() => message.read(new ByteReader(Uint8Array.of(7))))).toBe('unknown-tag');
    expect(codeOf(() => bool.read(new ByteReader(Uint8Array.of(2))))).toBe('malformed');
    const twice = new ByteWriter();
    twice.varint(2);
    for (let i = 0; i < 2; i++) {
      twice.string('same');
      twice.varint(i);
    }
    expect(codeOf(() => map(uint, { maxCount: 3, maxKeyBytes: 10 }).read(new ByteReader(twice.view())))).toBe(
      'malformed',
    );
  });

  it('T3 refuse JSON that nests deep or carries prototype keys', () => {
    const text = str({ maxBytes: 10_000 });
    const read = (source: string): string =>
      codeOf(() => {
        const writer = new ByteWriter();
        text.write(writer, source);
        return json(10_000).read(new ByteReader(writer.view()));
      });
    expect(read('{"a":{"__proto__":1}}')).toBe('malformed');
    expect(read('[{"constructor":1}]')).toBe('malformed');
    expect(read('{')).toBe('malformed');
    expect(read('['.repeat(40) + ']'.repeat(40))).toBe('oversized');
    expect(read('['.repeat(4000) + ']'.repeat(4000))).toBe('oversized');
    expect(read('{"a":[1,2,{"b":null}]}')).toBe('no error');
    expect(codeOf(() => trip(json(100), undefined as never))).toBe('unencodable');
  });

  it('T3 read random and mutated bytes as a message or throw a WireError', () => {
    const check = (frame: Uint8Array): void => {
      expect(codeOf(() => message.read(new ByteReader(frame)))).not.toContain('not a WireError');
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), check), { numRuns: 5000 });
    const frames = samples.map((sample) => {
      const writer = new ByteWriter();
      message.write(writer, sample);
      return writer.finish();
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        (frame, edits) => {
          const bytesOf = frame.slice();
          for (const [at, byte] of edits) bytesOf[at % bytesOf.length] = byte;
          check(bytesOf);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('W1 describe themselves, so that a change shows', () => {
    expect(message.describe()).toBe(
      'union(kind){submit{n:uint,name:str(40),delta:int,ratio:f64,ok:bool,mode:literal(fast|safe)};' +
        'answer{maybe:optional(uint),list:array(struct{a:uint,b:optional(str(8))},5),labels:record(map(str(12),str(10),3)),' +
        'table:map(str(10),uint,3),extra:json(200),payload:bytes(16)}}',
    );
    expect(struct({ a: uint }).describe()).not.toBe(struct({ b: uint }).describe());
  });
});
