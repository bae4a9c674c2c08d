import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { SerializationError } from '#shared/errors/daylight-error.ts';
import { RESULT_FILE } from '#shared/task/main-function.ts';
import { encodeResult, packResult } from './result-archive.ts';

function unpack(value: unknown): { json: unknown; files: Record<string, Uint8Array> } {
  const { [RESULT_FILE]: text = new Uint8Array(0), ...files } = unzipSync(packResult(value));
  return { json: JSON.parse(strFromU8(text)) as unknown, files };
}

describe('the archive of a result', () => {
  it('has what JSON can hold as it is, and the rest in words', () => {
    const value = {
      text: 'ä',
      list: [1, undefined, Number.NaN, Infinity, 10n],
      when: new Date(0),
      map: new Map([['a', new Set([1, 2])]]),
      error: new RangeError('far'),
      nothing: undefined,
    };
    expect(unpack(value).json).toEqual({
      text: 'ä',
      list: [1, null, 'NaN', 'Infinity', '10'],
      when: '1970-01-01T00:00:00.000Z',
      map: [['a', [1, 2]]],
      error: { name: 'RangeError', message: 'far' },
      nothing: null,
    });
    expect(unpack(undefined).json).toBeNull();
  });

  it('has each typed array as a file that NumPy reads', () => {
    const { json, files } = unpack({ a: { b: Float32Array.of(1, -2) }, c: [new Uint8Array(3)], d: new ArrayBuffer(2) });
    expect(json).toEqual({
      a: { b: { $npy: 'result.a.b.npy', dtype: '<f4', length: 2 } },
      c: [{ $npy: 'result.c_0_.npy', dtype: '|u1', length: 3 }],
      d: { $npy: 'result.d.npy', dtype: '|u1', length: 2 },
    });
    const bytes = files['result.a.b.npy'] ?? new Uint8Array(0);
    expect([...bytes.subarray(0, 8)]).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
    const headerBytes = (bytes[8] ?? 0) + 256 * (bytes[9] ?? 0);
    expect((10 + headerBytes) % 64).toBe(0);
    expect(strFromU8(bytes.subarray(10, 10 + headerBytes))).toMatch(
      /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2,\), \} *\n$/,
    );
    expect([...new Float32Array(bytes.slice(10 + headerBytes).buffer)]).toEqual([1, -2]);
  });

  it('has half floats, where the engine knows them, and shared buffers as files, too', () => {
    const half: unknown = Reflect.get(globalThis, 'Float16Array');
    if (typeof half === 'function') {
      const array: unknown = Reflect.construct(half, [[1, -2]]);
      expect(unpack(array).json).toEqual({ $npy: 'result.npy', dtype: '<f2', length: 2 });
    }
    const shared: unknown = Reflect.get(globalThis, 'SharedArrayBuffer');
    // Not in every page.
    if (typeof shared !== 'function') return;
    const { json, files } = unpack({ all: Reflect.construct(shared, [3]) as unknown });
    expect(json).toEqual({ all: { $npy: 'result.all.npy', dtype: '|u1', length: 3 } });
    expect([...(files['result.all.npy'] ?? [])].slice(-3)).toEqual([0, 0, 0]);
  });

  it('has an object of a class as `JSON.stringify` has it: by its fields, or as its toJSON says', () => {
    class Layer {
      readonly size: number;
      readonly #secret = 1;
      static readonly kind = 'layer';
      constructor(size: number) {
        this.size = size;
      }
      secret(): number {
        return this.#secret;
      }
    }
    class Money {
      readonly #cents: bigint;
      constructor(cents: bigint) {
        this.#cents = cents;
      }
      toJSON(): unknown {
        return { cents: this.#cents };
      }
    }
    class Own {
      readonly name = 'own';
      toJSON(): this {
        return this;
      }
    }
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    const value = {
      layers: [new Layer(3)],
      money: new Money(5n),
      own: new Own(),
      url: new URL('https://example.org/a?b'),
      bare,
      empty: {},
      emptyBare: Object.create(null) as object,
      boxed: [Object(1), Object('a'), Object(false), Object(2n)] as unknown[],
    };
    expect(unpack(value).json).toEqual({
      layers: [{ size: 3 }],
      money: { cents: '5' },
      own: { name: 'own' },
      url: 'https://example.org/a?b',
      bare: { a: 1 },
      empty: {},
      emptyBare: {},
      boxed: [1, 'a', false, '2'],
    });
  });

  it('has what stands at several places at each of them, and its array as one file', () => {
    const weights = Float64Array.of(1, 2);
    const shared = { weights, list: [1, 2] };
    const { json, files } = unpack({ one: shared, two: [shared, shared], weights });
    const once = { weights: { $npy: 'result.one.weights.npy', dtype: '<f8', length: 2 }, list: [1, 2] };
    expect(json).toEqual({ one: once, two: [once, once], weights: once.weights });
    expect(Object.keys(files)).toEqual(['result.one.weights.npy']);
  });

  it('gives arrays of the same place names of their own', () => {
    const { files } = unpack({ 'a b': new Int8Array(1), 'a-b': new Int8Array(2), 'a/b': new Int8Array(3) });
    expect(Object.keys(files)).toHaveLength(3);
  });

  it('refuses what no file holds, naming its place', () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(() => packResult({ deep: [() => 1] })).toThrow(
      new SerializationError('result.deep[0] is a function: main can return data only'),
    );
    expect(() => packResult(loop)).toThrow('refers to itself');
    expect(() => packResult(new Uint8Array(65 * 1024 * 1024))).toThrow('at most 64 MB');
    const parts = Array.from({ length: 5 }, () => new Uint8Array(16 * 1024 * 1024));
    expect(() => packResult(parts)).toThrow('at most 64 MB');
  });

  it('refuses what would be there as an empty object, and says what to do', () => {
    class Hidden {
      readonly #map = new Map([[1, 2]]);
      get(key: number): number | undefined {
        return this.#map.get(key);
      }
    }
    const refused: [unknown, string][] = [
      [Promise.resolve(1), 'is a promise: await it first'],
      // oxlint-disable-next-line unicorn/no-thenable -- as some libraries have them
      [{ then: () => undefined }, 'is a promise: await it first'],
      [/a/, 'is of class RegExp, of which nothing can be written'],
      [new WeakMap(), 'is of class WeakMap'],
      [new Hidden(), 'is of class Hidden, of which nothing can be written: return its parts, or give it a toJSON'],
      [[1].values(), 'is of class Array Iterator'],
      [Object(Symbol('a')), 'is of class Symbol'],
    ];
    for (const [value, words] of refused) expect(() => packResult({ at: value })).toThrow(`result.at ${words}`);
    expect(() => packResult(Promise.resolve(1))).toThrow(SerializationError);
  });

  it('B1 refuses more files than an archive can hold, in time', () => {
    const arrays = Array.from({ length: 65_000 }, () => new Uint8Array(0));
    // All under one name that is cut, so that each has to be told from the others.
    const archive = packResult({ ['n'.repeat(80)]: arrays });
    const names = new Set<string>();
    unzipSync(archive, { filter: ({ name }) => names.add(name).size === 0 });
    expect(names.size).toBe(65_001);
    arrays.push(new Uint8Array(0));
    expect(() => packResult(arrays)).toThrow(
      new SerializationError(
        'the result of main has more than 65000 arrays, and each is a file: join them into larger ones',
      ),
    );
  });

  it('B1 refuses what becomes too much only because it is written once for each place', () => {
    let diamond: unknown = 'one text of some length';
    for (let level = 0; level < 60; level++) diamond = { left: diamond, right: diamond };
    expect(() => packResult(diamond)).toThrow('more than 256 MB');
    expect(() => packResult(diamond)).toThrow(SerializationError);
    let chain: unknown = 1;
    for (let level = 0; level < 90; level++) chain = [chain];
    const both = [chain, Array.from({ length: 1 }, () => chain)];
    expect(unpack(both).json).toEqual(both);
    let deep = chain;
    for (let level = 0; level < 20; level++) deep = [deep];
    expect(() => packResult([chain, deep])).toThrow('nested too deep');
  });

  it('is the bytes of its object', () => {
    const encoded = encodeResult([1]);
    const target = new Uint8Array(encoded.sizeBytes + 2);
    encoded.writeInto(target, 2);
    expect(target.subarray(2)).toEqual(encoded.toBytes());
  });
});
