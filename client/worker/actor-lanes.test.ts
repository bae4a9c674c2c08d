import { describe, expect, it } from 'vitest';
import { CallLanes } from './actor-lanes.ts';

const ACTOR = 50;

/** Calls are `{ task }`; what has begun enters its method at once unless told otherwise. */
function lanesWith(limits?: Parameters<CallLanes<{ task: number }>['setLimits']>[1]) {
  const lanes = new CallLanes<{ task: number }>();
  if (limits) lanes.setLimits(ACTOR, limits);
  lanes.open(ACTOR);
  const begin = (enters = true): number[] => {
    const begun: number[] = [];
    for (let call = lanes.next(); call; call = lanes.next()) {
      begun.push(call.task);
      if (enters) lanes.entered(call.task);
    }
    return begun;
  };
  return {
    lanes,
    begin,
    add: (method: string, ...tasks: number[]) => tasks.forEach((task) => lanes.add(ACTOR, method, { task })),
  };
}

describe('lanes of an actor', () => {
  it('A1 one call at a time, in order, unless its class says more', () => {
    const { lanes, begin, add } = lanesWith();
    add('inc', 1, 2);
    add('read', 3);
    expect(begin()).toEqual([1]);
    lanes.ended(1);
    expect(begin()).toEqual([2]);
    expect(lanes.hasWork).toBe(false);
    lanes.ended(2);
    expect(begin()).toEqual([3]);
  });

  it('A1 no call starts before the constructor is over', () => {
    const { lanes } = lanesWith();
    lanes.add(ACTOR + 1, 'inc', { task: 11 });
    expect(lanes.next()).toBeUndefined();
    lanes.open(ACTOR + 1);
    expect(lanes.next()).toEqual({ task: 11 });
  });

  it('A1 as many calls at a time as maxConcurrency, and no more', () => {
    const { lanes, begin, add } = lanesWith({ maxConcurrency: 3, groups: [] });
    add('inc', 1, 2, 3, 4, 5);
    expect(begin()).toEqual([1, 2, 3]);
    lanes.ended(2);
    expect(begin()).toEqual([4]);
    lanes.ended(1);
    lanes.ended(3);
    expect(begin()).toEqual([5]);
  });

  it('A1 methods of a group have a limit together; a full group holds back no other', () => {
    const { lanes, begin, add } = lanesWith({
      maxConcurrency: 1,
      groups: [{ maxConcurrency: 2, methods: ['read', 'list'] }],
    });
    add('read', 1);
    add('list', 2);
    add('read', 3);
    add('inc', 4, 5);
    expect(begin()).toEqual([1, 4, 2]);
    lanes.ended(2);
    expect(begin()).toEqual([3]);
  });

  it('A1 a call that has begun and not entered its method holds back the later ones of its lane', () => {
    const { lanes, begin, add } = lanesWith({ maxConcurrency: 4, groups: [] });
    add('inc', 1, 2, 3);
    expect(begin(false)).toEqual([1]);
    expect(lanes.hasWork).toBe(false);
    lanes.entered(1);
    expect(begin(false)).toEqual([2]);
    // It failed before it came to its method.
    lanes.ended(2);
    expect(begin()).toEqual([3]);
  });

  it('L7 gives a call back that has not begun, and no other', () => {
    const { lanes, begin, add } = lanesWith();
    add('inc', 1, 2, 3);
    begin();
    expect(lanes.takeBack(1)).toBeUndefined();
    expect(lanes.takeBack(2)).toEqual({ task: 2 });
    lanes.ended(1);
    expect(begin()).toEqual([3]);
    add('inc', 4, 5);
    expect(lanes.takeAll(ACTOR)).toEqual([{ task: 4 }, { task: 5 }]);
    lanes.ended(3);
    expect(begin()).toEqual([]);
  });

  it('A1 actors of one worker take turns', () => {
    const { lanes, add } = lanesWith();
    add('inc', 1, 2);
    lanes.open(ACTOR + 1);
    lanes.add(ACTOR + 1, 'inc', { task: 11 });
    lanes.add(ACTOR + 1, 'inc', { task: 12 });
    const begun: number[] = [];
    for (let call = lanes.next(); call; call = lanes.next()) {
      begun.push(call.task);
      lanes.entered(call.task);
      lanes.ended(call.task);
    }
    expect(begun).toEqual([1, 11, 2, 12]);
  });
});
