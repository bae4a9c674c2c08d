import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryPolicy } from './memory-policy.ts';

const always = (): boolean => true;
const never = (): boolean => false;

/** Takes out what leaves, as if it were written at once; returns the keys. */
function leavers(policy: MemoryPolicy, mayWrite = always): number[] {
  const keys: number[] = [];
  for (let key = policy.next(mayWrite); key !== undefined; key = policy.next(mayWrite)) {
    keys.push(key);
    policy.remove(key);
  }
  return keys;
}

describe('MemoryPolicy', () => {
  it('O4 lets the value leave that was used longest ago, and no more than needed', () => {
    const policy = new MemoryPolicy(100);
    for (const key of [1, 2, 3]) policy.add(key, 30, false);
    expect(leavers(policy)).toEqual([]);
    policy.use(1);
    policy.add(4, 40, true);
    expect(leavers(policy)).toEqual([2]);
    expect(policy.usedBytes).toBe(100);
    policy.use(3);
    policy.add(5, 80, false);
    expect(leavers(policy)).toEqual([1, 4, 3]);
  });

  it('O4 with nowhere to write to only covered values leave', () => {
    const policy = new MemoryPolicy(100);
    for (const key of [1, 2, 3, 4]) policy.add(key, 50, key % 2 === 0);
    expect(leavers(policy, never)).toEqual([2, 4]);
    expect(policy.isOver).toBe(false);
    policy.add(5, 50, false);
    expect(leavers(policy, never)).toEqual([]);
    expect(policy.usedBytes).toBe(150);
  });

  it('O4 counts what is leaving as good as gone, unless it is used again', () => {
    const policy = new MemoryPolicy(100);
    for (const key of [1, 2, 3]) policy.add(key, 50, false);
    expect(policy.next(always)).toBe(1);
    policy.leave(1);
    expect(policy.next(always)).toBeUndefined();
    expect(policy.isOver).toBe(true);
    policy.use(1);
    expect(policy.isLeaving(1)).toBe(false);
    expect(policy.next(always)).toBe(2);
    policy.leave(2);
    policy.cover(2);
    expect(policy.isCovered(2)).toBe(true);
    expect(leavers(policy)).toEqual([3]);
  });

  it('O4 keeps its sums whatever happens', () => {
    const step = fc.record({
      act: fc.constantFrom('add', 'addCovered', 'remove', 'use', 'cover', 'leave'),
      key: fc.nat(9),
      sizeBytes: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(200), (steps, limitBytes) => {
        const policy = new MemoryPolicy(limitBytes);
        const known = new Map<number, { sizeBytes: number; isCovered: boolean; isLeaving: boolean }>();
        for (const { act, key, sizeBytes } of steps) {
          const entry = known.get(key);
          if (act === 'add' || act === 'addCovered') {
            policy.add(key, sizeBytes, act === 'addCovered');
            known.set(key, { sizeBytes, isCovered: act === 'addCovered', isLeaving: false });
          } else if (act === 'remove') {
            policy.remove(key);
            known.delete(key);
          } else if (act === 'use') {
            policy.use(key);
            if (entry) entry.isLeaving = false;
          } else if (act === 'cover') {
            policy.cover(key);
            if (entry) Object.assign(entry, { isCovered: true, isLeaving: false });
          } else {
            policy.leave(key);
            if (entry && !entry.isCovered) entry.isLeaving = true;
          }
          const sum = (of: (one: { isCovered: boolean; isLeaving: boolean }) => boolean): number =>
            [...known.values()].filter(of).reduce((bytes, one) => bytes + one.sizeBytes, 0);
          expect(policy.count).toBe(known.size);
          expect(policy.usedBytes).toBe(sum(always));
          expect(policy.coveredBytes).toBe(sum(({ isCovered }) => isCovered));
          for (const [known1, { isCovered, isLeaving }] of known) {
            expect(policy.isCovered(known1)).toBe(isCovered);
            expect(policy.isLeaving(known1)).toBe(isLeaving);
          }
          const next = policy.next(always);
          expect(next === undefined).toBe(
            sum(({ isLeaving }) => !isLeaving) <= limitBytes || sum(({ isLeaving }) => !isLeaving) === 0,
          );
          expect(next === undefined || known.get(next)?.isLeaving).not.toBe(next !== undefined);
        }
      }),
    );
  });
});
