import { describe, expect, it } from 'vitest';
import { sessionOfKey } from '#shared/ids/object-key.ts';
import { KEYS_PER_RANGE, KeyRanges } from './key-ranges.ts';

describe('KeyRanges', () => {
  it('gives ranges of one session that do not overlap', () => {
    const keys = new KeyRanges(5);
    const [a, b] = [keys.take(), keys.take()];
    expect(a.to).toBe(b.from);
    expect(sessionOfKey(a.from)).toBe(5);
    expect(sessionOfKey(b.to - 1)).toBe(5);
  });

  it('gives out again what is worth it', () => {
    const keys = new KeyRanges(5);
    const { from, to } = keys.take();
    keys.giveBack({ from: to - 10, to });
    expect(keys.take().from).toBe(to);
    keys.giveBack({ from: from + 7, to });
    expect(keys.take()).toEqual({ from: from + 7, to });
  });

  it('says so when a session has no keys left', () => {
    const keys = new KeyRanges(5);
    expect(() => {
      for (let n = 0; n <= 2 ** 32 / KEYS_PER_RANGE; n++) keys.take();
    }).toThrow(RangeError);
  });
});
