import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GetTimeoutError, SerializationError } from '../errors/daylight-error.ts';
import { sharedBytes } from '../testing/shared-bytes.ts';
import { serializable } from './class-registry.ts';
import { Moved } from './moved.ts';
import { canonicalBytes, decodeArgs, decodeValue, encodeArgs, encodeValue } from './value-codec.ts';

function trip<T>(value: T, copy = true): T {
  return decodeValue(encodeValue(value, {}).toBytes(), { copy }) as T;
}

class Point {
  readonly #secret: number;
  readonly x: number;
  constructor(x: number, secret: number) {
    this.x = x;
    this.#secret = secret;
  }
  sum(): number {
    return this.x + this.#secret;
  }
}
serializable(Point, {
  id: 'test/point',
  to: (point) => ({ x: point.x, secret: point.sum() - point.x }),
  from: (state) => {
    const { x, secret } = state as { x: number; secret: number };
    return new Point(x, secret);
  },
});

class FakeRef {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
}
const refs = {
  asReference: (value: object) => (value instanceof FakeRef ? { kind: 'object' as const, token: value.id } : undefined),
};

describe('values', () => {
  it('keeps every scalar', () => {
    const scalars = [
      undefined,
      null,
      true,
      false,
      0,
      -0,
      1,
      127,
      128,
      -1,
      1.5,
      NaN,
      Infinity,
      -Infinity,
      2 ** 53,
      -(2 ** 53),
      2 ** 60,
      Number.MIN_VALUE,
      0n,
      -1n,
      255n,
      2n ** 200n,
      -(2n ** 64n),
      '',
      'abc',
      'ü€😀',
      'x'.repeat(10_000),
      'é'.repeat(100),
      '\ud800',
      'a\udc00b',
    ];
    for (const value of scalars) {
      expect(Object.is(trip(value), value)).toBe(true);
      expect(Object.is(trip([value])[0], value)).toBe(true);
    }
  });

  it('keeps built-ins', () => {
    const value = {
      map: new Map<unknown, unknown>([
        ['a', 1],
        [{ k: 1 }, new Set([1, 'b', [2]])],
      ]),
      date: new Date(123),
      invalid: new Date(NaN),
      pattern: /a(b)+/giu,
      nothing: undefined,
      list: [undefined, null, , 3], // oxlint-disable-line no-sparse-arrays
      nested: { deep: { deeper: [[[{}]]] } },
    };
    const back = trip(value);
    expect(back).toEqual(value);
    expect('nothing' in back).toBe(true);
    expect(back.date).toBeInstanceOf(Date);
    expect(Number.isNaN(back.invalid.getTime())).toBe(true);
    expect(back.pattern.flags).toBe('giu');
  });

  it('keeps every typed array, DataView and ArrayBuffer, copied or in place', () => {
    const types = [
      Uint8Array,
      Int8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
    ];
    for (const copy of [true, false]) {
      for (const type of types) {
        for (const length of [0, 1, 5, 1000]) {
          const value = new type(length).fill(7);
          const back = trip({ text: 'odd', value }, copy).value;
          expect(back).toBeInstanceOf(type);
          expect(back).toEqual(value);
        }
      }
      expect(trip(BigInt64Array.of(-5n, 2n ** 62n), copy)).toEqual(BigInt64Array.of(-5n, 2n ** 62n));
      expect(trip(BigUint64Array.of(5n), copy)).toEqual(BigUint64Array.of(5n));
      const half: unknown = Reflect.get(globalThis, 'Float16Array');
      if (typeof half === 'function') {
        const back: unknown = trip(Reflect.construct(half, [[0.5, 2]]), copy);
        expect(back).toBeInstanceOf(half);
        expect(Array.from(back as Iterable<number>)).toEqual([0.5, 2]);
      }
      const view = trip(new DataView(Uint8Array.of(9, 8, 7, 6).buffer, 1, 2), copy);
      expect([view.byteLength, view.getUint8(0), view.getUint8(1)]).toEqual([2, 8, 7]);
      expect(new Uint8Array(trip(Uint8Array.of(1, 2, 3).buffer, copy))).toEqual(Uint8Array.of(1, 2, 3));
    }
  });

  it('O5 gives views of aligned bytes, on shared memory too, and copies where alignment or the caller forbids', () => {
    const encoded = encodeValue({ name: 'w', weights: Float64Array.from({ length: 1000 }, (_, i) => i) }, {});
    const shared = sharedBytes(encoded.sizeBytes + 64).buffer;
    const place = new Uint8Array(shared, 64, encoded.sizeBytes);
    encoded.writeInto(new Uint8Array(shared), 64);
    const inPlace = decodeValue(place, { copy: false }) as { weights: Float64Array };
    expect(inPlace.weights.buffer).toBe(shared);
    expect(inPlace.weights.byteOffset % 64).toBe(0);
    expect(inPlace.weights[999]).toBe(999);
    const copied = decodeValue(place, { copy: true }) as { weights: Float64Array };
    expect(copied.weights.buffer).toBeInstanceOf(ArrayBuffer);
    expect(copied).toEqual(inPlace);
    const odd = new Uint8Array(encoded.sizeBytes + 1);
    encoded.writeInto(odd, 1);
    expect((decodeValue(odd.subarray(1), { copy: false }) as { weights: Float64Array }).weights[7]).toBe(7);
  });

  it('ships only the covered parts of a buffer, and keeps overlap', () => {
    const big = new Uint8Array(1 << 20);
    expect(encodeValue(big.subarray(13, 23), {}).sizeBytes).toBeLessThan(64);
    expect(encodeValue([big.subarray(0, 4), big.subarray(1 << 19, (1 << 19) + 4)], {}).sizeBytes).toBeLessThan(100);
    const [bytes, doubles, buffer] = trip([big.subarray(3, 40), new Float64Array(big.buffer, 8, 2), null]) as [
      Uint8Array,
      Float64Array,
      null,
    ];
    doubles[0] = 1;
    expect(bytes.subarray(5, 13)).toEqual(new Uint8Array(Float64Array.of(1).buffer));
    expect(buffer).toBeNull();
    const whole = new ArrayBuffer(16);
    const back = trip({ tail: new Uint8Array(whole, 8, 8), whole }, false);
    expect(back.tail.buffer).toBe(back.whole);
    expect(back.tail.byteOffset).toBe(8);
  });

  it('keeps cycles and shared identity, beyond the linear search too', () => {
    const loop: { self?: unknown; list: unknown[] } = { list: [] };
    loop.self = loop;
    loop.list.push(loop, loop.list);
    const back = trip(loop);
    expect(back.self).toBe(back);
    expect(back.list[1]).toBe(back.list);
    const shared = new Map([['a', 1]]);
    const many = Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? shared : { i }));
    const again = trip(many);
    expect(again[3]).toBe(again[99]);
    expect(again[4]).toEqual({ i: 4 });
    const array = new Float32Array(4);
    const [one, two] = trip([array, array]);
    expect(one).toBe(two);
  });

  it('T3 takes an own __proto__ key as data', () => {
    const hostile: object = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2, "a": {"__proto__": null}}');
    const back = trip(hostile);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.hasOwn(back, '__proto__')).toBe(true);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Reflect.get(back, 'polluted')).toBeUndefined();
    expect(JSON.stringify(back)).toBe(JSON.stringify(hostile));
  });

  it('L6 keeps errors: class, message, stack, cause, own fields, aggregates', () => {
    class ShopError extends RangeError {
      readonly shelf = { n: 3 };
      override readonly name = 'ShopError';
    }
    const error = new ShopError('sold out', { cause: new TypeError('inner', { cause: 'text' }) });
    const back = trip(error);
    expect(back).toBeInstanceOf(RangeError);
    expect([back.name, back.message, back.stack, back.shelf]).toEqual(['ShopError', 'sold out', error.stack, { n: 3 }]);
    expect(back.cause).toBeInstanceOf(TypeError);
    expect((back.cause as Error).cause).toBe('text');
    const group = trip(new AggregateError([new Error('a'), 2], 'both'));
    expect(group).toBeInstanceOf(AggregateError);
    expect(group.errors[0]).toBeInstanceOf(Error);
    expect(group.errors[1]).toBe(2);
    const own = trip(new GetTimeoutError('late', { attempts: [{ node: 'n', reason: 'r', logTail: '' }] }));
    expect(own).toBeInstanceOf(GetTimeoutError);
    expect([own.name, own.code, own.retryable, own.attempts?.[0]?.node]).toEqual([
      'GetTimeoutError',
      'get-timeout',
      true,
      'n',
    ]);
    const self = new Error('loop');
    self.cause = self;
    expect(trip(self).cause).toHaveProperty('message', 'loop');
  });

  it('sends registered classes, and refuses the rest naming the path', () => {
    const back = trip({ p: [new Point(1, 41)] });
    expect(back.p[0]?.sum()).toBe(42);
    class Other {}
    class SubPoint extends Point {}
    const refused: [unknown, RegExp][] = [
      [{ model: { onClick: () => 1 } }, /^value\.model\.onClick is a function$/],
      [[1, Symbol('s')], /^value\[1\] is a symbol$/],
      [
        new Map([['k', { 'odd name': new Other() }]]),
        /^value\.get\("k"\)\["odd name"\] is an instance of Other: register/,
      ],
      [new Set([1, new SubPoint(1, 2)]), /^value\.values\(\)\[1\] is an instance of SubPoint/],
      [{ p: Promise.resolve(1) }, /^value\.p is a Promise: await it first$/],
      [sharedBytes(4).buffer, /SharedArrayBuffer/],
      [new (class extends Map {})(), /is an instance of/],
      [
        {
          get bad(): number {
            throw new Error('boom');
          },
        },
        /^value\.bad could not be read: boom$/,
      ],
    ];
    for (const [value, message] of refused) {
      expect(() => encodeValue(value, {})).toThrow(SerializationError);
      expect(() => encodeValue(value, {})).toThrow(message);
    }
    expect(() => encodeArgs([{ model: { onClick: () => 1 } }], {})).toThrow('args[0].model.onClick is a function');
    let deep: unknown = 1;
    for (let i = 0; i < 600; i++) deep = [deep];
    expect(() => encodeValue(deep, {})).toThrow(/nests deeper than 500/);
    expect(trip({ still: 'fine' })).toEqual({ still: 'fine' });
  });

  it('may be called again from within a class codec', () => {
    class Outer {}
    serializable(Outer, {
      id: 'test/outer',
      to: () => encodeValue({ a: [1, 2] }, {}).toBytes(),
      from: (state) => Object.assign(new Outer(), { state }),
    });
    const back = trip([{ before: 1 }, new Outer(), { after: 2 }]);
    expect(back[0]).toEqual({ before: 1 });
    expect(back[2]).toEqual({ after: 2 });
    const state: unknown = Reflect.get(back[1] as object, 'state');
    expect(decodeValue(state as Uint8Array, { copy: true })).toEqual({ a: [1, 2] });
  });

  it('collects references, and tells argument slots from nested refs', () => {
    const ref = new FakeRef('r1');
    const encoded = encodeArgs([ref, { inner: ref, again: ref }, new FakeRef('r2'), 5], refs);
    expect(encoded.references).toEqual([
      { kind: 'object', token: 'r1', topLevel: true },
      { kind: 'object', token: 'r1', topLevel: false },
      { kind: 'object', token: 'r2', topLevel: true },
    ]);
    const made: string[] = [];
    const args = decodeArgs(encoded.toBytes(), {
      copy: true,
      reference: (index, kind) => {
        made.push(`${kind} ${index}`);
        return new FakeRef(`made ${index}`);
      },
      argument: (index) => ({ resolved: index }),
    });
    expect(args).toEqual([
      { resolved: 0 },
      { inner: new FakeRef('made 0'), again: new FakeRef('made 0') },
      { resolved: 1 },
      5,
    ]);
    expect(made).toEqual(['object 0']);
    expect(encodeArgs([], refs).sizeBytes).toBe(0);
    expect(decodeArgs(new Uint8Array(0), { copy: true })).toEqual([]);
    expect(encodeArgs([7], refs).toBytes()).toEqual(Uint8Array.of(1, 0x87));
    expect(decodeArgs(encodeArgs([undefined, new Float32Array(3)], {}).toBytes(), { copy: false })).toEqual([
      undefined,
      new Float32Array(3),
    ]);
    const handle = Object.assign(() => 1, { actor: true });
    const withHandle = encodeValue([handle, handle, [{}]], {
      asReference: (value) => ('actor' in value ? { kind: 'actor', token: 9 } : undefined),
    });
    const back = decodeValue(withHandle.toBytes(), {
      copy: true,
      reference: (index, kind) => ({ kind, index }),
    }) as unknown[];
    expect(back[0]).toEqual({ kind: 'actor', index: 0 });
    expect(back[1]).toBe(back[0]);
  });

  it('move detaches what it was given, once written; parts of a buffer stay', () => {
    const buffer = new ArrayBuffer(2000);
    const encoded = encodeValue([new Moved(new Uint8Array(buffer))], {});
    expect(buffer.detached).toBe(false);
    const back = decodeValue(encoded.toBytes(), { copy: true }) as unknown[];
    expect(buffer.detached).toBe(true);
    expect(back[0]).toEqual(new Uint8Array(2000));
    expect(() => encoded.toBytes()).toThrow(/moved/);
    expect(() => encodeValue({ again: buffer }, {})).toThrow(/value\.again is a detached buffer/);
    const pool = new Uint8Array(100);
    encodeValue(new Moved(pool.subarray(3, 9)), {}).toBytes();
    expect(pool.length).toBe(100);
  });

  it('O1 has a canonical form: key order and stacks do not matter, content does', () => {
    const a = canonicalBytes({ b: 1, a: { y: 1, x: new Error('e') } });
    const b = canonicalBytes({ a: { x: new Error('e'), y: 1 }, b: 1 });
    expect(a).toEqual(b);
    expect(canonicalBytes({ b: 1, a: { y: 2, x: new Error('e') } })).not.toEqual(a);
    const odd = new Float64Array(new BigUint64Array([0x7ff8000000000001n]).buffer)[0];
    expect(canonicalBytes([odd])).toEqual(canonicalBytes([NaN]));
    expect(decodeValue(a, { copy: true })).toEqual({ b: 1, a: { y: 1, x: new Error('e') } });
    const target = new Uint8Array(300).fill(0xff);
    const encoded = encodeValue({ x: new Float32Array(20), y: new Float64Array(2) }, {});
    encoded.writeInto(target, 0);
    expect(target.subarray(0, encoded.sizeBytes)).toEqual(encoded.toBytes());
  });

  it('round-trips anything', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: false,
      maxDepth: 4,
    });
    const check = (value: unknown): void => {
      const bytes = encodeValue(value, {}).toBytes();
      expect(decodeValue(bytes, { copy: true })).toEqual(value);
      expect(encodeValue(value, {}).toBytes()).toEqual(bytes);
    };
    fc.assert(fc.property(anything, check), { numRuns: 1000 });
  });

  it('T3 decodes hostile bytes to a value or a SerializationError', () => {
    const check = (bytes: Uint8Array): void => {
      try {
        decodeValue(bytes, { copy: false });
        decodeArgs(bytes, { copy: true });
      } catch (error) {
        expect(error).toBeInstanceOf(SerializationError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), check), { numRuns: 10_000 });
    const samples = [
      { a: [1, 'two', { c: new Map([[1, new Set([2])]]) }], d: new Float64Array(4), e: new Error('x'), r: /a/g },
      [new Uint8Array(2000), 5n],
    ].map((value) => encodeValue(value, {}).toBytes());
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (sample, edits) => {
          const bytes = sample.slice();
          for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
          check(bytes);
        },
      ),
      { numRuns: 10_000 },
    );
  });
});
