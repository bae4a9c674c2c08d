/**
 * Frames between a node's session and the server: what one binary event on the socket holds.
 *
 * The first frame is `hello`; the answer is `welcome` or `refused`. Afterwards both sides send numbered streams
 * (`records` up, `commands` down) with acknowledgements, and beside them what may overtake or be lost: questions,
 * object chunks, load, logs.
 */
import { MAX_LABEL_CHARS, MAX_LABELS } from '../task/node-labels.ts';
import { array, bool, bytes, f64, type Infer, literalUnion, str, struct, taggedUnion, uint } from '../wire/schema.ts';
import { batchCodec } from './batch-codec.ts';
import { MAX_MANIFEST_BYTES } from '../transfer/chunk-layout.ts';
import { CHUNK_BYTES, MAX_FRAME_BYTES, MAX_JOURNAL_RECORDS_PER_FRAME, MAX_REFERENCES, MAX_SOURCES } from './limits.ts';
import { DIGEST_BYTES, nodeRecords } from './node-records.ts';
import { serverCommands } from './server-commands.ts';

const shortText = str({ maxBytes: 4096 });
const labelText = str({ maxBytes: MAX_LABEL_CHARS });

/** Custom resources by name, in thousandths. */
const namedAmounts = array(struct({ name: str({ maxBytes: 128 }), milli: uint }), { maxCount: 256 });

/** Opens or resumes a session. */
const hello = {
  version: uint,
  /** A tab is a host in a browser: it comes and goes more often (rule M1). */
  role: literalUnion('host', 'driver', 'tab'),
  /** The node's own lasting id, 32 hex digits. */
  nodeId: str({ maxBytes: 64 }),
  nodeName: str({ maxBytes: 256 }),
  token: str({ maxBytes: 512 }),
  /** 0 for a new session; else the session to resume, with its epoch (rule M1). */
  session: uint,
  epoch: uint,
  /** The server process that numbered the commands received so far; 0 for none. */
  serverEpoch: uint,
  receivedCommands: uint,
  cpuMilli: uint,
  resources: namedAmounts,
  /** For a driver: what to call its job. */
  jobName: str({ maxBytes: 1024 }),
  platform: shortText,
} as const;

/** What a node still runs and holds, told to a server that has just started (rule M3). */
const report = {
  /** Number of the last record written so far: once it is applied the node has said everything. */
  lastRecord: uint,
  leases: array(struct({ task: uint, attempt: uint }), { maxCount: MAX_REFERENCES }),
  actors: array(struct({ actor: uint, incarnation: uint }), { maxCount: MAX_REFERENCES }),
  copies: array(struct({ object: uint, sizeBytes: uint }), { maxCount: MAX_REFERENCES }),
  wants: array(uint, { maxCount: MAX_REFERENCES }),
} as const;

/**
 * How a question for bytes ended. `missing`: who was asked has not got them. `busy`: not now. `away`: who was asked has no
 * connection, or is not one to ask.
 */
export const CHUNK_STATUS = { ok: 0, missing: 1, busy: 2, away: 3 } as const;
const chunkDigest = bytes({ maxBytes: DIGEST_BYTES });

