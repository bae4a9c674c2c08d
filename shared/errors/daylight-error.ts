/**
 * The errors a user of Daylight can meet. All carry a stable `code`, whether trying again can help, and, where work was attempted,
 * how every attempt ended.
 *
 * A program may hold two copies of this module (a job bundle and its runtime, two realms), so `instanceof` goes by a global
 * brand and the class's name, not by prototype identity. Extra data lives in own enumerable fields, which is what travels.
 */

/** How one attempt at the work ended. */
export interface AttemptEnd {
  /** The node it ran on. */
  readonly node: string;
  /** One line: exit status, limit, "node left". */
  readonly reason: string;
  /** The last lines it logged; may be empty. */
  readonly logTail: string;
}

/** What every Daylight error can be given besides its message. */
export interface DaylightErrorOptions {
  readonly cause?: unknown;
  /** Oldest first. */
  readonly attempts?: readonly AttemptEnd[];
}

/** The names of all classes below; stable, they travel. */
export type DaylightErrorName = keyof typeof FACTS;

interface Facts {
  readonly code: string;
  readonly retryable: boolean;
}

const BRAND = Symbol.for('daylight.error.name');

const FACTS = {
  DaylightError: { code: 'daylight', retryable: false },
  TaskError: { code: 'task-failed', retryable: false },
  TaskCancelledError: { code: 'task-cancelled', retryable: false },
  GetTimeoutError: { code: 'get-timeout', retryable: true },
  WorkerCrashedError: { code: 'worker-crashed', retryable: true },
  NodeDiedError: { code: 'node-died', retryable: true },
  ObjectLostError: { code: 'object-lost', retryable: false },
  ObjectStoreFullError: { code: 'object-store-full', retryable: true },
  ActorDiedError: { code: 'actor-died', retryable: false },
  ActorUnavailableError: { code: 'actor-unavailable', retryable: true },
  OutOfMemoryError: { code: 'out-of-memory', retryable: false },
  RuntimeLimitError: { code: 'runtime-limit', retryable: false },
  ValidationFailedError: { code: 'validation-failed', retryable: false },
  NondeterminismError: { code: 'nondeterminism', retryable: false },
  InfeasibleError: { code: 'infeasible', retryable: true },
  QuotaExceededError: { code: 'quota-exceeded', retryable: true },
  BackPressureError: { code: 'back-pressure', retryable: true },
  SerializationError: { code: 'serialization', retryable: false },
  ProtocolError: { code: 'protocol', retryable: false },
  AuthenticationError: { code: 'authentication', retryable: false },
  BundleError: { code: 'bundle', retryable: false },
  ConnectionLostError: { code: 'connection-lost', retryable: true },
  NotYetSupportedError: { code: 'not-yet-supported', retryable: false },
  DataFileError: { code: 'data-file', retryable: false },
} as const satisfies Record<string, Facts>;

const classesByName = new Map<string, { readonly prototype: object }>();

/** Base of all errors Daylight raises. */
export class DaylightError extends Error {
  /** Stable, for programs: `get-timeout`, `object-lost`, … */
  declare readonly code: string;
  /** Whether the same call may succeed later without a change by the user. */
  declare readonly retryable: boolean;
  /** How each attempt ended, oldest first; absent where nothing was attempted. */
  declare readonly attempts?: readonly AttemptEnd[];

  static {
    brand(this, 'DaylightError');
  }

  constructor(message: string, options: DaylightErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    if (options.attempts !== undefined) this.attempts = options.attempts;
  }

  static override [Symbol.hasInstance](this: { readonly prototype: object }, value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    if (Object.prototype.isPrototypeOf.call(this.prototype, value)) return true;
    const name = brandOf(value);
    // A user's subclass has no brand of its own, and so matches by prototype only.
    if (name === undefined || !Object.hasOwn(this.prototype, BRAND)) return false;
    const own = brandOf(this.prototype);
    return own === 'DaylightError' || own === name;
  }
}

/** The function threw. `cause` is its error; the message starts with the original one and the stack ends with the remote one. */
export class TaskError extends DaylightError {
  static {
    brand(this, 'TaskError');
  }

  constructor(message: string, options: DaylightErrorOptions & { readonly remoteStack?: string } = {}) {
    super(message, options);
    if (options.remoteStack !== undefined) {
      const stack = `${this.stack ?? message}\n  remote stack:\n${options.remoteStack}`;
      Object.defineProperty(this, 'stack', { value: stack, writable: true, configurable: true });
    }
  }
}

