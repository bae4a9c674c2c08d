/**
 * One object on its way here (rules O1, O6). A value of one chunk is asked of whoever the server chooses. For a larger one
 * the server names sources: the first of them is asked for its manifest and, window by window, for pieces; when it fails the next
 * goes on where it was. A chunk counts when its digest is that of the manifest, and the manifest when it is the one that the server
 * knows, so whoever gives something else is found out at once.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { CHUNKS_IN_FLIGHT } from '#shared/protocol/limits.ts';
import { CHUNK_STATUS, type SessionFrameOf } from '#shared/protocol/session-frames.ts';
import {
  CHUNK_DIGEST_BYTES,
  chunkBytesOf,
  MAX_OBJECT_BYTES,
  manifestDigest,
  sameDigest,
} from '#shared/transfer/chunk-layout.ts';
import { ChunkProgress } from './chunk-progress.ts';
import type { PullDone, PullPriority, TransferPorts } from './ports.ts';
import { PULL_LIFE, type PullState } from './pull-state.ts';

/** Answers in a row that nobody has it, after which a pull is given up: one may be older than a copy that is being made. */
const MAX_MISSING = 2;
/** Nothing for this long: what was asked for is asked for again (a busy server drops chunks rather than control), … */
const STALL_MS = 10_000;
/** … and at the second time, or when it was busy so often, of somebody else. */
const MAX_BUSY = 8;
const FIRST_BUSY_MS = 50;
const MAX_BUSY_MS = 2_000;
/** Other nodes that wait for a chunk that is on its way here. */
const MAX_WAITERS = 64;
/** So often it is tried to find memory, after waiting as for a busy holder: about half a minute. */
const MAX_FULL = 20;
const NO_BYTES = new Uint8Array(0);

/** Whom the server named. */
type Source = SessionFrameOf<'sources'>['sources'][number];

/** What a pull tells those who manage it. */
export interface PullOwner {
  /** Its size turned out to be another one. */
  resized(pull: Pull, byBytes: number): void;
  /** It is over: with these bytes, or without. */
  finished(pull: Pull, memory: Attachment | undefined, isTooLarge: boolean): void;
}

/** One pull. */
export class Pull {
  readonly key: ObjectKey;
  readonly transfer: number;
  readonly done: PullDone[] = [];
  readonly #ports: TransferPorts;
  readonly #owner: PullOwner;
  priority: PullPriority;
  #state: PullState = 'waiting';
  #isOver = false;
  #memory: Attachment | undefined;
  #bytes: Uint8Array = NO_BYTES;
  #progress: ChunkProgress;
  /** Digest of the manifest, as the server told it; empty as long as it did not. */
  #root: Uint8Array = NO_BYTES;
  #manifest: Uint8Array | undefined;
  #sources: Source[] = [];
  /** Who is asked now; `undefined`: whoever the server chooses. */
  #source: Source | undefined;
  /** The present source has the manifest that the pull goes by. */
  #isDescribed = false;
  /** Sources that failed. */
  readonly #without = new Set<number>();
  /** The server was asked for sources. */
  #isKnown = false;
  #missing = 0;
  #busy = 0;
  #stalls = 0;
  /** How often there was no memory for it. */
  #full = 0;
  #cancelTimer = (): void => {};
  #waiters: { readonly chunk: number; readonly retry: () => void }[] = [];

  constructor(
    ports: TransferPorts,
    owner: PullOwner,
    object: { key: ObjectKey; transfer: number; sizeBytes: number; priority: PullPriority },
  ) {
    this.#ports = ports;
    this.#owner = owner;
    this.key = object.key;
    this.transfer = object.transfer;
    this.priority = object.priority;
    this.#progress = new ChunkProgress(object.sizeBytes);
  }

  get sizeBytes(): number {
    return this.#progress.sizeBytes;
  }

  get state(): PullState {
    return this.#state;
  }

  get askedCount(): number {
    return this.#progress.askedCount;
  }

