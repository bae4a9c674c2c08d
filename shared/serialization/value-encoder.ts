/**
 * Values to bytes: one recursive walk that writes the body, numbers the objects it meets and sets binary data aside. Written for
 * this project rather than laid over a general MessagePack coder: what users rely on (identity, cycles, -0, own `__proto__` keys,
 * errors, views, the path of what is refused, equal bytes for equal values) are each an exception to such a coder's rules.
 */
import { ByteWriter } from '../wire/byte-writer.ts';
import { registeredByPrototype } from './class-registry.ts';
import { errorFields, errorKind } from './error-values.ts';
import { Moved } from './moved.ts';
import { SegmentCollector } from './segments.ts';
import { MAX_VALUE_DEPTH, SMALL_INTEGER, TAG } from './value-format.ts';
import { propertyStep, refusedAt, RefusedValue } from './value-path.ts';

/** What a reference inside a value is about. */
export type ReferenceKind = 'object' | 'actor';

/**
 * An ObjectRef or ActorHandle met while encoding. The bytes hold only a number: argument slots are numbered from 0 in
 * their order, all other references from 0 in theirs, so a reader needs the two lists and not how they interleave.
 */
export interface EncodedReference {
  readonly kind: ReferenceKind;
  /** Whatever the caller's `asReference` gave: the codec does not look inside. */
  readonly token: unknown;
  /** A direct argument of a call, to be resolved to its value before the function runs. Only from `encodeArgs`. */
  readonly topLevel: boolean;
}

/** How a reference is to be written. */
export interface ReferenceOf {
  readonly kind: ReferenceKind;
  readonly token: unknown;
  /** For an actor: what a reader needs to make a handle, carried in the value itself. */
  readonly description?: string;
}

/** How the caller's own objects are encoded. */
export interface EncodeContext {
  /** Says whether an object is a reference. Asked for functions and for objects whose prototype is not `Object.prototype` only. */
  asReference?(value: object): ReferenceOf | undefined;
  /** Equal bytes for values equal in content: object keys sorted, error stacks left out. For digests. */
  readonly canonical?: boolean;
}

/** Objects up to which a linear search for identity is cheaper than a Map. */
const LINEAR_SEARCH_OBJECTS = 12;
const MAX_ZIGZAG_MAGNITUDE = 2 ** 48; // above, 8 bytes of double are shorter

/** The state of one encoding. Reused for the next by `reset()`, as long as no encoding is under way in it. */
export class ValueEncoder {
  readonly body = new ByteWriter(1024);
  references: EncodedReference[] = [];
  #slots = 0;
  segments = new SegmentCollector();
  moved: Moved[] = [];
  context: EncodeContext = {};
  #seen: object[] = [];
  #numberOf: Map<object, number> | undefined;
  /** Registered instances whose state is being written: a cycle through them could not be rebuilt. */
  readonly #open = new Set<object>();

  reset(): void {
    this.body.reset();
    this.context = {};
    if (this.#seen.length > 0) this.#seen = [];
    this.#numberOf = undefined;
    this.#open.clear();
    if (this.references.length > 0) this.references = [];
    this.#slots = 0;
    if (this.moved.length > 0) this.moved = [];
    if (!this.segments.isEmpty) this.segments = new SegmentCollector();
  }

  /** Writes a direct argument of a call: a ref to an object becomes an argument slot. */
  writeArgument(value: unknown): void {
    if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) !== Object.prototype) {
      const reference = this.context.asReference?.(value);
      if (reference?.kind === 'object') {
        this.body.u8(TAG.argument);
        this.body.varint(this.#slots++);
        this.references.push({ kind: reference.kind, token: reference.token, topLevel: true });
        return;
      }
    }
    this.write(value, 0);
  }

  /** Writes any value. @throws RefusedValue */
  write(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'number':
        return this.#number(value);
      case 'string':
        return this.#string(value);
      case 'boolean':
        return this.body.u8(value ? TAG.true : TAG.false);
      case 'undefined':
        return this.body.u8(TAG.undefined);
      case 'bigint':
        return this.#bigint(value);
      case 'object':
        if (value === null) this.body.u8(TAG.null);
        else this.#object(value, depth);
        return;
      case 'function':
        if (!this.#backReference(value) && !this.#reference(value)) throw new RefusedValue('is a function');
        return;
      default:
        throw new RefusedValue('is a symbol');
    }
  }

