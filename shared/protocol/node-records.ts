/**
 * The journal of a node: what its session tells the server, as a numbered stream of records (rules L2, L3).
 *
 * Every record is applied exactly once and in order, so a record may rely on everything the same session said before
 * it. Objects, tasks and actors are named by object keys; functions and option sets by small numbers that the session
 * itself introduced with a `function` or `options` record. Records are written column by column: a no-op task costs
 * about ten bytes.
 */
import { array, bool, bytes, f64, str, uint } from '../wire/schema.ts';
import { MAX_CHECKPOINT_BYTES, MAX_OUTCOME_BYTES } from '../task/history-entries.ts';
import { recordBatch, type RecordOf } from '../wire/columnar.ts';
import {
  INLINE_BYTES,
  MAX_ARGS_BYTES,
  MAX_FRAME_BYTES,
  MAX_PURPOSE_BYTES,
  MAX_REFERENCES,
  MAX_SUBMITTER_BYTES,
} from './limits.ts';

/** A task's argument bytes; empty for a call without arguments. */
const argsBytes = bytes({ maxBytes: MAX_ARGS_BYTES * 2 });
/** An inline value or an encoded error; empty when the value stays in the node's store. */
const inlineBytes = bytes({ maxBytes: INLINE_BYTES * 2 });
const keys = array(uint, { maxCount: MAX_REFERENCES });
const shortText = str({ maxBytes: 16 * 1024 });

/** Where a submitted task goes (the `place` of a `submit` record). */
export const PLACE = {
  /** The local scheduler of the node it was born on keeps it (rule S1). */
  here: 0,
  /** The global scheduler chooses. */
  global: 1,
  /** Its parent runs again: the server says whether it already knows this work (rule L1). */
  ask: 2,
} as const;

/** How an attempt ended (the `outcome` of a `finish` record). */
export const OUTCOME = {
  /** The function returned; the value is inline or in the node's store. */
  value: 0,
  /** The function threw, or the system gave up; `value` holds the encoded error. */
  error: 1,
} as const;

/** Fields that a submission has on every link: worker to raylet, raylet to server. */
export const submitFields = {
  /** The key of the task and of the object it returns. */
  task: uint,
  /** The task that called, or 0 for the driver itself. */
  parent: uint,
  /** The actor whose method is called, or 0. */
  actor: uint,
  /** The function, class or method: a number introduced by a `function` record of the same stream. */
  fn: uint,
  /** The option set: a number introduced by an `options` record of the same stream. */
  options: uint,
  args: argsBytes,
  /** Objects among the top-level arguments: present before the task starts. */
  deps: keys,
  /** Objects referred to inside the arguments: they arrive as references. */
  nested: keys,
  /** Earlier calls in this attempt of the parent with the same function and arguments (rule L1). */
  k: uint,
} as const;

/** Fields that an attempt's result has on every link. */
export const resultFields = {
  task: uint,
  /** One of {@link OUTCOME}. */
  outcome: uint,
  /** Time the function ran, without time blocked in `get`. */
  durationUs: uint,
  /** Bytes of the value in its flat form. */
  sizeBytes: uint,
  value: inlineBytes,
  /** Objects referred to inside the value. */
  nested: keys,
} as const;

/** Bytes of a digest: the first 128 bits of SHA-256. */
export const DIGEST_BYTES = 16;
const digestBytes = bytes({ maxBytes: DIGEST_BYTES });

/** Fields of a `put`. */
export const putFields = {
  object: uint,
  parent: uint,
  sizeBytes: uint,
  value: inlineBytes,
  nested: keys,
  k: uint,
  /** SHA-256, first 128 bits, when the maker may run again and the value is at most 1 MB (rule L1); else empty. */
  digest: digestBytes,
} as const;

/** Introduces a function, class or method of a stream. */
export const functionFields = {
  fn: uint,
  /** Hash of the module that defines it; empty for a method. */
  module: str({ maxBytes: 64 }),
  /** Registration name (`path#variable`), or the method's name. */
  name: str({ maxBytes: 1024 }),
  /** One of {@link FUNCTION_KIND}. */
  functionKind: uint,
} as const;

/** What a `function` record introduces. */
export const FUNCTION_KIND = { task: 0, actor: 1, method: 2 } as const;

/** Introduces a set of options, as the stable JSON of `ResolvedOptions`. */
export const optionsFields = { options: uint, json: str({ maxBytes: 16 * 1024 }) } as const;

/** A job module: evaluated once per worker, addressed by its hash. */
export const moduleFields = {
  module: str({ maxBytes: 64 }),
  code: bytes({ maxBytes: MAX_FRAME_BYTES }),
  sourceMap: bytes({ maxBytes: MAX_FRAME_BYTES }),
} as const;

