import { describe, expect, it } from 'vitest';
import { MemoryGuard } from './memory-guard.ts';

const MB = 2 ** 20;
const LIMIT = 8 * MB;

/** A realm of copies: the test's own constructors stay as they are. */
function world() {
  class Buffer1 extends ArrayBuffer {}
  class Floats extends Float64Array {}
  class Bytes extends Uint8Array {}
  const scope: Record<string, unknown> = { ArrayBuffer: Buffer1, Float64Array: Floats, Uint8Array: Bytes };
  const turns: (() => void)[] = [];
  const told: number[] = [];
  const guard = new MemoryGuard(LIMIT, {
    later: (_delayMs, callback) => void turns.push(callback),
    exceeded: (heldBytes) => {
      told.push(heldBytes);
      return new Error('too much');
    },
  });
  guard.install(scope);
  return {
    guard,
    told,
    native: Bytes as unknown,
    turn: () => turns.splice(0).forEach((callback) => callback()),
    ArrayBuffer: scope['ArrayBuffer'] as ArrayBufferConstructor,
    Float64Array: scope['Float64Array'] as Float64ArrayConstructor,
    Uint8Array: scope['Uint8Array'] as Uint8ArrayConstructor,
  };
}

describe('memory guard', () => {
  it('T1 counts buffers and typed arrays by their bytes, and views not at all', () => {
    const { guard, ArrayBuffer, Float64Array, Uint8Array } = world();
    const buffer = new ArrayBuffer(MB);
    expect(guard.heldBytes).toBe(MB);
    const view = new Uint8Array(buffer);
    expect(view.length).toBe(MB);
    expect(guard.heldBytes).toBe(MB);
    const floats = new Float64Array(MB / 8);
    expect(floats).toBeInstanceOf(Float64Array);
    expect(guard.heldBytes).toBe(2 * MB);
    const copied = new Uint8Array(view);
    expect(copied.length).toBe(MB);
    expect(guard.heldBytes).toBe(3 * MB);
  });

  it('T1 what arrays make of themselves counts too', () => {
    const { guard, Uint8Array } = world();
    const made = new Uint8Array(MB).map((byte) => byte + 1);
    expect(made[0]).toBe(1);
    expect(guard.heldBytes).toBe(2 * MB);
  });

  it('T1 a buffer that may grow counts as grown', () => {
    const { guard, ArrayBuffer } = world();
    const buffer = new ArrayBuffer(8, { maxByteLength: 2 * MB });
    expect(buffer.maxByteLength).toBe(2 * MB);
    expect(guard.heldBytes).toBe(2 * MB);
  });

  it('T1 constructors stay what programs know of them', () => {
    const { Uint8Array, Float64Array, ArrayBuffer } = world();
    expect(Uint8Array.from([1, 2]).at(-1)).toBe(2);
    expect(Float64Array.BYTES_PER_ELEMENT).toBe(8);
    expect(new Float64Array(new ArrayBuffer(32), 8, 2).byteOffset).toBe(8);
    expect(new Uint8Array([1, 2, 3]).subarray(1)).toBeInstanceOf(Uint8Array);
    expect(new Uint8Array(0).constructor).toBe(Uint8Array);
    class Named extends Uint8Array {
      readonly label = 'mine';
    }
    const named = new Named(3);
    expect(named.label + named.length).toBe('mine3');
    expect(named.slice(1)).toBeInstanceOf(Named);
    expect(() => Reflect.apply(Uint8Array, undefined, [1])).toThrow(TypeError);
  });

  it('T1 the native constructor cannot be had from the counting one, nor the count be passed by', () => {
    const { guard, native, Uint8Array } = world();
    for (let place: object | null = Uint8Array; place !== null; place = Object.getPrototypeOf(place) as object | null)
      expect(place).not.toBe(native);
    // What looks like a view of a buffer and is none.
    expect(() => new Uint8Array({ length: 2 ** 28 } as never, 0)).toThrow('too much');
    const fake = Object.assign(Object.create(globalThis.ArrayBuffer.prototype) as object, { length: MB });
    guard.heldBytes = 0;
    expect(() => new Uint8Array(fake as never, 0).length).toThrow('too much');
  });

  it('T1 a buffer that grows by its own method is counted', () => {
    const { guard, ArrayBuffer } = world();
    expect(new ArrayBuffer(8).transfer(2 * MB).byteLength).toBe(2 * MB);
    expect(guard.heldBytes).toBe(2 * MB);
  });

  it('T1 small ones pass uncounted', () => {
    const { guard, Uint8Array } = world();
    for (let n = 0; n < 100; n += 1) expect(new Uint8Array(100).length).toBe(100);
    expect(guard.heldBytes).toBe(0);
  });

  it('T1 one allocation above the limit is refused before it happens', () => {
    const { guard, told, Uint8Array } = world();
    expect(() => new Uint8Array(LIMIT + 1)).toThrow('too much');
    expect(guard.heldBytes).toBe(0);
    expect(told).toHaveLength(1);
  });

  it('T1 within a turn some multiple of the limit may be made, then no more, and it is told once', () => {
    const { told, Uint8Array } = world();
    const kept: unknown[] = [];
    for (let n = 0; n < 32; n += 1) kept.push(new Uint8Array(MB));
    expect(() => new Uint8Array(MB)).toThrow('too much');
    expect(() => new Uint8Array(MB)).toThrow('too much');
    expect(told).toHaveLength(1);
    expect(kept).toHaveLength(32);
  });

  it('T1 what is held above the limit over several turns is too much', () => {
    const { told, turn, Uint8Array } = world();
    const kept = Array.from({ length: 9 }, () => new Uint8Array(MB));
    turn();
    turn();
    expect(told).toHaveLength(0);
    turn();
    expect(told).toEqual([kept.length * MB]);
    expect(() => new Uint8Array(MB)).toThrow('too much');
  });
});
