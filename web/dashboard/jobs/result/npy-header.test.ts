import { describe, expect, it } from 'vitest';
import { dtypeWords, firstValues, readNpyHeader, shapeWords } from './npy-header.ts';

/** A file as NumPy writes it. */
function npy(dtype: string, shape: string, data: ArrayBufferView, version = 1): Uint8Array {
  const text = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${shape}, }`;
  const prefix = version === 1 ? 10 : 12;
  const padded = `${text.padEnd(Math.ceil((prefix + text.length + 1) / 64) * 64 - prefix - 1)}\n`;
  const bytes = new Uint8Array(prefix + padded.length + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, padded.length, true);
  else view.setUint32(8, padded.length, true);
  bytes.set(new TextEncoder().encode(padded), prefix);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), prefix + padded.length);
  return bytes;
}

describe('a .npy file', () => {
  it('tells type, shape and first values', () => {
    const bytes = npy('<f4', '(2, 3)', Float32Array.of(0.5, 1, 1.5, 2, 2.5, 3));
    const header = readNpyHeader(bytes);
    expect(header).toEqual({ dtype: '<f4', shape: [2, 3], dataOffset: 128 });
    expect(header && firstValues(bytes, header, 4)).toEqual([0.5, 1, 1.5, 2]);
  });

  it('may be a list, whole numbers of 64 bits, or of the second version', () => {
    const bytes = npy('<i8', '(2,)', BigInt64Array.of(-1n, 2n ** 60n), 2);
    const header = readNpyHeader(bytes);
    expect(header?.shape).toEqual([2]);
    expect(header && firstValues(bytes, header, 9)).toEqual([-1n, 2n ** 60n]);
    const scalar = readNpyHeader(npy('|u1', '()', Uint8Array.of(7)));
    expect(scalar?.shape).toEqual([]);
  });

  it('is not taken for one when it is none', () => {
    expect(readNpyHeader(new Uint8Array(0))).toBeUndefined();
    expect(readNpyHeader(new TextEncoder().encode('{"a": 1, "b": 2}'))).toBeUndefined();
    expect(readNpyHeader(npy('<f4', '(1,)', Float32Array.of(1)).subarray(0, 40))).toBeUndefined();
  });

  it('has words for its type and shape', () => {
    expect([dtypeWords('<f4'), dtypeWords('|u1'), dtypeWords('<c16')]).toEqual(['float32', 'uint8', '<c16']);
    expect([shapeWords([10_000, 3]), shapeWords([5]), shapeWords([])]).toEqual(['10,000 × 3', '5', 'one value']);
  });
});
