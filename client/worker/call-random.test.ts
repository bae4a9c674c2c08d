import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { randomOfCall } from './call-random.ts';

const draw = (session: number, number: number, actor = 1, realmSeed = 7): number =>
  randomOfCall({ key: objectKey(session, number), actor }, realmSeed).next();

describe('randomOfCall', () => {
  it('A2 a call of an actor draws the same when another life, in another realm, repeats it', () => {
    expect(draw(3, 5, 1, 7)).toBe(draw(3, 5, 1, 8));
  });

  it('A2 calls of an actor differ, also those that have the same number with different callers', () => {
    const drawn = [1, 2, 3, 4].flatMap((session) => [1, 2, 3, 4].map((number) => draw(session, number)));
    expect(new Set(drawn).size).toBe(16);
  });

  it('a task draws anew in another realm', () => {
    expect(draw(3, 5, 0, 7)).not.toBe(draw(3, 5, 0, 8));
  });
});
