/**
 * Large objects between nodes, chunk by chunk (rules O2, B1): pulls what this node needs, serves what others ask for.
 *
 * A pull asks for a few chunks at a time, so a slow holder costs no memory and a fast one is never idle. The server
 * chooses the holder for each chunk, so a pull goes on from where it was when one leaves. Pulls of one object are one.
 * Pure: frames, memory and time come through ports.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import { StateMachine } from '#shared/state-machine.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { CHUNK_BYTES, CHUNKS_IN_FLIGHT } from '#shared/protocol/limits.ts';
import { CHUNK_STATUS, type SessionFrameOf } from '#shared/protocol/session-frames.ts';

/** Memory of objects that are on their way here; a pull beyond it waits for another to end. */
const MAX_BYTES_IN_FLIGHT = 256 * 1024 * 1024;
/** `missing` answers of one pull before it is given up: one may be older than a copy that is being made. */
const MAX_MISSING = 2;
/** No chunk for this long: what was asked for is asked for again (a busy server drops chunks rather than control). */
const STALL_MS = 10_000;
const FIRST_BUSY_MS = 50;
const MAX_BUSY_MS = 2_000;
const NO_BYTES = new Uint8Array(0);

/**
 * What a pull ends with: the object's flat bytes, or `undefined` if no node has them any more, or if this one has no memory
 * for so many.
 */
export type PullDone = (memory: Attachment | undefined, isTooLarge?: boolean) => void;

/** What transfers need of their surroundings. */
export interface TransferPorts {
  readonly clock: Clock;
  /** Sends a question, or drops it without a connection (then `connected` is called later). */
  sendFetch(frame: SessionFrameOf<'fetch'>): void;
  /** Sends a chunk at low priority; false if it was refused. */
  sendChunk(frame: SessionFrameOf<'chunk'>): boolean;
  /** A small answer without bytes, as control. */
  sendStatus(frame: SessionFrameOf<'chunk'>): void;
  /** Memory for an object: shared where the platform has it. May throw: the size is another node's word. */
  allocate(sizeBytes: number): Attachment;
  /**
   * The flat bytes of an object that lies here; `soon`: they are on their way into memory, and `whenHere` is called once they
   * are there or are not to be had; `busy`: as yet nobody can say.
   */
  readLocal(key: ObjectKey, whenHere: () => void): Uint8Array | 'soon' | 'busy' | undefined;
}

/** Where a pull stands, until it is over. */
type PullState =
  /** For room. */
  | 'waiting'
  | 'asking'
  /** A holder was busy: what is open is asked for again after a while, whatever comes meanwhile. */
  | 'pausing';

export const PULL_LIFE = new StateMachine<PullState>('pull', {
  waiting: ['asking'],
  asking: ['pausing'],
  pausing: ['asking'],
});

function movePull(pull: { state: PullState }, to: PullState): void {
  pull.state = PULL_LIFE.step(pull.state, to);
}

interface Pull {
  readonly key: ObjectKey;
  readonly transfer: number;
  readonly state: PullState;
  readonly done: PullDone[];
  sizeBytes: number;
  memory: Attachment | undefined;
  bytes: Uint8Array;
  /** Offsets asked for and not yet here. */
  readonly asked: Set<number>;
  /** Everything before this has been asked for. */
  nextOffset: number;
  receivedBytes: number;
  missing: number;
  busyMs: number;
  cancelTimer: () => void;
}

/** All transfers of one session. */
export class ObjectTransfer {
  readonly #ports: TransferPorts;
  readonly #pulls = new Map<ObjectKey, Pull>();
  readonly #byTransfer = new Map<number, Pull>();
  readonly #waiting: Pull[] = [];
  #nextTransfer = 1;
  #bytesInFlight = 0;
  /** Payload bytes received and sent. */
  receivedBytes = 0;
  sentBytes = 0;

  constructor(ports: TransferPorts) {
    this.#ports = ports;
  }

