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
  });

  it('is the bytes of its object', () => {
    const encoded = encodeResult([1]);
    const target = new Uint8Array(encoded.sizeBytes + 2);
    encoded.writeInto(target, 2);
    expect(target.subarray(2)).toEqual(encoded.toBytes());
  });
});
