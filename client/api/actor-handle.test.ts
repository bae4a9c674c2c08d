import { describe, expect, it } from 'vitest';

import { actorHandleMethods, actorIdentity, isActorHandle, makeActorHandle } from './actor-handle.ts';
import { ObjectRef } from './object-ref.ts';

class Counter {
  #n = 0;
  inc(by = 1): number {
    return (this.#n += by);
  }
  async read(): Promise<number> {
    return this.#n;
  }
}

const METHODS = ['inc', 'read'];
const identity = { actorId: 'a1', className: 'Counter' };
const owner = { idOf: String, free: () => {} };

function makeCounter(calls: unknown[] = []) {
  const call = (method: string, args: readonly unknown[]) => {
    calls.push([method, args]);
    return new ObjectRef<unknown>(owner, calls.length);
  };
  return makeActorHandle<Counter>(METHODS, call, identity);
}

describe('an actor handle', () => {
  it('submits the method with its arguments and returns the reference', () => {
    const calls: unknown[] = [];
    const ref = makeCounter(calls).inc.remote(5);
    expect(ref.id).toBe('1');
    expect(calls).toEqual([['inc', [5]]]);
  });

  it('can be awaited and returned from async functions (P15: it used to hang for ever)', async () => {
    const handle = makeCounter();
    const awaited = await (handle as unknown);
    expect(awaited === handle).toBe(true);
    expect((await (async () => handle)()) === handle).toBe(true);
    expect((await Promise.resolve(handle)) === handle).toBe(true);
  });

  it.each(['then', 'toJSON', 'constructor', 'toString', 'valueOf', '__proto__', 'asymmetricMatch', '$$typeof'])(
    'answers undefined for %s',
    (name) => {
      expect(Reflect.get(makeCounter(), name)).toBeUndefined();
    },
  );

  it('answers undefined for symbols', () => {
    const handle = makeCounter();
    const symbols = [Symbol.iterator, Symbol.asyncIterator, Symbol.toPrimitive, Symbol.dispose, Symbol.toStringTag];
    for (const symbol of [...symbols, Symbol.for('nodejs.util.inspect.custom'), Symbol('own')]) {
      expect(Reflect.get(handle, symbol)).toBeUndefined();
    }
  });

  it('throws for a method that does not exist, when it is read, and says what was meant', () => {
    const handle = makeCounter();
    expect(() => Reflect.get(handle, 'incr')).toThrow(TypeError);
    expect(() => Reflect.get(handle, 'incr')).toThrow(
      'actor Counter has no method "incr" (it has inc, read); did you mean "inc"?',
    );
    expect(() => Reflect.get(handle, 'decrement')).toThrow(/function in a field .* write a method/);
    const bare = makeActorHandle([], () => new ObjectRef<unknown>(owner, 0), identity);
    expect(() => Reflect.get(bare, 'inc')).toThrow('(it has none)');
  });

  it('gives the same method object on every read, lists its methods, and cannot be changed', () => {
    const handle = makeCounter();
    expect(handle.inc === handle.inc).toBe(true);
    expect(Object.keys(handle)).toEqual(METHODS);
    expect('inc' in handle).toBe(true);
    expect('incr' in handle).toBe(false);
    expect(Reflect.set(handle, 'inc', 1)).toBe(false);
    expect(Reflect.set(handle, 'other', 1)).toBe(false);
    expect(Object.isFrozen(handle.inc)).toBe(true);
  });

  it('allows methods named like those of Object.prototype, if the class has them', () => {
    const handle = makeActorHandle<object>(['toString'], () => new ObjectRef<unknown>(owner, 9), identity);
    expect(typeof Reflect.get(handle, 'toString')).toBe('object');
  });

  it('carries what it takes to make it again, which nothing else can claim', () => {
    const handle = makeCounter();
    expect(actorIdentity(handle)).toBe(identity);
    expect(actorHandleMethods(handle)).toEqual(METHODS);
    for (const other of [null, undefined, {}, { inc: {} }, Object.create(handle), 'a1', () => {}]) {
      expect(isActorHandle(other)).toBe(false);
      expect(() => actorIdentity(other)).toThrow(TypeError);
    }
  });
});