  #number(value: number): void {
    const body = this.body;
    if (value >= 0 && value < 0x80 && (value | 0) === value && !Object.is(value, -0))
      return body.u8(SMALL_INTEGER | value);
    if (value !== value) return body.u8(TAG.nan);
    if (
      Number.isInteger(value) &&
      value < MAX_ZIGZAG_MAGNITUDE &&
      value > -MAX_ZIGZAG_MAGNITUDE &&
      !Object.is(value, -0)
    ) {
      body.u8(TAG.integer);
      return body.zigzag(value);
    }
    body.u8(TAG.float64);
    body.f64(value);
  }

  #string(value: string): void {
    const body = this.body;
    if (value.isWellFormed()) {
      body.u8(TAG.string);
      body.string(value);
      return;
    }
    body.u8(TAG.utf16);
    body.varint(value.length);
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      body.u8(code & 0xff);
      body.u8(code >> 8);
    }
  }

  #bigint(value: bigint): void {
    const hex = (value < 0n ? -value : value).toString(16);
    this.body.u8(TAG.bigint);
    this.body.u8(value < 0n ? 1 : 0);
    this.body.varint(Math.ceil(hex.length / 2));
    for (let end = hex.length; end > 0; end -= 2)
      this.body.u8(Number.parseInt(hex.slice(Math.max(0, end - 2), end), 16));
  }

  #object(value: object, depth: number): void {
    if (depth >= MAX_VALUE_DEPTH) throw new RefusedValue(`nests deeper than ${MAX_VALUE_DEPTH} levels`);
    if (this.#backReference(value)) return;
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return this.#plainObject(value, depth);
    if (Array.isArray(value) && prototype === Array.prototype) return this.#array(value, depth);
    if (this.#reference(value)) return;
    if (this.#instance(value, prototype, depth)) return;
    if (this.#builtIn(value, prototype, depth)) return;
    // Only an Object.prototype (of any realm) and bare objects have nothing above them: anything else is a class's instance.
    if (prototype === null || Object.getPrototypeOf(prototype) === null) return this.#plainObject(value, depth);
    throw new RefusedValue(refusal(value));
  }

  /** Writes a back reference if the object was met before, else gives it the next number. */
  #backReference(value: object): boolean {
    const seen = this.#seen;
    if (seen.length === LINEAR_SEARCH_OBJECTS) this.#numberOf ??= new Map(seen.map((object, index) => [object, index]));
    const number = this.#numberOf === undefined ? seen.indexOf(value) : (this.#numberOf.get(value) ?? -1);
    if (number === -1) {
      this.#numberOf?.set(value, this.#numberOf.size);
      if (this.#numberOf === undefined) seen.push(value);
      return false;
    }
    if (this.#open.has(value)) throw new RefusedValue('is a cycle through an instance of a registered class');
    this.body.u8(TAG.backReference);
    this.body.varint(number);
    return true;
  }

  #plainObject(value: object, depth: number): void {
    const keys = Object.keys(value);
    if (this.context.canonical === true) keys.sort();
    this.body.u8(TAG.object);
    this.body.varint(keys.length);
    let key = '';
    try {
      for (key of keys) {
        this.#key(key);
        this.write(Reflect.get(value, key), depth + 1);
      }
    } catch (error) {
      throw refusedAt(error, propertyStep(key));
    }
  }

  #key(key: string): void {
    if (!key.isWellFormed()) throw new RefusedValue('has a name with a lone surrogate');
    this.body.string(key);
  }

  /** Holes are written as undefined; properties besides the elements are not written. */
  #array(value: readonly unknown[], depth: number): void {
    const count = value.length;
    this.body.u8(TAG.array);
    this.body.varint(count);
    let index = 0;
    try {
      for (; index < count; index++) this.write(value[index], depth + 1);
    } catch (error) {
      throw refusedAt(error, `[${index}]`);
    }
  }

  #reference(value: object): boolean {
    const reference = this.context.asReference?.(value);
    if (reference === undefined) return false;
    this.body.u8(TAG.reference);
    this.body.u8(reference.kind === 'object' ? 0 : 1);
    this.body.varint(this.references.length - this.#slots);
    if (reference.kind === 'actor') this.body.string(reference.description ?? '');
    this.references.push({ kind: reference.kind, token: reference.token, topLevel: false });
    return true;
  }

  #instance(value: object, prototype: object | null, depth: number): boolean {
    const registered = prototype === null ? undefined : registeredByPrototype(prototype);
    if (registered === undefined) return false;
    this.body.u8(TAG.instance);
    this.body.string(registered.id);
    this.#open.add(value);
    try {
      this.write(registered.to(value), depth + 1);
    } catch (error) {
      throw refusedAt(error, `.to('${registered.id}')`);
    }
    this.#open.delete(value);
    return true;
  }

  #builtIn(value: object, prototype: object | null, depth: number): boolean {
    const body = this.body;
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      body.u8(TAG.view);
      this.segments.add(value);
    } else if (value instanceof Moved) {
      this.moved.push(value);
      // The marker's number stands for the view the decoder makes, so moving something twice gives one array twice.
      body.u8(TAG.view);
      this.segments.add(value.data);
    } else if (value instanceof Map && prototype === Map.prototype) {
      this.#map(value, depth);
    } else if (value instanceof Set && prototype === Set.prototype) {
      this.#set(value, depth);
    } else if (value instanceof Date && prototype === Date.prototype) {
      body.u8(TAG.date);
      body.f64(value.getTime());
    } else if (value instanceof RegExp && prototype === RegExp.prototype) {
      body.u8(TAG.regexp);
      this.#string(value.source);
      this.#string(value.flags);
    } else if (value instanceof Error) {
      this.#error(value, depth);
    } else {
      return false;
    }
    return true;
  }

  #map(value: ReadonlyMap<unknown, unknown>, depth: number): void {
    this.body.u8(TAG.map);
    this.body.varint(value.size);
    let step = '';
    let index = 0;
    try {
      for (const [key, item] of value) {
        step = `.keys()[${index}]`;
        this.write(key, depth + 1);
        step =
          typeof key === 'string' || typeof key === 'number' ? `.get(${JSON.stringify(key)})` : `.values()[${index}]`;
        this.write(item, depth + 1);
        index++;
      }
    } catch (error) {
      throw refusedAt(error, step);
    }
  }

  #set(value: ReadonlySet<unknown>, depth: number): void {
    this.body.u8(TAG.set);
    this.body.varint(value.size);
    let index = 0;
    try {
      for (const item of value) {
        this.write(item, depth + 1);
        index++;
      }
    } catch (error) {
      throw refusedAt(error, `.values()[${index}]`);
    }
  }

  #error(value: Error, depth: number): void {
    const canonical = this.context.canonical === true;
    const body = this.body;
    body.u8(TAG.error);
    body.string(errorKind(value));
    this.#string(String(value.name));
    this.#string(String(value.message));
    if (canonical || typeof value.stack !== 'string') body.u8(TAG.undefined);
    else this.#string(value.stack);
    const fields = errorFields(value, canonical);
    body.varint(fields.length);
    let key = '';
    try {
      for (key of fields) {
        this.#key(key);
        this.write(Reflect.get(value, key), depth + 1);
      }
    } catch (error) {
      throw refusedAt(error, propertyStep(key));
    }
  }
}

function refusal(value: object): string {
  const prototype: object = Object.getPrototypeOf(value);
  const constructor: unknown = Reflect.get(prototype, 'constructor');
  const name = typeof constructor === 'function' ? constructor.name : 'an unnamed class';
  if (name === 'Promise') return 'is a Promise: await it first';
  if (name === 'SharedArrayBuffer')
    return 'is a SharedArrayBuffer: send a typed array over it, which copies the part it covers';
  return `is an instance of ${name}: register the class with serializable(), or send its data as a plain object`;
}
