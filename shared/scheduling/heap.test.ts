import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap, NO_PLACE } from './heap.ts';

interface Item {
  readonly id: number;
  value: number;
  place: number;
}

/** Adds, takes the first, takes any, changes any. */
const ACTS = fc.array(fc.tuple(fc.constantFrom('add', 'first', 'remove', 'change'), fc.nat(40), fc.nat(20)), {
  maxLength: 200,
});

describe('Heap', () => {
  it('S2 whatever is added, changed or taken out, its first is the least and everyone knows its place', () => {
    fc.assert(
      fc.property(ACTS, (acts) => {
        const heap = new Heap<Item>(
          (a, b) => a.value < b.value,
          (item, place) => {
            item.place = place;
          },
        );
        const inside: Item[] = [];
        for (const [act, pick, value] of acts) {
          const item = inside[pick % Math.max(1, inside.length)];
          if (act === 'add') {
            const added: Item = { id: pick, value, place: NO_PLACE };
            inside.push(added);
            heap.add(added);
          } else if (item && act === 'change') {
            item.value = value;
            heap.moved(item.place);
          } else if (item) {
            const gone = act === 'first' ? heap.first() : item;
            if (!gone) throw new Error('an empty heap');
            heap.remove(gone.place);
            inside.splice(inside.indexOf(gone), 1);
            expect(gone.place).toBe(NO_PLACE);
          }
          expect(heap.size).toBe(inside.length);
          expect(heap.first()?.value).toBe(
            inside.length === 0 ? undefined : Math.min(...inside.map((each) => each.value)),
          );
          for (const each of inside) expect(heap.at(each.place)).toBe(each);
        }
      }),
    );
  });
});
