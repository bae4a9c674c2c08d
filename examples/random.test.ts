import { describe, expect, it } from 'vitest';
import { seededRandom, shuffle } from './random.ts';

describe('seededRandom', () => {
  it('gives these numbers for this name, on every engine', () => {
    const random = seededRandom(1, 2, 3);
    expect([random.next(), random.next(), random.next()].map((value) => value * 2 ** 32)).toEqual(EXPECTED_BITS);
  });

  it('gives another stream for another name, in whatever part it differs', () => {
    const names = [[1], [2], [1, 0], [0, 1], [1, 2], [2, 1], [1, 2, 0], [-1], [2 ** 31]];
    const firsts = names.map((name) => seededRandom(...name).next());
    expect(new Set(firsts).size).toBe(names.length);
  });

  it('is uniform: each tenth of [0, 1) gets a tenth of the numbers, within five standard deviations', () => {
    const random = seededRandom(7);
    const draws = 100_000;
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < draws; draw += 1) {
      const tenth = Math.floor(random.next() * 10);
      counts[tenth] = (counts[tenth] ?? 0) + 1;
    }
    for (const count of counts) {
      expect(Math.abs(count - draws / 10)).toBeLessThan(5 * Math.sqrt(draws * 0.1 * 0.9));
    }
  });
});

describe('shuffle', () => {
  it('keeps every item, and the order depends on the stream', () => {
    const items = Uint16Array.from({ length: 1000 }, (_, index) => index);
    const [one, same, other] = [items.slice(), items.slice(), items.slice()];
    shuffle(one, seededRandom(1));
    shuffle(same, seededRandom(1));
    shuffle(other, seededRandom(2));
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
    expect(one).not.toEqual(items);
    expect(one.slice().sort()).toEqual(items);
  });
});

const EXPECTED_BITS = [1276521067, 1485745451, 2447152258];