/** Every frame, in both directions. */
export const sessionFrames = taggedUnion('type', {
  hello,
  welcome: {
    session: uint,
    epoch: uint,
    serverEpoch: uint,
    /** True if the session was resumed: the node sends again what comes after `receivedRecords`. */
    resumed: bool,
    receivedRecords: uint,
    /** True if the server does not know what the node runs: the node sends a `report` first. */
    wantsReport: bool,
    job: uint,
    /** A frame at least this often proves life. */
    heartbeatMs: uint,
  },
  refused: {
    code: literalUnion('version', 'token', 'session-dead', 'full', 'stopping', 'protocol'),
    message: shortText,
    /** Come back after this long; 0: do not. */
    retryAfterMs: uint,
  },
  report,
  records: { first: uint, batch: batchCodec(nodeRecords, MAX_JOURNAL_RECORDS_PER_FRAME) },
  commands: { first: uint, batch: batchCodec(serverCommands) },
  /** Up to which number the other side's stream was received, and is durable (equal for commands). */
  ack: { received: uint, durable: uint },
  request: { id: uint, method: str({ maxBytes: 64 }), body: bytes({ maxBytes: MAX_FRAME_BYTES }) },
  response: { id: uint, ok: bool, body: bytes({ maxBytes: MAX_FRAME_BYTES }) },
  /** Asks a holder, through the server, for a piece of an object. */
  fetch: { transfer: uint, object: uint, offset: uint, length: uint },
  chunk: {
    transfer: uint,
    object: uint,
    status: uint,
    offset: uint,
    totalBytes: uint,
    data: bytes({ maxBytes: CHUNK_BYTES }),
  },
  /** The node's present load: only the newest counts (rule S2). */
  load: {
    /** Estimated work waiting in local queues. */
    queuedUs: f64,
    queuedTasks: uint,
    runningTasks: uint,
    freeCpuMilli: uint,
    storeBytes: uint,
    workers: uint,
    rssBytes: uint,
  },
  log: { task: uint, level: uint, text: str({ maxBytes: 64 * 1024 }) },
  progress: { task: uint, fraction: f64, note: str({ maxBytes: 1024 }) },
  /** Log lines of a job, for its driver. */
  jobLog: { task: uint, node: str({ maxBytes: 256 }), level: uint, text: str({ maxBytes: 64 * 1024 }) },
  ping: {},
  /** The node leaves for good; the server forgets the session at once. */
  bye: { reason: shortText },
  /** What the node offers from now on: its owner paused it, or changed the number of cores. */
  capacity: { cpuMilli: uint, resources: namedAmounts },
  /** What people may want to know of the machine (browser, GPU, cores), as JSON; only the newest counts. */
  facts: { json: str({ maxBytes: 16 * 1024 }) },
  /** Comes before a welcome if the hello may be one that comes late: the node proves that it is there (rule M1). */
  challenge: { number: uint },
  /** The number of the challenge, said at once. */
  answer: { number: uint },
  /** What the node's owner hung on it, and what it says of itself; behind each welcome. Until then no rule about labels is met. */
  labels: { labels: array(struct({ key: labelText, value: labelText }), { maxCount: MAX_LABELS }) },
  /** Who has an object? Asked before a pull of several chunks, and again when those it named fail: `without` them. */
  locate: { transfer: uint, object: uint, without: array(uint, { maxCount: MAX_SOURCES }) },
  /** The answer, the best first. None: `status` says whether to ask again. */
  sources: {
    transfer: uint,
    object: uint,
    status: uint,
    sizeBytes: uint,
    /** Digest of the manifest of the present version (`manifestDigest`); empty as long as nobody has told it. */
    digest: chunkDigest,
    sources: array(struct({ session: uint, /** A former release: it tells no digests. */ isOld: bool }), {
      maxCount: MAX_SOURCES,
    }),
  },
  /** As `fetch`, of one of the sources. To a node: it is itself bringing the object, and gives what it has when that is here. */
  fetchFrom: { transfer: uint, source: uint, object: uint, offset: uint, length: uint },
  /** As `chunk`, of a node that knows digests and for one: with whose it is, and with its digest if it is the whole object. */
  piece: {
    transfer: uint,
    object: uint,
    status: uint,
    source: uint,
    offset: uint,
    totalBytes: uint,
    digest: chunkDigest,
    data: bytes({ maxBytes: CHUNK_BYTES }),
  },
  /** Asks a source for the manifest of its copy. To a node: `source` is 0, or itself as with `fetchFrom`. */
  describe: { transfer: uint, source: uint, object: uint },
  manifest: {
    transfer: uint,
    object: uint,
    status: uint,
    source: uint,
    sizeBytes: uint,
    digests: bytes({ maxBytes: MAX_MANIFEST_BYTES }),
  },
  /** A pull of several chunks is over, one way or the other: nobody is sent to this node for a part of it any more. */
  pullOver: { object: uint },
});

/** One frame. */
export type SessionFrame = Infer<typeof sessionFrames>;
/** The frame of one type. */
export type SessionFrameOf<Type extends SessionFrame['type']> = Extract<SessionFrame, { type: Type }>;
