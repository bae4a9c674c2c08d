/**
 * Constructors of buffers and typed arrays that count what they give out, and are otherwise the engine's own as far as programs
 * can tell: `instanceof`, subclasses, static members and the chain of prototypes stay.
 */

/** Smaller buffers are not counted: they are many, and the JavaScript heap's own limit is near them. */
export const COUNTED_BYTES = 64 * 1024;

const MAX_ELEMENT_BYTES = 8;

/** Who counts. */
export interface AllocationCounter {
  /** So many bytes are about to be allocated. @throws what forbids it */
  take(sizeBytes: number): void;
  /** They were; they are free again when `owner` is collected. */
  count(owner: object, sizeBytes: number): void;
}

type Native = new (first?: unknown, second?: unknown, third?: unknown) => object;

/** A counting stand-in for `native`. */
export function countingConstructor(native: Native, bytesPerElement: number, counter: AllocationCounter): object {
  const counted = (first: unknown, second: unknown, make: () => object): object => {
    const elements = typeof first === 'number' ? Math.max(first, maxByteLengthOf(second)) : lengthOf(first);
    const expectedBytes = elements * bytesPerElement;
    if (!(expectedBytes >= COUNTED_BYTES)) return make();
    counter.take(expectedBytes);
    const made = make();
    // What is collected last: the buffer, not a view of it.
    counter.count(ArrayBuffer.isView(made) ? made.buffer : made, expectedBytes);
    return made;
  };
  // A function that names its parameters, and no proxy: a trap costs a constructor several times its own time.
  const counting = function count(first?: unknown, second?: unknown, third?: unknown): object {
    if (new.target === undefined) throw new TypeError(`Constructor ${native.name} requires 'new'`);
    const target = new.target as unknown;
    if (target !== counting)
      return counted(first, second, () => Reflect.construct(native, [first, second, third], target as Native));
    // A view of a buffer that is there already: what `subarray` makes, by the thousand. Or something small.
    if (second !== undefined && isBuffer(first)) return new native(first, second, third);
    if (second === undefined && typeof first === 'number' && first < COUNTED_BYTES / MAX_ELEMENT_BYTES)
      return new native(first);
    return counted(first, second, () => new native(first, second, third));
  };
  // Beside the native one and not below it: programs find the class of all typed arrays this way, and must not find the
  // native constructor.
  Reflect.setPrototypeOf(counting, Reflect.getPrototypeOf(native));
  for (const key of Reflect.ownKeys(native)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(native, key);
    if (descriptor) Reflect.defineProperty(counting, key, descriptor);
  }
  // `slice`, `map` and their like make the new array with this.
  const prototype: unknown = Reflect.get(native, 'prototype');
  if (typeof prototype === 'object' && prototype !== null)
    Reflect.defineProperty(prototype, 'constructor', { value: counting, writable: true, configurable: true });
  return counting;
}

/** Elements that an array made from this will have; 0 for a view of a buffer that is there already. */
function lengthOf(source: unknown): number {
  if (typeof source !== 'object' || source === null || isBuffer(source)) return 0;
  const length: unknown = Reflect.get(source, 'length');
  return typeof length === 'number' ? length : 0;
}

/** To what a buffer with these options may grow. */
function maxByteLengthOf(options: unknown): number {
  if (typeof options !== 'object' || options === null) return 0;
  const maxByteLength: unknown = Reflect.get(options, 'maxByteLength');
  return typeof maxByteLength === 'number' ? maxByteLength : 0;
}

const byteLengthOfBuffer = byteLengthGetter('ArrayBuffer');
const byteLengthOfShared = byteLengthGetter('SharedArrayBuffer');

/** Whether this is a buffer indeed, and not something with its prototype. */
function isBuffer(value: unknown): boolean {
  return answers(byteLengthOfBuffer, value) || answers(byteLengthOfShared, value);
}

function answers(getter: (() => unknown) | undefined, value: unknown): boolean {
  if (getter === undefined || typeof value !== 'object' || value === null) return false;
  try {
    Reflect.apply(getter, value, []);
    return true;
  } catch {
    return false;
  }
}

function byteLengthGetter(name: string): (() => unknown) | undefined {
  const prototype: unknown = Reflect.get(Object(Reflect.get(globalThis, name)) as object, 'prototype');
  if (typeof prototype !== 'object' || prototype === null) return undefined;
  // oxlint-disable-next-line typescript/unbound-method -- applied to whatever is asked about
  return Reflect.getOwnPropertyDescriptor(prototype, 'byteLength')?.get;
}
