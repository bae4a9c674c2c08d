// The one seam between job code and the node it runs on. A bundle carries no runtime of its own: everything it needs is read,
// when it is evaluated, from one object that the worker put on `globalThis` under a registered symbol. So the same bundle runs
// on every node, a node can be updated without re-bundling jobs, and `instanceof` agrees between the two. The bundler imports
// only the names from here; the worker runtime implements the interface.

import type { TaskTransform } from './task-context.ts';

/** What a registration puts under a name: a function or a class of the job. */
export type RegisteredTarget = (...args: never[]) => unknown;

/** The key of the runtime on `globalThis`. `Symbol.for` makes it the same across realms and copies of this module. */
export const RUNTIME_KEY: unique symbol = Symbol.for('daylight.runtime') as never;

/** The text by which generated code reaches the runtime. */
export const RUNTIME_EXPRESSION = 'globalThis[Symbol.for("daylight.runtime")]';

/**
 * Every value that `import … from 'daylight'` offers inside a job module, types left out. The one list: the bundler binds
 * these names to `runtime.api`, inline functions may mention them freely, and the entry of the package must export the same.
 */
export const PUBLIC_API_NAMES: readonly string[] = [
  'init',
  'remote',
  'put',
  'get',
  'wait',
  'cancel',
  'kill',
  'getActor',
  'placementGroup',
  'context',
  'move',
  'serializable',
  'remoteModule',
  'ObjectRef',
  'DaylightError',
  'TaskError',
  'TaskCancelledError',
  'GetTimeoutError',
  'WorkerCrashedError',
  'NodeDiedError',
  'ObjectLostError',
  'ObjectStoreFullError',
  'ActorDiedError',
  'ActorUnavailableError',
  'OutOfMemoryError',
  'RuntimeLimitError',
  'ValidationFailedError',
  'NondeterminismError',
  'InfeasibleError',
  'QuotaExceededError',
  'BackPressureError',
  'SerializationError',
  'ProtocolError',
  'AuthenticationError',
  'BundleError',
  'ConnectionLostError',
  'NotYetSupportedError',
  'DataFileError',
];

/** The evaluation of one module that is going on in this worker. */
export interface ModuleEvaluation {
  /** The module's hash, as in its address. */
  readonly hash: string;
  /** What the module has registered so far, by registration name. */
  readonly registrations: Map<string, RegisteredTarget>;
}

/** What a worker, and a driver that evaluates bundles, puts on `globalThis` before the first module is evaluated. */
export interface DaylightRuntime {
  /** The public API by name, see `PUBLIC_API_NAMES`. A name that is missing is `undefined` in the job. */
  readonly api: Readonly<Record<string, unknown>>;
  /** What code rewritten by the bundler calls at every suspension. */
  readonly transform: TaskTransform;
  /** The evaluation going on, if any. Written by the module loader only. */
  evaluation: ModuleEvaluation | undefined;
  /**
   * What `remote(target, options)` becomes at the top level of a job module. Should call `recordRegistration`, then
   * `remote(target, options)`, and tell the result its name.
   * @param name the registration name, `path/of/module#variable`
   * @param remote the `remote` that the module imported
   */
  named(name: string, remote: unknown, target: RegisteredTarget, options?: unknown): unknown;
  /** Decodes the captured values of an inline function: the base64 that was given to `inlineModuleCode`. */
  decodeCaptures(base64: string): Record<string, unknown>;
}

type GlobalWithRuntime = { [RUNTIME_KEY]?: DaylightRuntime };

/** Puts the runtime where bundles look for it. Called once per worker, before any module is evaluated. */
export function installRuntime(runtime: DaylightRuntime): void {
  (globalThis as GlobalWithRuntime)[RUNTIME_KEY] = runtime;
}

/** The installed runtime. Throws if there is none: the code runs outside a worker. */
export function installedRuntime(): DaylightRuntime {
  const runtime = (globalThis as GlobalWithRuntime)[RUNTIME_KEY];
  if (runtime === undefined)
    throw new Error('No Daylight runtime is installed here: a bundle is evaluated by a Daylight worker');
  return runtime;
}

/**
 * Adds a registration to the module that is being evaluated. Throws if none is (a registration must happen at the module's
 * top level, else other workers would not know it) and if the name is taken.
 */
export function recordRegistration(runtime: DaylightRuntime, name: string, target: RegisteredTarget): void {
  const evaluation = runtime.evaluation;
  if (evaluation === undefined)
    throw new Error(
      `"${name}" is registered after its module was evaluated; call remote() at the top level of a module`,
    );
  if (evaluation.registrations.has(name))
    throw new Error(`"${name}" is registered twice in one module; names must differ`);
  evaluation.registrations.set(name, target);
}

/**
 * Whether the code running now is the top level of a job module, which must not call the cluster: it runs once per worker,
 * so its calls would be made as often as there are workers. Tasks of other modules that go on during a top-level `await` are
 * told apart by their current task.
 */
export function isModuleTopLevel(runtime: DaylightRuntime, currentTask: unknown): boolean {
  return runtime.evaluation !== undefined && currentTask === undefined;
}
