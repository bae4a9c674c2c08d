import { expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

it('B1 begins full, grows with time up to its bound, and waits until a debt is paid', () => {
  const bucket = new TokenBucket(100, 10);
  expect(bucket.left(5_000)).toBe(100);
  bucket.use(150);
  expect(bucket.left(5_000)).toBe(-50);
  expect(bucket.msUntil(0)).toBe(5_000);
  expect(bucket.msUntil(1 / 2)).toBe(10_000);
  expect(bucket.left(11_000)).toBe(10);
  expect(bucket.msUntil(0)).toBe(0);
  expect(bucket.left(100_000)).toBe(100);
});
