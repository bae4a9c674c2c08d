/**
 * Errors as values: which class comes back and which properties travel. A user's own error class is not known on the far side
 * (unless registered), so it comes back as its nearest built-in with name, message, stack, cause and own fields kept.
 */
import { daylightErrorName, daylightErrorPrototype } from '../errors/daylight-error.ts';

const BUILT_IN: Readonly<Record<string, new (message?: string) => Error>> = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
};

/** Own properties that built-in errors keep non-enumerable. */
const HIDDEN: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause', 'errors']);

/** The class to bring an error back as: a Daylight error's name, or the nearest built-in's. */
export function errorKind(error: Error): string {
  const daylight = daylightErrorName(error);
  if (daylight !== undefined) return daylight;
  if (error instanceof AggregateError) return 'AggregateError';
  for (
    let prototype: object | null = Object.getPrototypeOf(error);
    prototype !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const [name, type] of Object.entries(BUILT_IN)) if (prototype === type.prototype) return name;
  }
  return 'Error';
}

/** The own properties that travel besides name, message and stack: cause, errors, and all enumerable ones. */
export function errorFields(error: Error, sorted: boolean): string[] {
  const hidden = ['cause', 'errors'].filter((key) => Object.hasOwn(error, key));
  const own = Object.keys(error).filter((key) => !HIDDEN.has(key));
  return [...hidden, ...(sorted ? own.toSorted() : own)];
}

/** An error of that class without its fields yet: cycles may lead back to it. Unknown classes become Error. */
export function createError(kind: string, name: string, message: string, stack: string | undefined): Error {
  const type = Object.hasOwn(BUILT_IN, kind) ? BUILT_IN[kind] : undefined;
  const error = kind === 'AggregateError' ? new AggregateError([], message) : new (type ?? Error)(message);
  const prototype = daylightErrorPrototype(kind);
  if (prototype !== undefined) Object.setPrototypeOf(error, prototype);
  if (error.name !== name) setErrorField(error, 'name', name);
  // Without one (canonical form) the stack must not tell about the decoder instead.
  setErrorField(error, 'stack', stack ?? `${name}: ${message}`);
  return error;
}

/** Defines an own property, enumerable exactly where built-in errors have it so; safe for keys such as `__proto__`. */
export function setErrorField(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: !HIDDEN.has(key) });
}
