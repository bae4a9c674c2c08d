/**
 * What the tasks of a node need of the raylet around them, and what a submission brings.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import type { WorkerRequestOf } from '#shared/protocol/worker-messages.ts';
import type { FunctionInfo, OptionsInfo, TaskEntry } from './entries.ts';
import type { ModuleListener } from './module-store.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** What local tasks ask of the raylet. */
export interface LocalTaskHooks {
  /** `soon`: nobody outside this node waits for the record. */
  journal(record: NodeRecord, urgency: 'now' | 'soon'): void;
  /** The last record tells of a result that counts only once the server has taken it. */
  unsure(key: ObjectKey): void;
  hasModule(hash: string): boolean;
  /** Brings a module; the listener gets the encoded error if it cannot be had. */
  bringModule(hash: string, whenHere: ModuleListener): void;
  /** Ends the worker; its tasks come back through `workerEnded`. */
  stopWorker(worker: WorkerEntry, reason: number, message: string): void;
  /** Asks the worker to abort a running task. */
  abort(task: TaskEntry): void;
  /** An actor's constructor has ended: true if something has to be restored first; see `CallLog.restore`. */
  restore(creation: TaskEntry, done: (error: Uint8Array | undefined) => void): boolean;
  /** A call was taken back that had been sent to its actor. */
  notBegun(call: TaskEntry): void;
  /** An attempt is over: what waits for it, or for its sake, is void. */
  attemptEnded(task: TaskEntry): void;
}

/** What a submission carries, whoever made it. */
export interface NewTask {
  readonly message: WorkerRequestOf<'submit'>;
  readonly worker: WorkerEntry;
  readonly fn: FunctionInfo;
  readonly options: OptionsInfo;
  readonly job: number;
}
