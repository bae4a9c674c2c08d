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

/** One thing to call. Its identity is that of the object: make one per registration and keep it. */
export interface CallTarget {
  /** One of `FUNCTION_KIND`. */
  readonly kind: number;
  /** The registration name; the exported name while the module is pending; the method's name. */
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
