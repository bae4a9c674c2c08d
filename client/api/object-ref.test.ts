import { describe, expect, it } from 'vitest';

import { SerializationError } from '#shared/errors/daylight-error.ts';

import type { RefOwner } from './object-ref.ts';
import { ObjectRef } from './object-ref.ts';

class RecordingOwner implements RefOwner {
  readonly freed: number[] = [];
  idOf(handle: number): string {
    return `id${handle}`;
  }
  free(handle: number): void {
    this.freed.push(handle);
  }
}

describe('ObjectRef', () => {
  it('is not thenable: an async function returns it and await gives it back', async () => {
    const ref = new ObjectRef<number>(new RecordingOwner(), 1);
    expect('then' in ref).toBe(false);
    expect(await (async () => ref)()).toBe(ref);
  });

  it('has no own properties at all, so that nothing of it is copied or printed by accident', () => {
    expect(Reflect.ownKeys(new ObjectRef<number>(new RecordingOwner(), 1))).toEqual([]);
  });

  it('asks its owner for the id only when somebody wants it', () => {
    const ref = new ObjectRef<number>(new RecordingOwner(), 7);
    expect(ref.id).toBe('id7');
    expect(`${ref.toString()}`).toBe('ObjectRef(id7)');
    const inspect: unknown = Reflect.get(ref, Symbol.for('nodejs.util.inspect.custom'));
    expect(typeof inspect === 'function' && inspect.call(ref)).toBe('ObjectRef(id7)');
  });

  it('throws a SerializationError with advice from JSON.stringify, however deep it is', () => {
    const ref = new ObjectRef<number>(new RecordingOwner(), 7);
    expect(() => JSON.stringify({ a: [ref] })).toThrow(SerializationError);
    expect(() => JSON.stringify(ref)).toThrow(/get\(ref\)/);
  });

  it('is freed once, by free or at the end of a using block', () => {
    const owner = new RecordingOwner();
    const first = new ObjectRef<number>(owner, 1);
    expect(first.freed).toBe(false);
    first.free();
    first.free();
    expect(first.freed).toBe(true);
    {
      using second = new ObjectRef<number>(owner, 2);
      expect(second.freed).toBe(false);
    }
    expect(owner.freed).toEqual([1, 2]);
  });

  it('gives its handle only for the owner that made it', () => {
    const owner = new RecordingOwner();
    const ref = new ObjectRef<number>(owner, 5);
    expect(ObjectRef.handleOf(ref, owner)).toBe(5);
    expect(ObjectRef.handleOf(ref, new RecordingOwner())).toBeUndefined();
  });

  it('is told from everything else without touching it', () => {
    const untouchable = new Proxy(
      {},
      {
        get: () => {
          throw new Error('touched');
        },
        has: () => {
          throw new Error('touched');
        },
      },
    );
    expect(ObjectRef.isObjectRef(new ObjectRef(new RecordingOwner(), 0))).toBe(true);
    for (const other of [untouchable, {}, null, undefined, 1, 'x', Object.create(ObjectRef.prototype)]) {
      expect(ObjectRef.isObjectRef(other)).toBe(false);
    }
  });
});
