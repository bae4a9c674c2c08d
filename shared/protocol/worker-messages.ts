/**
 * Between a raylet and the workers (and the driver) of its node.
 *
 * A worker names the objects it makes itself, out of a range of keys the raylet gave it, so `.remote()` returns at
 * once. Submissions have the fields of the journal's own record and are passed on without being taken apart. Values
 * above the inline limit travel beside the frame as shared memory or transferred buffers: `attachment` is the index of
 * the buffer + 1, or 0.
 */
import { array, bool, bytes, f64, str, struct, uint } from '../wire/schema.ts';
import { recordBatch, type RecordOf } from '../wire/columnar.ts';
import { INLINE_BYTES, MAX_ARGS_BYTES, MAX_FRAME_BYTES, MAX_REFERENCES } from './limits.ts';
import {
  checkpointFields,
  decisionFields,
  functionFields,
  moduleFields,
  optionsFields,
  putFields,
  resultFields,
  submitFields,
} from './node-records.ts';

const keys = array(uint, { maxCount: MAX_REFERENCES });

/** Worker (or driver) to raylet. */
export const workerRequests = recordBatch({
  /** The worker's runtime is up and can be given work. */
  ready: { threadId: uint },
  submit: submitFields,
  put: { ...putFields, attachment: uint },
  result: { ...resultFields, attachment: uint },
  /**
   * `get` or `wait`: the task gives its CPU back until `needed` of the objects are there, the time is over, or it
   * takes the wait back with `unblock`. With `fetch` the values are wanted here, not only the news.
   */
  block: { id: uint, task: uint, objects: keys, needed: uint, /** 0: no limit. */ timeoutMs: uint, fetch: bool },
  unblock: { id: uint },
  /** This worker's thread stands still until there is room for a value of so many bytes; 0: it goes on. */
  needsRoom: { sizeBytes: uint },
  release: { object: uint, holder: uint },
  hold: { object: uint, holder: uint },
  cancel: { task: uint, recursive: bool, force: bool },
  killActor: { actor: uint, noRestart: bool },
  function: functionFields,
  options: optionsFields,
  module: moduleFields,
  log: { task: uint, level: uint, text: str({ maxBytes: 64 * 1024 }) },
  progress: { task: uint, fraction: f64, note: str({ maxBytes: 1024 }) },
  /** A question that is answered by `response` with the same id: see `requests.ts`. */
  request: { id: uint, method: str({ maxBytes: 64 }), body: bytes({ maxBytes: MAX_FRAME_BYTES }) },
  /** The driver's `main` ended. */
  jobFinished: { outcome: uint, value: bytes({ maxBytes: 4 * 1024 * 1024 }) },
  /** Number range used up: give me another. */
  moreKeys: { left: uint },
  /** Everything sent before this has been handed over (answered by `flushed`). */
  flush: { id: uint },
  /** The answer to `recall`: the run had not begun and will not. A run that had begun answers with its result. */
  recalled: { task: uint },
  /** The running task used more than it may: its worker is of no use any more. `reason`: one of `END_REASON`. */
  exceeded: { reason: uint, message: str({ maxBytes: 1024 }) },
  /** What this worker's program occupies, where only the worker itself can tell. */
  memory: { heapBytes: uint, bufferBytes: uint },
  /** The actor has an `onStop`: at the end of its job it is given time for it. */
  tidies: { actor: uint },
  /** The actor has begun to end: it takes no more calls, and gives back those that it has not begun. */
  exits: { actor: uint },
  /** Every call that it had begun has its result, and `onStop` is over. */
  exited: { actor: uint },
  /** Of a durable `main`. `isForced`: any other run would come to the same. */
  decision: { ...decisionFields, isForced: bool },
  /** Likewise; answered by `flushed` once it is durable. */
  checkpoint: { ...checkpointFields, id: uint },
});

/** Raylet to worker (or driver). */
export const workerCommands = recordBatch({
  /** Keys `from` up to `to` (not included) are the worker's to give. */
  keys: { from: uint, to: uint },
  /** Run a task. Its dependencies were sent by `object` messages before it. */
  run: {
    task: uint,
    attempt: uint,
    actor: uint,
    fn: uint,
    args: bytes({ maxBytes: MAX_ARGS_BYTES * 2 }),
    deps: keys,
    nested: keys,
    /** Place in the worker's claim board, + 1; 0 if the board is not used. */
    claim: uint,
    job: uint,
    /** It asked for a GPU: the worker has a device for it. */
    gpu: bool,
    /** It makes an actor that shall save checkpoints: its class has to know how. */
    saves: bool,
  },
  /** News of an object the worker submitted, waits for or gets as an argument. */
  object: {
    object: uint,
    status: uint,
    sizeBytes: uint,
    value: bytes({ maxBytes: INLINE_BYTES * 2 }),
    nested: keys,
    attachment: uint,
  },
  /** The value left this node's memory: what the worker keeps of it is to go, too. Whoever needs it asks. */
  letGo: { object: uint },
  unblocked: { id: uint, timedOut: bool },
  cancelTask: { task: uint },
  /** These objects may be forgotten: their task is over. */
  forget: { objects: keys },
  function: functionFields,
  module: moduleFields,
  response: { id: uint, ok: bool, body: bytes({ maxBytes: MAX_FRAME_BYTES }) },
  flushed: { id: uint },
  /** Lines and progress of tasks elsewhere, for a driver that follows its job. */
  log: { task: uint, node: str({ maxBytes: 256 }), level: uint, text: str({ maxBytes: 64 * 1024 }) },
  /** The raylet's word on the connection to the server: 0 lost, 1 there. */
  connection: { connected: bool, message: str({ maxBytes: 1024 }) },
  exit: { reason: str({ maxBytes: 1024 }) },
  /** Take back a run that waits in the worker's queue: where memory is not shared, this stands in for the claim board. */
  recall: { task: uint },
  /** Bytes the node's store has room for, where the room is not counted in shared memory. */
  room: { freeBytes: uint },
  /** Of the actor whose creation follows: how many of its calls may run at the same time. Not sent if that is one. */
  concurrency: {
    actor: uint,
    maxConcurrency: uint,
    groups: array(struct({ maxConcurrency: uint, methods: array(str({ maxBytes: 1024 }), { maxCount: 10_000 }) }), {
      maxCount: 10_000,
    }),
  },
  /** End this actor: after the calls that it has, or (`now`) at once and only with `onStop`. */
  exitActor: { actor: uint, now: bool },
});

/** One message of a worker to its raylet. */
export type WorkerRequest = RecordOf<typeof workerRequests>;
/** One message of a raylet to a worker. */
export type WorkerCommand = RecordOf<typeof workerCommands>;
/** The request of one kind. */
export type WorkerRequestOf<Kind extends WorkerRequest['kind']> = Extract<WorkerRequest, { kind: Kind }>;
/** The command of one kind. */
export type WorkerCommandOf<Kind extends WorkerCommand['kind']> = Extract<WorkerCommand, { kind: Kind }>;