  /** Pulls that are under way or wait for memory. */
  get pullCount(): number {
    return this.#pulls.size;
  }

  *levels(): Iterable<QueueLevel> {
    // One always runs, whatever its size.
    const isLone = this.#byTransfer.size === 1;
    yield { queue: 'pull bytes', level: isLone ? 0 : this.#bytesInFlight, bound: MAX_BYTES_IN_FLIGHT };
    for (const { asked } of this.#byTransfer.values())
      yield { queue: 'chunks asked for', level: asked.size, bound: CHUNKS_IN_FLIGHT };
  }

  /** Memory taken by unfinished pulls. */
  get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  /** Brings an object here. `done` is called once, never before this returns. */
  pull(key: ObjectKey, sizeBytes: number, done: PullDone): void {
    const known = this.#pulls.get(key);
    if (known) {
      known.done.push(done);
      return;
    }
    const pull: Pull = {
      key,
      transfer: this.#nextTransfer,
      state: 'waiting',
      done: [done],
      sizeBytes,
      memory: undefined,
      bytes: NO_BYTES,
      asked: new Set(),
      nextOffset: 0,
      receivedBytes: 0,
      missing: 0,
      busyMs: FIRST_BUSY_MS,
      cancelTimer: () => {},
    };
    this.#nextTransfer += 1;
    this.#pulls.set(key, pull);
    this.#waiting.push(pull);
    this.#admit();
  }

  /** A chunk, or why there is none. */
  onChunk(chunk: SessionFrameOf<'chunk'>): void {
    const pull = this.#byTransfer.get(chunk.transfer);
    if (!pull || pull.key !== chunk.object || !pull.asked.has(chunk.offset)) return;
    if (chunk.status === CHUNK_STATUS.ok) this.#store(pull, chunk);
    else if (chunk.status === CHUNK_STATUS.missing) this.#missing(pull);
    else this.#busy(pull);
  }

  /** Another node asks for a piece of an object that lies here. */
  onFetch(fetch: SessionFrameOf<'fetch'>): void {
    const { transfer, object, offset, length } = fetch;
    const local = this.#ports.readLocal(object, () => this.onFetch(fetch));
    if (local === 'soon') return;
    const status = (code: number): void =>
      this.#ports.sendStatus({ type: 'chunk', transfer, object, status: code, offset, totalBytes: 0, data: NO_BYTES });
    if (!local || local === 'busy') {
      status(local ? CHUNK_STATUS.busy : CHUNK_STATUS.missing);
      return;
    }
    const data = local.subarray(offset, offset + Math.min(length, CHUNK_BYTES));
    const totalBytes = local.length;
    if (this.#ports.sendChunk({ type: 'chunk', transfer, object, status: CHUNK_STATUS.ok, offset, totalBytes, data }))
      this.sentBytes += data.length;
    else status(CHUNK_STATUS.busy);
  }

  /** There is a connection (again): what was asked over the last one is asked anew. */
  connected(): void {
    for (const pull of this.#byTransfer.values()) this.#askAgain(pull);
  }

  /** The session is void: nobody waits for these objects any more, so nobody is called. */
  clear(): void {
    for (const pull of this.#pulls.values()) pull.cancelTimer();
    this.#pulls.clear();
    this.#byTransfer.clear();
    this.#waiting.length = 0;
    this.#bytesInFlight = 0;
  }

  /** Starts waiting pulls while there is room; one always runs, whatever its size. */
  #admit(): void {
    for (;;) {
      const pull = this.#waiting[0];
      if (!pull || (this.#bytesInFlight > 0 && this.#bytesInFlight + pull.sizeBytes > MAX_BYTES_IN_FLIGHT)) return;
      this.#waiting.shift();
      this.#bytesInFlight += pull.sizeBytes;
      this.#byTransfer.set(pull.transfer, pull);
      movePull(pull, 'asking');
      this.#ask(pull);
    }
  }

  /** Asks for the chunks that come next, as far as the window allows. */
  #ask(pull: Pull): void {
    // An object of unknown size is known by its first chunk.
    const endBytes = Math.max(pull.sizeBytes, 1);
    while (pull.asked.size < CHUNKS_IN_FLIGHT && pull.nextOffset < endBytes) {
      pull.asked.add(pull.nextOffset);
      this.#sendFetch(pull, pull.nextOffset);
      pull.nextOffset += CHUNK_BYTES;
    }
    this.#watch(pull);
  }

  #sendFetch({ transfer, key }: Pull, offset: number): void {
    this.#ports.sendFetch({ type: 'fetch', transfer, object: key, offset, length: CHUNK_BYTES });
  }

  #busy(pull: Pull): void {
    if (pull.state === 'pausing') return;
    movePull(pull, 'pausing');
    this.#again(pull, pull.busyMs);
    pull.busyMs = Math.min(pull.busyMs * 2, MAX_BUSY_MS);
  }

  #askAgain(pull: Pull): void {
    movePull(pull, 'asking');
    for (const offset of pull.asked) this.#sendFetch(pull, offset);
    this.#watch(pull);
  }

  #watch(pull: Pull): void {
    if (pull.state === 'asking') this.#again(pull, STALL_MS);
  }

  /** Asks for everything that is open once more after a while, unless something comes before. */
  #again(pull: Pull, delayMs: number): void {
    pull.cancelTimer();
    pull.cancelTimer = this.#ports.clock.after(delayMs, () => this.#askAgain(pull));
  }

