import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { ObjectRef } from '#client/api/object-ref.ts';
import { checkResultFile, formOf, resultFile, valueOf, writeValue } from './value-files.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a file that is put', () => {
  it('is JSON, text or bytes by its ending', () => {
    expect(['a.json', 'B.JSON', 'c.csv', 'd.bin', 'e', 'f.png'].map(formOf)).toEqual([
      'json',
      'json',
      'text',
      'bytes',
      'bytes',
      'bytes',
    ]);
    expect(valueOf(bytes('{"n":[1]}'), 'json', 'a')).toEqual({ n: [1] });
    expect(valueOf(bytes('東京'), 'text', 'a')).toBe('東京');
    // A Buffer is a class of Node, which no browser knows.
    expect(Object.getPrototypeOf(valueOf(Buffer.from('x'), 'bytes', 'a'))).toBe(Uint8Array.prototype);
  });

  it('is refused with advice when it is something else', () => {
    expect(() => valueOf(bytes('{n'), 'json', 'a.json')).toThrow(/a\.json is not JSON \(.*--as text or --as bytes/);
    expect(() => valueOf(Uint8Array.of(0xff, 0xfe), 'text', 'a.txt')).toThrow(
      /a\.txt is not UTF-8: put it with --as bytes/,
    );
  });
});

describe('a value that is got', () => {
  it('is itself if it is bytes or a text', () => {
    const raw = Uint8Array.of(0, 255);
    expect(writeValue(raw)).toMatchObject({ plain: raw, isBytes: true });
    expect(writeValue(raw).fileOf('x.zip')).toBe(raw);
    expect(writeValue('text').fileOf('x.txt')).toBe('text');
    expect(writeValue('text').json()).toBe('text');
  });

  it('is JSON with references by name', () => {
    const ref = new ObjectRef({ idOf: () => '3.17', free() {} }, 17);
    const written = writeValue({ list: [ref], at: new Date(0), left: undefined });
    expect(written.plain).toBe(`${JSON.stringify(written.json(), undefined, 2)}\n`);
    expect(written.json()).toEqual({ list: [{ $ref: '3.17' }], at: '1970-01-01T00:00:00.000Z', left: null });
  });

  it('is an archive with typed arrays as NumPy files', () => {
    const written = writeValue({ weights: Float32Array.of(1, 2) });
    expect(written.json()).toEqual({ weights: { $npy: 'result.weights.npy', dtype: '<f4', length: 2 } });
    const files = unzipSync(written.fileOf('w.zip') as Uint8Array);
    expect(Object.keys(files).toSorted()).toEqual(['result.json', 'result.weights.npy']);
    const npy = written.fileOf('w.npy') as Uint8Array;
    expect(strFromU8(npy.subarray(1, 6))).toBe('NUMPY');
    expect(new Float32Array(npy.slice(-8).buffer)).toEqual(Float32Array.of(1, 2));
    expect(() => writeValue({ a: Int8Array.of(1), b: Int8Array.of(2) }).fileOf('x.npy')).toThrow(/2 typed arrays/);
  });

  it('is refused if no file can hold it', () => {
    expect(() => writeValue({ f: () => 1 })).toThrow(/no file can hold this value: it\.f is a function/);
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => writeValue(cycle)).toThrow(/refers to itself/);
  });
});

describe('the result of a job', () => {
  const archive = writeValue({ n: 1, weights: Float32Array.of(1, 2) }).fileOf('w.zip') as Uint8Array;

  it('is written as its file is called', () => {
    expect(resultFile(archive, 'x.zip')).toBe(archive);
    expect(resultFile(archive, 'x')).toBe(archive);
    expect(JSON.parse(resultFile(archive, 'x.JSON') as string)).toMatchObject({ n: 1 });
    expect(strFromU8((resultFile(archive, 'x.npy') as Uint8Array).subarray(1, 6))).toBe('NUMPY');
    const plain = writeValue({ n: 1 }).fileOf('w.zip') as Uint8Array;
    expect(() => resultFile(plain, 'x.npy')).toThrow(/0 typed arrays.*\.zip or \.json/);
  });

  it('does not go to a file that is called otherwise', () => {
    for (const name of ['x.zip', 'x.npy', 'x.json', 'x']) expect(() => checkResultFile(name)).not.toThrow();
    expect(() => checkResultFile('x.csv')).toThrow(/\.zip, \.json or \.npy file, and "x\.csv" ends in \.csv/);
  });
});
