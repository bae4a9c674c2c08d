/**
 * The record of a task that has just come to this node, and what its function's runs teach.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { NOT_QUEUED } from '#shared/scheduling/task-queue.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import type { FunctionInfo, TaskEntry } from './entries.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** How much one more run weighs in a function's average. */
const RUN_WEIGHT = 0.2;

/** Takes one run of a function into its average. */
export function noteRun(fn: FunctionInfo, durationUs: number): void {
  fn.meanUs = fn.runs === 0 ? durationUs : fn.meanUs + RUN_WEIGHT * (durationUs - fn.meanUs);
  fn.runs += 1;
}

/**
 * What a worker's program made stays as long as whoever it made it for: a task, or (0) the driver. A `main` runs for as long as its
 * job and lets go one by one, as a driver does.
 */
export function keepFor(worker: WorkerEntry, maker: TaskEntry | undefined, makerKey: ObjectKey, made: ObjectKey): void {
  if (makerKey === 0 || maker?.fn.name === MAIN_FUNCTION) worker.holdings.add(made);
  else if (maker) (maker.made ??= []).push(made);
}

/** A task that was submitted or leased, before anything was done with it. */
export function newTask(
  call: {
    task: ObjectKey;
    parent: ObjectKey;
    actor: ObjectKey;
    args: Uint8Array;
    deps: ObjectKey[];
    nested: ObjectKey[];
  },
  more: Pick<TaskEntry, 'fn' | 'options' | 'job' | 'leased' | 'incarnation' | 'attempt' | 'caller' | 'age'> & {
    failures?: number;
  },
): TaskEntry {
  return {
    key: call.task,
    parent: call.parent,
    actor: call.actor,
    args: call.args,
    deps: call.deps,
    nested: call.nested,
    ...more,
    state: 'asking',
    worker: undefined,
    queuePlace: NOT_QUEUED,
    share: undefined,
    chargedUs: 0,
    claim: 0,
    isRecalled: false,
    // What a child does to its worker is not to have `main` start anew.
    alone: more.fn.name === MAIN_FUNCTION,
    missing: 0,
    holdsInputs: false,
    inputWait: undefined,
    blocks: undefined,
    waitsOver: undefined,
    // Of attempts that were made elsewhere.
    failures: more.failures ?? 0,
    cancelled: false,
    isWithdrawn: false,
    next: undefined,
    made: undefined,
    decidedBy: 0,
    holdsResources: false,
    runningSinceMs: 0,
    ranMs: 0,
    logTail: '',
  };
}
