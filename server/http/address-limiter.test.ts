import { describe, expect, it } from 'vitest';
import { AddressLimiter } from './address-limiter.ts';

describe('AddressLimiter', () => {
  it('B1 counts each address by itself, anew every minute', () => {
    const limiter = new AddressLimiter(2);
    expect([1, 2, 3].map((second) => limiter.allow('a', second * 1000))).toEqual([true, true, false]);
    expect(limiter.allow('b', 4000)).toBe(true);
    expect(limiter.allow('a', 60_999)).toBe(false);
    expect(limiter.allow('a', 61_000)).toBe(true);
  });

  it('B1 knows a bounded number of addresses', () => {
    const limiter = new AddressLimiter(2);
    for (let index = 0; index < 10_000; index++) limiter.allow(`address ${index}`, 0);
    expect(limiter.allow('one more', 0)).toBe(false);
    expect(limiter.allow('address 7', 0)).toBe(true);
  });
});
