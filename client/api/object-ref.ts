// A reference to a value that exists, or will exist, somewhere in the cluster. It is deliberately *not thenable*: a promise
// resolved with a thenable takes over that thenable's value, so an async function could never return a reference, and a
// reference stored anywhere would be fetched by accident. `get(ref)` fetches; `await ref` is the reference itself, which
// the lint rule `await-thenable` reports. A reference is one small object with an integer in it, because programs hold
// millions of them: the 128-bit id is computed only when somebody asks for it.

import { SerializationError } from '#shared/errors/daylight-error.ts';

/** What a reference needs of the runtime that made it. `handle` is the runtime's own small integer for the object. */
export interface RefOwner {
  /** The object's id, as text. Computed on demand. */
  idOf(handle: number): string;
  /** Gives up this holder's claim on the object. The reference calls it at most once. */
  free(handle: number): void;
}

/**
 * A reference to a value of type `T`. Made by `.remote(...)` and `put`, and by the runtime when one arrives inside a value;
 * never with `new` by a job. Fetch the value with `get(ref)`, or pass the reference as an argument.
 */
export class ObjectRef<T> {
  /** Only for the compiler: makes `ObjectRef<number>` and `ObjectRef<string>` differ. Not there at run time. */
  declare readonly __value?: T;

  readonly #owner: RefOwner;
  readonly #handle: number;
  #freed = false;

  constructor(owner: RefOwner, handle: number) {
    this.#owner = owner;
    this.#handle = handle;
  }

  /** The object's id: a name for logs and the dashboard, not a permission. */
  get id(): string {
    return this.#owner.idOf(this.#handle);
  }

  /** True once `free` was called on this reference: `get` and calls refuse it. Other references are not affected. */
  get freed(): boolean {
    return this.#freed;
  }

  /**
   * Says that this reference is not needed any more; the object goes away everywhere once nobody holds it. Optional: the end
   * of the task or job does the same. Repeating it changes nothing.
   */
  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#owner.free(this.#handle);
  }

  /** `using ref = put(value)` frees it at the end of the block. */
  [Symbol.dispose](): void {
    this.free();
  }

  /** Always throws: in JSON a reference would silently become `{}`. */
  toJSON(): never {
    throw new SerializationError(
      'an ObjectRef cannot be written as JSON: fetch its value with get(ref), or write ref.id if a name is enough',
    );
  }

  toString(): string {
    return `ObjectRef(${this.id})`;
  }

  /** What Node's `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** The runtime's own integer for `ref`, or `undefined` if another owner made it. For the runtime, not for jobs. */
  static handleOf(ref: ObjectRef<unknown>, owner: RefOwner): number | undefined {
    return ref.#owner === owner ? ref.#handle : undefined;
  }

  /** True for a reference, whatever its value. Looks at no property, so proxies and getters are never triggered. */
  static isObjectRef(value: unknown): value is ObjectRef<unknown> {
    return typeof value === 'object' && value !== null && #owner in value;
  }
}
