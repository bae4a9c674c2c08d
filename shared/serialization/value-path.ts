/** Where in a value something could not be encoded, put together on the way out of the recursion: success pays nothing for it. */
import { SerializationError } from '../errors/daylight-error.ts';

/** A refusal under way to the surface; `path` grows at its front. */
export class RefusedValue extends Error {
  readonly path: string[] = [];
  readonly original: unknown;

  constructor(reason: string, original?: unknown) {
    super(reason);
    this.original = original;
  }

  /** The error for the user: `args[0].model.onClick is a function`. */
  toSerializationError(root: string): SerializationError {
    const options = this.original === undefined ? {} : { cause: this.original };
    return new SerializationError(`${root}${this.path.join('')} ${this.message}`, options);
  }
}

/** Adds a step to a refusal, and turns what user code threw (getters, proxies, `to` of a registered class) into one. */
export function refusedAt(error: unknown, step: string): RefusedValue {
  const refused =
    error instanceof RefusedValue
      ? error
      : error instanceof SerializationError
        ? new RefusedValue(error.message)
        : new RefusedValue(`could not be read: ${error instanceof Error ? error.message : String(error)}`, error);
  if (step !== '') refused.path.unshift(step);
  return refused;
}

/** `.name`, or `["odd name"]`. */
export function propertyStep(key: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
