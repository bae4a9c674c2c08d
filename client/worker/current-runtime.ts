/**
 * The runtime of this realm: what the public functions act through. A realm is one worker or one driver, so there is at
 * most one at a time; a driver's ends with its session and another may follow.
 */
import type { CoreWorker } from './core-worker.ts';
import type { TaskState } from './task-state.ts';

/** A connected realm. */
export interface RealmRuntime {
  readonly core: CoreWorker;
  /** The task for `context()`. Throws outside a task. */
  contextTask(): TaskState;
  /** Ends the actor of this task. Absent in a driver. */
  exitActor?(task: TaskState): void;
}

let current: RealmRuntime | undefined;

/** Makes this the realm's runtime; `undefined` when its session ended. */
export function setRealmRuntime(runtime: RealmRuntime | undefined): void {
  current = runtime;
}

/** The realm's runtime. @throws Error that says how to get one. */
export function realmRuntime(): RealmRuntime {
  if (current === undefined) throw new Error('not connected to a cluster: await init() first');
  return current;
}
