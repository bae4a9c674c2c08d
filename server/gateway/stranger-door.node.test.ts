import { describe, expect, it } from 'vitest';
import { addressBehind, MAX_STRANGERS_PER_ADDRESS, StrangerDoor } from './stranger-door.ts';

describe('StrangerDoor', () => {
  it('B1 counts who lives at an address, and who comes from it in a minute', () => {
    const door = new StrangerDoor();
    for (let session = 1; session <= MAX_STRANGERS_PER_ADDRESS; session++) {
      expect(door.admits('a', 0)).toBe(true);
      door.entered(session, 'a');
    }
    expect([door.admits('a', 0), door.admits('b', 0)]).toEqual([false, true]);
    door.entered(1, 'b');
    expect(door.admits('a', 0)).toBe(true);
    for (let session = 1; session <= MAX_STRANGERS_PER_ADDRESS; session++) door.left(session);
    const admitted = Array.from({ length: 200 }, () => door.admits('a', 1)).filter(Boolean);
    expect(admitted.length).toBe(120 - MAX_STRANGERS_PER_ADDRESS - 1);
    expect(door.admits('a', 60_000)).toBe(true);
  });

  it.each([
    ['203.0.113.7', undefined, '203.0.113.7'],
    ['203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['127.0.0.1', '6.6.6.6, 198.51.100.1', '198.51.100.1'],
    ['::ffff:127.0.0.1', 'nonsense', '127.0.0.1'],
    ['::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::9', undefined, '2001:db8:0:0::/64'],
    ['::ffff:203.0.113.7', undefined, '203.0.113.7'],
  ])('B1 behind %s with %s is %s', (peer, forwarded, address) => {
    expect(addressBehind(peer, forwarded)).toBe(address);
  });
});
