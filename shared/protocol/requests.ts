/**
 * Questions that a worker or a raylet asks and somebody answers once: `request` and `response` messages with one id.
 * They may be asked again after a lost connection: asked twice they change nothing more.
 */
import { array, bool, bytes, str, struct, uint } from '../wire/schema.ts';
import { MAX_CHECKPOINT_BYTES } from '../task/history-entries.ts';
import { MAX_PUBLISHED_BYTES } from '../task/main-function.ts';
import { MAX_FRAME_BYTES, MAX_REFERENCES } from './limits.ts';

const empty = struct({});
const keys = array(uint, { maxCount: MAX_REFERENCES });
const methodNames = array(str({ maxBytes: 256 }), { maxCount: 10_000 });

/** What a handle needs to know of an actor. */
export const actorIdentity = struct({
  actor: uint,
  className: str({ maxBytes: 1024 }),
  methods: methodNames,
});

/** Every question by method: the codecs of its body and of its answer. */
export const requests = {
  /** The code and source map of a module by its hash. */
  module: {
    body: struct({ module: str({ maxBytes: 64 }) }),
    answer: struct({ code: bytes({ maxBytes: MAX_FRAME_BYTES }), sourceMap: bytes({ maxBytes: MAX_FRAME_BYTES }) }),
  },
  /** An actor by its name; `actor` is 0 if there is none. */
  getActor: {
    body: struct({ name: str({ maxBytes: 256 }), namespace: str({ maxBytes: 256 }) }),
    answer: actorIdentity,
  },
  /** What a handle to this actor needs; `actor` is 0 if it is not known. */
  actorIdentity: { body: struct({ actor: uint }), answer: actorIdentity },
  /** What a person who lends a machine may know of a job that runs on it. */
  jobInfo: {
    body: struct({ job: uint }),
    answer: struct({
      name: str({ maxBytes: 4096 }),
      submitter: str({ maxBytes: 1024 }),
      purpose: str({ maxBytes: 4096 }),
    }),
  },
  /** A file that a job shows to whoever looks at it; another of that name takes its place. Asked again it is the same file again. */
  publish: {
    body: struct({
      task: uint,
      name: str({ maxBytes: 200 }),
      mediaType: str({ maxBytes: 100 }),
      data: bytes({ maxBytes: MAX_PUBLISHED_BYTES }),
    }),
    answer: empty,
  },
  /** What earlier runs of a durable `main` did, for the node that is to run this attempt of it (rule J1). */
  history: {
    body: struct({ task: uint, attempt: uint, /** 0, then what the answer before said. */ from: uint }),
    answer: struct({
      /** False: the job goes on without a history, as under a former release. */
      isDurable: bool,
      /** See `readEntries`. */
      entries: bytes({ maxBytes: MAX_FRAME_BYTES }),
      /** Where to go on; 0 at the end. */
      next: uint,
      /** Calls and puts before its beginning. */
      position: uint,
      /** Lines that `main` printed since then. */
      lines: uint,
      /** In the first answer: what was put and has to be put again. */
      lost: keys,
      hasState: bool,
      /** In the first answer: the state of the last checkpoint, and what it refers to. */
      state: bytes({ maxBytes: MAX_CHECKPOINT_BYTES }),
      nested: keys,
    }),
  },
  /** Nodes of the cluster and their resources, as JSON. */
  cluster: { body: empty, answer: struct({ json: str({ maxBytes: 1024 * 1024 }) }) },
} as const;
