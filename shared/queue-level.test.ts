import { describe, expect, it } from 'vitest';
import { fullest } from './queue-level.ts';

describe('queue levels', () => {
  it('B1 the fullest of each kind is the one nearest to its bound', () => {
    const levels = [
      { queue: 'inbox', level: 5, bound: 10 },
      { queue: 'inbox', level: 6, bound: 100 },
      { queue: 'journal', level: 0, bound: 3 },
    ];
    expect([...fullest(levels).values()]).toEqual([levels[0], levels[2]]);
  });
});
