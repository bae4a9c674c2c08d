/**
 * Classes whose instances may cross the wire. Without registration an instance is refused: sending its fields alone would lose
 * its methods and private state without an error. Registration must happen on both sides, which it does by itself when the
 * call stands at the top level of the module that declares the class.
 */
import { SerializationError } from '../errors/daylight-error.ts';

/** How instances of a class travel. */
export interface ClassCodec<T> {
  /** Names the class on the wire; unique and stable, e.g. `my-app/vector`. */
  readonly id: string;
  /** The state to send: anything that can itself be sent, but not the instance (no cycle may lead back to it). */
  to(instance: T): unknown;
  /** A new instance of the state. */
  from(state: unknown): T;
}

interface Registered {
  readonly id: string;
  to(instance: object): unknown;
  from(state: unknown): object;
}

const byPrototype = new Map<object, Registered>();
const byId = new Map<string, Registered>();

/**
 * Registers `type`. Subclasses need their own registration. Registering the same class again replaces its codec.
 * @throws SerializationError when the id belongs to another class.
 */
export function serializable<T extends object>(type: abstract new (...args: never[]) => T, codec: ClassCodec<T>): void {
  const prototype: object = type.prototype;
  const holder = byId.get(codec.id);
  const before = byPrototype.get(prototype);
  if (holder !== undefined && holder !== before)
    throw new SerializationError(`serializable: id '${codec.id}' belongs to another class`);
  if (before !== undefined) byId.delete(before.id);
  const registered: Registered = {
    id: codec.id,
    to: (instance) => codec.to(instance as T), // found by the prototype of T
    from: (state) => codec.from(state),
  };
  byPrototype.set(prototype, registered);
  byId.set(codec.id, registered);
}

/** The registration of exactly this prototype's class. */
export function registeredByPrototype(prototype: object): Registered | undefined {
  return byPrototype.size === 0 ? undefined : byPrototype.get(prototype);
}

/** The registration of an id that came off the wire. */
export function registeredById(id: string): Registered | undefined {
  return byId.get(id);
}
