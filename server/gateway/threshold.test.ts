import { describe, expect, it } from 'vitest';
import { MAX_WAITING_PER_ADDRESS, Threshold } from './threshold.ts';

/** A connection that can be closed once. */
function connection() {
  let tell = (): void => {};
  return { once: (_event: 'close', listener: () => void) => (tell = listener), close: () => tell() };
}

describe('threshold', () => {
  it('T3 B1 so many connections of one address may wait before their nodes say who they are', () => {
    const threshold = new Threshold();
    const waiting = Array.from({ length: MAX_WAITING_PER_ADDRESS }, connection);
    for (const each of waiting) {
      expect(threshold.hasRoom('10.0.0.1')).toBe(true);
      threshold.arrived(each, '10.0.0.1');
    }
    expect(threshold.hasRoom('10.0.0.1')).toBe(false);
    expect(threshold.hasRoom('10.0.0.2')).toBe(true);
    // One says hello, and is closed later; another is closed without a word.
    const [first, second] = waiting;
    if (first) threshold.left(first);
    expect(threshold.hasRoom('10.0.0.1')).toBe(true);
    first?.close();
    threshold.arrived(connection(), '10.0.0.1');
    expect(threshold.hasRoom('10.0.0.1')).toBe(false);
    second?.close();
    expect(threshold.hasRoom('10.0.0.1')).toBe(true);
  });
});
