/**
 * The record of a task that has just come to this node, and what its function's runs teach.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { NOT_QUEUED } from '#shared/scheduling/task-queue.ts';
import type { FunctionInfo, TaskEntry } from './entries.ts';

/** How much one more run weighs in a function's average. */
const RUN_WEIGHT = 0.2;

/** Takes one run of a function into its average. */
export function noteRun(fn: FunctionInfo, durationUs: number): void {
  fn.meanUs = fn.runs === 0 ? durationUs : fn.meanUs + RUN_WEIGHT * (durationUs - fn.meanUs);
  fn.runs += 1;
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
    alone: false,
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
    holdsResources: false,
    runningSinceMs: 0,
    ranMs: 0,
    logTail: '',
  };
}
