/**
 * Counts the buffers that job code holds (rules O4, T1). A browser has no memory limit for a worker: one that allocates
 * buffers takes the machine's memory until the system kills something. So the constructors count what they give out, and
 * the engine's finalizers what it took back.
 *
 * Finalizers only run between two turns of the event loop, so within one turn nobody knows what is garbage: a long
 * computation that makes and drops arrays looks like one that keeps them. Hence two bounds: what is still there after
 * several turns may not exceed the limit; within a turn some multiple of it may be made.
 *
 * Not counted: memory that a WebAssembly module makes and grows by itself, and what is not a buffer.
 */
import { type AllocationCounter, COUNTED_BYTES, countingConstructor } from './counting-constructor.ts';

/** How many times the limit may be allocated before finalizers had a chance to run. */
const UNSETTLED_FACTOR = 4;
/** Looks in a row at which there was too much, before it counts as held. */
const STRIKES = 3;
const LOOK_MS = 300;

const TYPED_ARRAYS = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
] as const;

const WASM_PAGE_BYTES = 65_536;

/** What a guard needs of its surroundings, taken before job code could replace it. */
export interface GuardPorts {
  /** Calls back in a later turn of the event loop. */
  later(delayMs: number, callback: () => void): void;
  /** The limit is passed. Called once; what it throws is thrown at the allocation. */
  exceeded(heldBytes: number): Error;
}

type Constructor = new (...args: unknown[]) => object;

/** The counter of one realm. */
export class MemoryGuard implements AllocationCounter {
  readonly #limitBytes: number;
  readonly #ports: GuardPorts;
  readonly #registry = new FinalizationRegistry<number>((sizeBytes) => (this.heldBytes -= sizeBytes));
  /** Given out and not known to be collected. */
  heldBytes = 0;
  #error: Error | undefined;
  #strikes = 0;
  #looking = false;

  constructor(limitBytes: number, ports: GuardPorts) {
    this.#limitBytes = limitBytes;
    this.#ports = ports;
  }

  /** Replaces the constructors of a global scope by counting ones. */
  install(scope: object): void {
    for (const name of ['ArrayBuffer', 'SharedArrayBuffer']) this.#replace(scope, name, 1);
    for (const name of TYPED_ARRAYS) this.#replace(scope, name, elementBytes(scope, name));
    this.#guardTransfer(scope);
    this.#guardWasm(scope);
  }

  /** Allocations of this size are about to happen. @throws what the ports make of it */
  take(sizeBytes: number): void {
    if (this.#error) throw this.#error;
    const total = this.heldBytes + sizeBytes;
    if (sizeBytes > this.#limitBytes || total > this.#limitBytes * UNSETTLED_FACTOR) this.#exceed(total);
    if (total > this.#limitBytes) this.#look();
  }

  count(owner: object, sizeBytes: number): void {
    this.heldBytes += sizeBytes;
    this.#registry.register(owner, sizeBytes);
  }

  #exceed(heldBytes: number): never {
    this.#error = this.#ports.exceeded(heldBytes);
    throw this.#error;
  }

  /** Looks again in later turns: garbage is gone by then, what is held is not. */
  #look(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#ports.later(LOOK_MS, () => {
      this.#looking = false;
      this.#strikes = this.heldBytes > this.#limitBytes ? this.#strikes + 1 : 0;
      if (this.#strikes >= STRIKES) this.#error ??= this.#ports.exceeded(this.heldBytes);
      else if (this.#strikes > 0) this.#look();
    });
  }

  #replace(scope: object, name: string, bytesPerElement: number): void {
    const native: unknown = Reflect.get(scope, name);
    if (typeof native !== 'function') return;
    const value = countingConstructor(native as Constructor, bytesPerElement, this);
    Reflect.defineProperty(scope, name, { value, writable: true, configurable: true });
  }

  /** A buffer that is given another size by its own method. */
  #guardTransfer(scope: object): void {
    const prototype: unknown = Reflect.get(Object(Reflect.get(scope, 'ArrayBuffer')) as object, 'prototype');
    if (typeof prototype !== 'object' || prototype === null) return;
    for (const method of ['transfer', 'transferToFixedLength']) {
      const native: unknown = Reflect.get(prototype, method);
      if (typeof native !== 'function') continue;
      const counted = (buffer: object, sizeBytes: unknown): unknown => {
        const isCounted = typeof sizeBytes === 'number' && sizeBytes >= COUNTED_BYTES;
        if (isCounted) this.take(sizeBytes);
        const made: unknown = Reflect.apply(native, buffer, [sizeBytes]);
        if (isCounted) this.count(made as object, sizeBytes);
        return made;
      };
      Reflect.set(prototype, method, function transferCounted(this: object, sizeBytes?: number): unknown {
        return counted(this, sizeBytes);
      });
    }
  }

  #guardWasm(scope: object): void {
    const wasm: unknown = Reflect.get(scope, 'WebAssembly');
    if (typeof wasm !== 'object' || wasm === null) return;
    const original: unknown = Reflect.get(wasm, 'Memory');
    if (typeof original !== 'function') return;
    const prototype = Reflect.get(original, 'prototype') as object;
    const grow = Reflect.get(prototype, 'grow') as (pages: number) => number;
    const counted = (memory: object, pages: number): number => {
      this.take(pages * WASM_PAGE_BYTES);
      const before: number = Reflect.apply(grow, memory, [pages]);
      this.count(memory, pages * WASM_PAGE_BYTES);
      return before;
    };
    Reflect.set(prototype, 'grow', function growCounted(this: object, pages: number): number {
      return counted(this, pages);
    });
    const construct = (target: object, args: unknown[], newTarget: unknown): object => {
      const initial: unknown = Reflect.get(Object(args[0]) as object, 'initial');
      const sizeBytes = typeof initial === 'number' ? initial * WASM_PAGE_BYTES : 0;
      this.take(sizeBytes);
      const made: object = Reflect.construct(
        target as Constructor,
        args,
        (newTarget === counting ? target : newTarget) as Constructor,
      );
      this.count(made, sizeBytes);
      return made;
    };
    const counting: object = new Proxy(original, { construct });
    Reflect.defineProperty(prototype, 'constructor', { value: counting, writable: true, configurable: true });
    Reflect.defineProperty(wasm, 'Memory', { value: counting, writable: true, configurable: true });
  }
}

function elementBytes(scope: object, name: string): number {
  const bytes: unknown = Reflect.get(Object(Reflect.get(scope, name)) as object, 'BYTES_PER_ELEMENT');
  return typeof bytes === 'number' ? bytes : 1;
}