/** Why an attempt ended without a result (the `reason` of `failed` and `actorDown`). */
export const END_REASON = {
  workerCrashed: 0,
  outOfMemory: 1,
  runtimeLimit: 2,
  nodeDied: 3,
  /** The worker was ended for another task's sake, or the node left: costs no retry (rule L4). */
  bystander: 4,
  /** The node gives the lease back: it drains, or can no longer run it. */
  returned: 5,
  /** The function threw and `retryExceptions` says to try again. */
  exception: 6,
  killed: 7,
  /** An actor ended itself, or was asked to: what it had begun is answered, and there is no next life. */
  exited: 8,
} as const;

/** Fields of a decision of a durable `main`, on every link. */
export const decisionFields = {
  task: uint,
  what: uint,
  op: uint,
  number: f64,
  value: bytes({ maxBytes: MAX_OUTCOME_BYTES * 2 }),
} as const;

/** Fields of a checkpoint of a durable `main`, on every link. */
export const checkpointFields = {
  task: uint,
  position: uint,
  value: bytes({ maxBytes: MAX_CHECKPOINT_BYTES }),
  nested: keys,
} as const;

/** Every record a node can write, by kind. */
export const nodeRecords = recordBatch({
  submit: { ...submitFields, /** One of {@link PLACE}. */ place: uint },
  /** A task the local scheduler kept so far now goes to the global scheduler. */
  spill: { task: uint },
  /** An attempt ended with a result. */
  finish: { ...resultFields, attempt: uint },
  /** An attempt ended without one. `retriedHere`: the node tries again itself. */
  failed: {
    task: uint,
    attempt: uint,
    reason: uint,
    counted: bool,
    retriedHere: bool,
    message: shortText,
    logTail: shortText,
  },
  put: putFields,
  /** A holder no longer needs an object: 0 for the session itself, or the key of one of its actors. */
  release: { object: uint, holder: uint },
  /** The session (0) or one of its actors holds an object that was made elsewhere. */
  hold: { object: uint, holder: uint },
  /** Tell me once this object can be had. */
  want: { object: uint },
  /** A copy of the object is now in this node's store, or no longer is. */
  located: { object: uint, present: bool, sizeBytes: uint },
  cancel: { task: uint, recursive: bool, force: bool },
  killActor: { actor: uint, noRestart: bool },
  /** An actor that lived here ended. */
  actorDown: { actor: uint, incarnation: uint, reason: uint, message: shortText },
  function: functionFields,
  options: optionsFields,
  module: moduleFields,
  /** The driver's `main` ended; `value` is the JSON of its result or the encoded error. */
  jobFinished: { outcome: uint, value: bytes({ maxBytes: 4 * 1024 * 1024 }) },
  /** Who runs this driver's job and what for, in words: shown to the people who lend their machines. */
  jobInfo: { submitter: str({ maxBytes: MAX_SUBMITTER_BYTES }), purpose: str({ maxBytes: MAX_PURPOSE_BYTES }) },
  /** Digest of a copy in this node's store ({@link DIGEST_BYTES} of SHA-256 over its flat bytes): so it is known again. */
  digest: { object: uint, sizeBytes: uint, digest: digestBytes },
  /** A copy that an earlier life of this node left on its disk (rule M4). It counts if its digest is the object's. */
  found: { object: uint, sizeBytes: uint, digest: digestBytes },
  /** Every copy was announced: the earlier life of this node, if it still counts as living, is over. */
  succeeded: {},
  /** Something was decided in a durable `main` (rule J1): see `DECISION` in `shared/task/history-entries.ts`. */
  decision: decisionFields,
  /** A durable `main` begins another run here: `value` is its state, `position` what it had called and put by then. */
  checkpoint: checkpointFields,
  /**
   * An actor that can be repeated begins a call, the `number`-th since it first lived (rule A2): said before the call can end.
   * Number 0 takes the word back: the call was cancelled before its turn came.
   */
  began: { actor: uint, incarnation: uint, task: uint, number: uint },
  /** What an actor saved after so many calls: an object of its own, which stands for all of them (rule A2). */
  saved: {
    object: uint,
    actor: uint,
    incarnation: uint,
    number: uint,
    sizeBytes: uint,
    /** Empty for one that is too large to travel: it is in the node's store. */
    value: inlineBytes,
    nested: keys,
  },
  /** Digest of the manifest of a copy in this node's store (see `shared/transfer`): by it what others give is known to be right. */
  manifest: { object: uint, sizeBytes: uint, digest: digestBytes },
  /** What this session gave of an object was not what the manifest says. */
  corrupt: { object: uint, source: uint, offset: uint },
});

/** One record of a node's journal. */
export type NodeRecord = RecordOf<typeof nodeRecords>;
/** The record of one kind. */
export type NodeRecordOf<Kind extends NodeRecord['kind']> = Extract<NodeRecord, { kind: Kind }>;
