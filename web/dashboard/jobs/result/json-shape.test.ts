import { describe, expect, it } from 'vitest';
import { columnsOf, inOneLine, isNumberList } from './json-shape.ts';

describe('a JSON value', () => {
  it('is a table if it is a list of alike, flat objects', () => {
    expect(
      columnsOf([
        { word: 'a', count: 1 },
        { word: 'b', count: 2 },
      ]),
    ).toEqual(['word', 'count']);
    expect(columnsOf([{ word: 'a' }, { word: 'b', count: 2 }])).toBeUndefined();
    expect(columnsOf([{ word: ['a'] }, { word: ['b'] }])).toBeUndefined();
    expect(columnsOf([{ word: 'a' }])).toBeUndefined();
    expect(columnsOf([{}, {}])).toBeUndefined();
    expect(columnsOf({ word: 'a' })).toBeUndefined();
    expect(
      columnsOf([
        { $npy: 'a.npy', dtype: '<f4', length: 1 },
        { $npy: 'b.npy', dtype: '<f4', length: 1 },
      ]),
    ).toBeUndefined();
  });

  it('is a line if it is small', () => {
    expect(inOneLine({ word: 'that', count: 12 })).toBe('{ "word": "that", "count": 12 }');
    expect(inOneLine(['a', null])).toBe('[ "a", null ]');
    expect(inOneLine({ deep: { er: 1 } })).toBeUndefined();
    expect(inOneLine({ text: 'x'.repeat(100) })).toBeUndefined();
    expect(inOneLine(7)).toBeUndefined();
  });

  it('may be a list of numbers', () => {
    expect([isNumberList([1, 2]), isNumberList([1, 'x']), isNumberList([1]), isNumberList('12')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
