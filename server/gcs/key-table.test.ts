import fc from 'fast-check';
import { expect, test } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { KeyTable } from './key-table.ts';

const anyKey = fc
  .record({ session: fc.constantFrom(1, 2, 2 ** 20), number: fc.integer({ min: 0, max: 200 }) })
  .map(({ session, number }) => objectKey(session, number));
const anyStep = fc.record({ key: anyKey, add: fc.boolean() });

test('G2: a table by key holds what a map would hold', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 500 }), (steps) => {
      const table = new KeyTable<{ step: number }>();
      const map = new Map<number, { step: number }>();
      for (const [step, { key, add }] of steps.entries()) {
        if (add) {
          table.set(key, { step });
          map.set(key, { step });
        } else {
          expect(table.delete(key)).toBe(map.delete(key));
        }
        expect(table.get(key)).toEqual(map.get(key));
        expect(table.has(key)).toBe(add);
        expect(table.size).toBe(map.size);
      }
      const keys = [...table.keys()];
      expect(keys.toSorted((a, b) => a - b)).toEqual([...map.keys()].toSorted((a, b) => a - b));
      expect([...table.values()]).toEqual(keys.map((key) => map.get(key)));
      const descending = [...map.keys()].toSorted((a, b) => b - a);
      for (const below of [Infinity, descending[descending.length >> 1] ?? 0])
        expect([...table.newest(below)]).toEqual(descending.filter((key) => key < below).map((key) => map.get(key)));
      table.clear();
      expect([table.size, ...table.keys(), ...table.values()]).toEqual([0]);
      for (const key of map.keys()) expect(table.get(key)).toBeUndefined();
    }),
  );
});

test('G2: what is taken out while a table is gone through is not met, and the rest is', () => {
  const table = new KeyTable<{ number: number }>();
  for (let number = 1; number <= 300; number++) table.set(objectKey(1, number), { number });
  const met: number[] = [];
  for (const { number } of table.values()) {
    met.push(number);
    table.delete(objectKey(1, number));
    table.delete(objectKey(1, number + 1));
  }
  expect(met).toEqual(Array.from({ length: 150 }, (_, index) => index * 2 + 1));
  expect(table.size).toBe(0);
});
