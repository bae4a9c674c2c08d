import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { isArrayPlace, openResult } from './archive.ts';

describe('the archive of a result', () => {
  it('holds the value and its files', () => {
    const value = { total: 5, weights: { $npy: 'weights.npy', dtype: '<f4', length: 2 } };
    const archive = zipSync({ 'result.json': strToU8(JSON.stringify(value)), 'weights.npy': strToU8('no array') });
    const result = openResult(archive);
    expect(result.value).toEqual(value);
    expect(result.files.map(({ name, npy }) => [name, npy])).toEqual([['weights.npy', undefined]]);
    expect([isArrayPlace(value.weights), isArrayPlace(value), isArrayPlace(null)]).toEqual([true, false, false]);
  });

  it('is refused without a value', () => {
    expect(() => openResult(zipSync({ 'other.txt': strToU8('x') }))).toThrow('no result.json');
    expect(() => openResult(new Uint8Array(3))).toThrow(/zip/);
  });
});