/** The task was cancelled before it had a result. */
export class TaskCancelledError extends DaylightError {
  static {
    brand(this, 'TaskCancelledError');
  }
}
/** `get` or `wait` ran out of its `timeoutMs`; the task goes on. */
export class GetTimeoutError extends DaylightError {
  static {
    brand(this, 'GetTimeoutError');
  }
}
/** The worker that ran the task ended, and retries are used up. */
export class WorkerCrashedError extends DaylightError {
  static {
    brand(this, 'WorkerCrashedError');
  }
}
/** The node left or was declared dead, and the work could not be moved. */
export class NodeDiedError extends DaylightError {
  static {
    brand(this, 'NodeDiedError');
  }
}
/** No copy is left and the object cannot be rebuilt. */
export class ObjectLostError extends DaylightError {
  static {
    brand(this, 'ObjectLostError');
  }
}
/** The object store is at its limit and could not make room. */
export class ObjectStoreFullError extends DaylightError {
  static {
    brand(this, 'ObjectStoreFullError');
  }
}
/** The actor is gone for good: killed, or out of restarts. */
export class ActorDiedError extends DaylightError {
  static {
    brand(this, 'ActorDiedError');
  }
}
/** The actor is restarting and the call may or may not have run. */
export class ActorUnavailableError extends DaylightError {
  static {
    brand(this, 'ActorUnavailableError');
  }
}
/** The task went over its memory limit. */
export class OutOfMemoryError extends DaylightError {
  static {
    brand(this, 'OutOfMemoryError');
  }
}
/** The task went over its `runtimeMs`. */
export class RuntimeLimitError extends DaylightError {
  static {
    brand(this, 'RuntimeLimitError');
  }
}
/** Replicas of the task on untrusted nodes could not be brought to agree. */
export class ValidationFailedError extends DaylightError {
  static {
    brand(this, 'ValidationFailedError');
  }
}
/** A replay of a durable main, or a rebuild of a deterministic task, differed from its first run. */
export class NondeterminismError extends DaylightError {
  static {
    brand(this, 'NondeterminismError');
  }
}
/** No node of the cluster can ever give what the task asks for. */
export class InfeasibleError extends DaylightError {
  static {
    brand(this, 'InfeasibleError');
  }
}
/** The submitter's quota is used up. */
export class QuotaExceededError extends DaylightError {
  static {
    brand(this, 'QuotaExceededError');
  }
}
/** A queue is at its bound; wait for `context().ready()` or use `map`. */
export class BackPressureError extends DaylightError {
  static {
    brand(this, 'BackPressureError');
  }
}
/** A value cannot cross the wire, or bytes are not a value; the message names the path. */
export class SerializationError extends DaylightError {
  static {
    brand(this, 'SerializationError');
  }
}
/** The other side broke the protocol or speaks another version. */
export class ProtocolError extends DaylightError {
  static {
    brand(this, 'ProtocolError');
  }
}
/** Missing or wrong token, join key or signature. */
export class AuthenticationError extends DaylightError {
  static {
    brand(this, 'AuthenticationError');
  }
}
/** The link to the other side closed while an answer was awaited. */
export class ConnectionLostError extends DaylightError {
  static {
    brand(this, 'ConnectionLostError');
  }
}
/** A documented part that this version does not have. */
export class NotYetSupportedError extends DaylightError {
  static {
    brand(this, 'NotYetSupportedError');
  }
}
/** A data file is damaged, or of a version that cannot be migrated. */
export class DataFileError extends DaylightError {
  static {
    brand(this, 'DataFileError');
  }
}

/** A job module cannot be bundled: where, and what to do about it. */
export class BundleError extends DaylightError {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** What to write instead; may be empty. */
  readonly hint: string;

  static {
    brand(this, 'BundleError');
  }

  constructor(
    message: string,
    at: DaylightErrorOptions & { file: string; line: number; column: number; hint?: string },
  ) {
    super(message, at);
    this.file = at.file;
    this.line = at.line;
    this.column = at.column;
    this.hint = at.hint ?? '';
  }
}

/** The class name of a Daylight error of any copy of this module; `undefined` for other values. */
export function daylightErrorName(value: unknown): DaylightErrorName | undefined {
  const name = typeof value === 'object' && value !== null ? brandOf(value) : undefined;
  return name !== undefined && Object.hasOwn(FACTS, name) ? (name as DaylightErrorName) : undefined;
}

/** The prototype to give a revived error of that name; `undefined` if this version has no such class. */
export function daylightErrorPrototype(name: string): object | undefined {
  return classesByName.get(name)?.prototype;
}

function brandOf(value: object): string | undefined {
  const name: unknown = Reflect.get(value, BRAND);
  return typeof name === 'string' ? name : undefined;
}

/** On the prototype and not in fields: so the very first line of `stack` has the name, and printing an error stays short. */
function brand(errorClass: { readonly prototype: object }, name: DaylightErrorName): void {
  const facts = { [BRAND]: name, name, code: FACTS[name].code, retryable: FACTS[name].retryable };
  for (const key of Reflect.ownKeys(facts)) {
    Object.defineProperty(errorClass.prototype, key, {
      value: Reflect.get(facts, key),
      writable: true,
      configurable: true,
    });
  }
  classesByName.set(name, errorClass);
}
