// Which methods of a class can be called from elsewhere: decided once, when the class is registered, so that a handle needs no
// instance and no remote party can name anything else (`constructor`, a getter, `_private`, a lifecycle hook).
//
// Own function *fields* (`inc = () => …`) are not in the list: they exist only on an instance, and registration makes none.
// The compiler cannot tell them from methods; calling one on a handle throws, and the sentence says to write a method.

import type { AnyClass } from './remote-types.ts';
import { RESERVED_METHODS } from './remote-types.ts';

const RESERVED: ReadonlySet<string> = new Set(RESERVED_METHODS);

/**
 * Names of the methods of `cls` and its base classes that a handle offers, sorted. Excluded: accessors, fields, symbols,
 * `_`-prefixed and reserved names, and names with a dot, which separates them from their class. A name which a subclass redefines as an accessor is not a method any more.
 */
export function actorMethods(cls: AnyClass): string[] {
  const methods: string[] = [];
  const seen = new Set<string>();
  let prototype: unknown = cls.prototype;
  while (isObject(prototype) && prototype !== Object.prototype) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (seen.has(name)) continue;
      seen.add(name);
      if (name.startsWith('_') || name.includes('.') || RESERVED.has(name)) continue;
      if (typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === 'function') methods.push(name);
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return methods.sort();
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