  #store(pull: Pull, { offset, totalBytes, data }: SessionFrameOf<'chunk'>): void {
    if (totalBytes !== pull.sizeBytes) {
      this.#resize(pull, totalBytes);
      return;
    }
    if (data.length !== Math.min(CHUNK_BYTES, pull.sizeBytes - offset)) {
      this.#missing(pull);
      return;
    }
    if (!pull.memory && !this.#makeRoom(pull)) {
      this.#finish(pull, undefined, true);
      return;
    }
    pull.bytes.set(data, offset);
    pull.asked.delete(offset);
    pull.receivedBytes += data.length;
    pull.busyMs = FIRST_BUSY_MS;
    this.receivedBytes += data.length;
    if (pull.receivedBytes === pull.sizeBytes) this.#finish(pull, pull.memory);
    else this.#ask(pull);
  }

  #makeRoom(pull: Pull): boolean {
    try {
      pull.memory = this.#ports.allocate(pull.sizeBytes);
      pull.bytes = new Uint8Array(pull.memory);
      return true;
    } catch {
      return false;
    }
  }

  /** The object is of another size than was said: another version of it (rule O1). It is taken from the start. */
  #resize(pull: Pull, sizeBytes: number): void {
    if (pull.sizeBytes !== 0) pull.missing += 1;
    if (pull.missing >= MAX_MISSING) {
      this.#finish(pull, undefined);
      return;
    }
    this.#bytesInFlight += sizeBytes - pull.sizeBytes;
    pull.sizeBytes = sizeBytes;
    pull.memory = undefined;
    pull.bytes = NO_BYTES;
    pull.asked.clear();
    pull.nextOffset = 0;
    pull.receivedBytes = 0;
    this.#ask(pull);
  }

  #missing(pull: Pull): void {
    pull.missing += 1;
    if (pull.missing >= MAX_MISSING) this.#finish(pull, undefined);
    else this.#again(pull, FIRST_BUSY_MS);
  }

  #finish(pull: Pull, memory: Attachment | undefined, isTooLarge = false): void {
    pull.cancelTimer();
    this.#pulls.delete(pull.key);
    this.#byTransfer.delete(pull.transfer);
    this.#bytesInFlight -= pull.sizeBytes;
    this.#admit();
    for (const done of pull.done) done(memory, isTooLarge);
  }
}
