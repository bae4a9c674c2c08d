/**
 * What can be called: a function, a class or a method, and the module it is in. A module may still be in the making
 * (bundled in the background) when it is first called; its calls are numbered at once and sent when it is there.
 */
import type { ResolvedOptions } from '#shared/task/task-options.ts';

/** A module's code. */
export interface ModuleSource {
  /** Its address: the first 128 bits of the code's SHA-256, in hex. */
  readonly hash: string;
  /** Empty in a worker: the raylet has the module that the worker runs in. */
  readonly code: string;
  /** JSON; may be empty. */
  readonly sourceMap: string;
}

/** A module that is being made. */
export interface PendingModule {
  /** Resolves when it can be sent; `null` in place of a name that the module does not register. */
  readonly ready: Promise<{
    readonly source: ModuleSource;
    nameOf(exported: string): string;
    methodsOf(exported: string): readonly string[];
  }>;
}

/**
 * The name by which a method is registered: with its class, because methods of two classes that are called the same are not alike,
 * neither for people nor for what is known about their duration.
 */
export function methodName(className: string, method: string): string {
  return `${className}.${method}`;
}

/** The method's own name, also of one that was registered without its class. */
export function ownMethodName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** One thing to call. Its identity is that of the object: make one per registration and keep it. */
export interface CallTarget {
  /** One of `FUNCTION_KIND`. */
  readonly kind: number;
  /** The registration name; the exported name while the module is pending; a method's with its class. */
  readonly name: string;
  /** Absent for methods. */
  module?(): ModuleSource | PendingModule;
}

/** True for a module that is not there yet. */
export function isPendingModule(module: ModuleSource | PendingModule): module is PendingModule {
  return 'ready' in module;
}

/** An option set, one object per `.options(...)` call: what is known about it per connection is kept by identity. */
export interface OptionSet {
  readonly resolved: ResolvedOptions;
}