  get #hasOneChunk(): boolean {
    return this.#progress.chunkCount === 1;
  }

  /** There is room for it. */
  begin(): void {
    if (this.#hasOneChunk) this.#askAnybody();
    else this.#locate();
  }

  /** There is a connection (again): what was asked over the last one is asked anew. */
  connected(): void {
    if (this.#state === 'locating') this.#sendLocate();
    else if (this.#state !== 'waiting') this.#askAgain();
  }

  /** Nobody wants it any more, and nobody is told. */
  abandon(): void {
    this.#isOver = true;
    this.#cancelTimer();
    this.#dropMemory();
  }

  // --- who has it ------------------------------------------------------------------------------------------------------

  #askAnybody(): void {
    this.#move('asking');
    this.#source = undefined;
    this.#askMore();
  }

  #locate(): void {
    this.#move('locating');
    this.#source = undefined;
    this.#progress.takeBack();
    this.#sendLocate();
  }

  #sendLocate(): void {
    this.#isKnown = true;
    this.#ports.ask({ type: 'locate', transfer: this.transfer, object: this.key, without: [...this.#without] });
    this.#again(STALL_MS, () => this.#sendLocate());
  }

  onSources({ status, sizeBytes, digest, sources }: SessionFrameOf<'sources'>): void {
    if (this.#isOver || this.#state !== 'locating') return;
    if (sources.length === 0) {
      // Those that failed may have been wronged; if one fails again the server takes it off the list.
      this.#without.clear();
      if (status === CHUNK_STATUS.missing) this.#nobodyHasIt();
      else this.#pause();
      return;
    }
    if (sizeBytes !== this.sizeBytes && !this.#resize(sizeBytes)) return;
    if (digest.length > 0 && !sameDigest(digest, this.#root)) {
      const isAnother = this.#root.length > 0 || (this.#manifest && !this.#isOf(digest, this.#manifest));
      this.#root = digest.slice();
      if (isAnother) this.#startOver();
    }
    this.#sources = [...sources];
    this.#nextSource();
  }

  /** Goes on with another source. */
  #nextSource(): void {
    this.#progress.takeBack();
    this.#busy = 0;
    this.#stalls = 0;
    const source = this.#sources.shift();
    if (!source) {
      this.#locate();
      return;
    }
    this.#source = source;
    this.#isDescribed = false;
    this.#move('asking');
    this.#describe();
    // Its bytes go with what is here only if they are of the same version; where nothing is yet there is no need to wait.
    if (this.#progress.isUntouched) this.#askMore();
    this.#watch();
  }

  #describe(): void {
    const { transfer, key } = this;
    if (!this.#source) return;
    this.#isDescribed = this.#hasOneChunk || this.#source.isOld;
    if (!this.#isDescribed) this.#ports.ask({ type: 'describe', transfer, source: this.#source.session, object: key });
  }

  onManifest({ status, source, sizeBytes, digests }: SessionFrameOf<'manifest'>): void {
    if (this.#isOver || source !== this.#source?.session || this.#isDescribed) return;
    if (status !== CHUNK_STATUS.ok) {
      this.#refused(status);
      return;
    }
    if (sizeBytes !== this.sizeBytes && !this.#resize(sizeBytes)) return;
    const isWrong =
      digests.length !== this.#progress.chunkCount * CHUNK_DIGEST_BYTES ||
      (this.#root.length > 0 && !this.#isOf(this.#root, digests));
    if (isWrong) {
      this.#lies(0);
      return;
    }
    // Of several versions, while nobody knows which is the present one, that of the present source.
    if (this.#manifest && !sameDigest(this.#manifest, digests)) this.#startOver();
    this.#manifest = digests.slice();
    this.#isDescribed = true;
    this.#heard();
    for (const chunk of this.#progress.unchecked()) this.#check(chunk, this.#manifest, source);
    this.#askMore();
    this.#tellWaiters();
  }

  #isOf(root: Uint8Array, manifest: Uint8Array): boolean {
    return sameDigest(root, manifestDigest(this.sizeBytes, manifest));
  }

  // --- pieces ----------------------------------------------------------------------------------------------------------

  /** Asks for what comes next, as far as the window allows. */
  #askMore(): void {
    while (this.#progress.askedCount < CHUNKS_IN_FLIGHT) {
      const offset = this.#progress.ask();
      if (offset === undefined) break;
      this.#send(offset);
    }
    this.#watch();
  }

  #send(offset: number): void {
    const { transfer, key: object } = this;
    // An object of unknown size is known by its first piece.
    const length = this.#progress.lengthAt(offset) || 1;
    const source = this.#source?.session;
    if (source === undefined) this.#ports.ask({ type: 'fetch', transfer, object, offset, length });
    else this.#ports.ask({ type: 'fetchFrom', transfer, source, object, offset, length });
  }

  onPiece(piece: SessionFrameOf<'piece'>): void {
    if (this.#isOver || !this.#progress.isAsked(piece.offset)) return;
    if (this.#source && piece.source !== this.#source.session) return;
    if (piece.status === CHUNK_STATUS.ok) this.#store(piece);
    else this.#refused(piece.status);
  }

  #store({ offset, totalBytes, source, digest, data }: SessionFrameOf<'piece'>): void {
    if (totalBytes !== this.sizeBytes) {
      if (this.#resize(totalBytes)) this.#resume();
      return;
    }
    if (data.length !== this.#progress.lengthAt(offset)) {
      this.#refused(CHUNK_STATUS.missing);
      return;
    }
    if (!this.#memory && !this.#makeRoom()) {
      this.#noRoom();
      return;
    }
    this.#bytes.set(data, offset);
    this.#heard();
    const chunk = this.#progress.arrived(offset);
    if (chunk !== undefined) this.#complete(chunk, source, digest);
    if (!this.#isOver && this.#state === 'asking') this.#askMore();
  }

  #complete(chunk: number, source: number, digest: Uint8Array): void {
    if (this.#hasOneChunk) {
      const known = this.#root.length > 0 ? this.#root : digest;
      // From the server's own tables, or from a former release.
      if (known.length === 0) this.#right(chunk);
      else this.#check(chunk, known.slice(), source);
    } else if (this.#manifest) this.#check(chunk, this.#manifest, source);
    else if (this.#source?.isOld) this.#right(chunk);
  }

  #check(chunk: number, manifest: Uint8Array, source: number): void {
    const progress = this.#progress;
    const chunkBytes = chunkBytesOf(this.sizeBytes);
    const offset = chunk * chunkBytes;
    progress.checking(chunk);
    this.#ports.digest(this.#bytes.subarray(offset, offset + chunkBytes), (digest) => {
      if (this.#isOver || this.#progress !== progress) return;
      if (progress.matches(digest, manifest, chunk)) {
        if (this.#hasOneChunk) this.#manifest = manifest;
        this.#right(chunk);
        return;
      }
      progress.wrong(chunk);
      if (!this.#source || this.#source.session === source) this.#lies(offset, source);
      else {
        this.#ports.corrupted(this.key, source, offset);
        this.#askMore();
      }
    });
  }

  #right(chunk: number): void {
    this.#progress.right(chunk);
    this.#missing = 0;
    if (this.#progress.isDone) this.#finish(this.#memory, false);
    else this.#tellWaiters();
  }

  /** What the source gave is not the object: told to the server, and somebody else is asked. */
  #lies(offset: number, source = this.#source?.session ?? 0): void {
    this.#ports.corrupted(this.key, source, offset);
    this.#without.add(source);
    this.#nextSource();
  }

  // --- what comes between ------------------------------------------------------------------------------------------------

  #refused(status: number): void {
    if (status === CHUNK_STATUS.busy && (!this.#source || this.#busy < MAX_BUSY)) {
      this.#pause();
    } else if (!this.#source) {
      this.#nobodyHasIt();
    } else {
      this.#without.add(this.#source.session);
      this.#nextSource();
    }
  }

  /** Other values may leave: that is waited for, and then told to whoever asked (rule O4). */
  #noRoom(): void {
    // Another piece, that was on its way when the first of them found no room.
    if (this.#state === 'pausing') return;
    this.#full += 1;
    if (this.#full > MAX_FULL) this.#finish(undefined, true);
    else this.#pause();
  }

  #nobodyHasIt(): void {
    this.#missing += 1;
    if (this.#missing >= MAX_MISSING) this.#finish(undefined, false);
    else this.#pause();
  }

  #pause(): void {
    if (this.#state === 'pausing') return;
    this.#move('pausing');
    this.#again(Math.min(FIRST_BUSY_MS * 2 ** this.#busy, MAX_BUSY_MS), () => this.#resume());
    this.#busy = Math.min(this.#busy + 1, MAX_BUSY);
  }

  /** Goes on after a pause, or with another version. */
  #resume(): void {
    if (this.#source) this.#askAgain();
    else if (this.#hasOneChunk && !this.#isKnown) {
      this.#move('asking');
      this.#askAgain();
    } else this.#locate();
  }

  #askAgain(): void {
    this.#move('asking');
    if (this.#source && !this.#isDescribed) this.#describe();
    for (const offset of this.#progress.asked()) this.#send(offset);
    if (this.#progress.askedCount === 0 && (this.#isDescribed || this.#progress.isUntouched)) this.#askMore();
    this.#watch();
  }

  #stalled(): void {
    this.#stalls += 1;
    if (this.#stalls > 1 && this.#source) this.#refused(CHUNK_STATUS.away);
    else this.#askAgain();
  }

  /** Something good came. */
  #heard(): void {
    this.#busy = 0;
    this.#stalls = 0;
  }

  #watch(): void {
    if (this.#state === 'asking') this.#again(STALL_MS, () => this.#stalled());
  }

  #again(delayMs: number, act: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#isOver ? () => {} : this.#ports.clock.after(delayMs, act);
  }

  // --- versions --------------------------------------------------------------------------------------------------------

  /** The object is of another size than was said: another version of it (rule O1). False if that was too often. */
  #resize(sizeBytes: number): boolean {
    if (this.sizeBytes !== 0) this.#missing += 1;
    // What is kept of its pieces is in proportion to its size, which is another node's word.
    if (this.#missing >= MAX_MISSING || sizeBytes > MAX_OBJECT_BYTES) {
      this.#finish(undefined, sizeBytes > MAX_OBJECT_BYTES);
      return false;
    }
    this.#owner.resized(this, sizeBytes - this.sizeBytes);
    this.#startOver(sizeBytes);
    return true;
  }

  #startOver(sizeBytes = this.sizeBytes): void {
    this.#progress = new ChunkProgress(sizeBytes);
    this.#manifest = undefined;
    this.#isDescribed = false;
    if (this.#bytes.length !== sizeBytes) this.#dropMemory();
  }

  #dropMemory(): void {
    if (this.#memory) this.#ports.release(this.#bytes.length);
    this.#memory = undefined;
    this.#bytes = NO_BYTES;
  }

  #makeRoom(): boolean {
    try {
      this.#memory = this.#ports.allocate(this.sizeBytes);
      this.#bytes = new Uint8Array(this.#memory, 0, this.sizeBytes);
      this.#full = 0;
      return true;
    } catch {
      return false;
    }
  }

  /** @param memory with the value: its room is that of the value from now on */
  #finish(memory: Attachment | undefined, isTooLarge: boolean): void {
    if (memory) this.#memory = undefined;
    this.abandon();
    if (this.#isKnown && !memory) this.#ports.ask({ type: 'pullOver', object: this.key });
    this.#owner.finished(this, memory, isTooLarge);
    for (const { retry } of this.#waiters.splice(0)) retry();
  }

  #move(to: PullState): void {
    this.#state = PULL_LIFE.step(this.#state, to);
  }

  // --- for others --------------------------------------------------------------------------------------------------------

  /** Digests of all chunks, once they are known. */
  get manifest(): Uint8Array | undefined {
    return this.#manifest;
  }

  /** The piece, if it is known to be right. */
  pieceAt(offset: number, length: number): Uint8Array | undefined {
    const chunk = Math.floor(offset / chunkBytesOf(this.sizeBytes));
    return this.#progress.isRight(chunk) ? this.#bytes.subarray(offset, offset + length) : undefined;
  }

  /** Calls back when the chunk at the offset is here (-1: when the manifest is), or never will be. False if too many wait. */
  awaitChunk(offset: number, retry: () => void): boolean {
    if (this.#waiters.length >= MAX_WAITERS) return false;
    this.#waiters.push({ chunk: offset < 0 ? -1 : Math.floor(offset / chunkBytesOf(this.sizeBytes)), retry });
    return true;
  }

  #tellWaiters(): void {
    if (this.#waiters.length === 0) return;
    const isHere = (chunk: number): boolean =>
      chunk < 0 ? this.#manifest !== undefined : this.#progress.isRight(chunk);
    const here = this.#waiters.filter(({ chunk }) => isHere(chunk));
    this.#waiters = this.#waiters.filter(({ chunk }) => !isHere(chunk));
    for (const { retry } of here) retry();
  }
}
