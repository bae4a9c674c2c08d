/**
 * The node's cold storage at work (rules O4, M4): values that memory has no room for are written there and read back when
 * they are needed; values kept for a while are written as well, at low priority, so that a later life of this node still
 * has them. A value stays in memory until cold storage says that it has it, so a full or broken store loses nothing.
 *
 * Values leave memory between two steps of the raylet, never inside one: what a step brought has been handed to whoever
 * waited for it before it can leave. An input that left between its arrival and the run is fetched by the worker, like one
 * from another node.
 */
import { MemoryPolicy } from '../object-store/memory-policy.ts';
import type { ColdStore } from '../object-store/cold-store.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { INLINE_BYTES } from '#shared/protocol/limits.ts';
import type { LocalObject } from './entries.ts';
import type { Journal } from './journal.ts';
import type { LocalObjects, StoreWatch } from './local-objects.ts';
import type { RayletOptions, RayletPorts } from './ports.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** Values on their way out of memory at a time. */
const MAX_WRITING_BYTES = 64 * 1024 * 1024;
/** No value that only wants a copy in cold storage is added to more than this: what has to leave must not wait long. */
const MAX_PERSISTING_BYTES = 8 * 1024 * 1024;
/** Values on their way back at a time; one always is, whatever its size. */
const MAX_RESTORING_BYTES = 64 * 1024 * 1024;
/** After a write that failed nothing is written for so long. */
const RETRY_MS = 5_000;

/** A value on its way out or back. Another one for the same object is another move. */
interface Move {
  readonly object: LocalObject;
  readonly sizeBytes: number;
}

/** What the desk needs of the raylet. */
export interface ColdDeskHooks {
  readonly objects: () => LocalObjects;
  /** A value is about to be written under a key. */
  writing(key: ObjectKey): void;
  /** A value is in memory again, for which nobody took room. */
  restored(sizeBytes: number): void;
  /** The value of an object left memory: what a worker keeps of it is to go, too. */
  letGo(worker: WorkerEntry, key: ObjectKey): void;
  flush(): void;
}

/** Moves values between memory and cold storage. */
export class ColdDesk implements StoreWatch {
  readonly #nowMs: () => number;
  readonly #store: ColdStore | undefined;
  readonly #journal: Journal;
  readonly #hooks: ColdDeskHooks;
  readonly #policy: MemoryPolicy;
  readonly #persistAfterMs: number;
  /** Values without a copy in cold storage that are to get one, and since when: in this order. */
  readonly #toPersist = new Map<ObjectKey, number>();
  readonly #writes = new Map<ObjectKey, Move>();
  #writingBytes = 0;
  #retryAtMs = 0;
  /** Under way, or waiting their turn. */
  readonly #restores = new Map<ObjectKey, Move>();
  readonly #toRestore: Move[] = [];
  #restoringBytes = 0;
  #isClosed = false;

  constructor(ports: RayletPorts, options: RayletOptions, journal: Journal, hooks: ColdDeskHooks) {
    this.#nowMs = () => ports.clock.nowMs();
    this.#store = ports.coldStore;
    this.#journal = journal;
    this.#hooks = hooks;
    this.#policy = new MemoryPolicy(options.memoryLimitBytes ?? Infinity);
    this.#persistAfterMs = options.persistAfterMs ?? Infinity;
  }

  /** Bytes in memory of values that the GCS counts on. */
  get memoryBytes(): number {
    return this.#policy.usedBytes;
  }

  /**
   * Bytes that can be kept besides. Cold storage is slower than programs are, so memory may for a while hold up to twice
   * its limit; beyond that there is no room however much cold storage has.
   */
  get freeBytes(): number {
    const { limitBytes, usedBytes, coveredBytes } = this.#policy;
    const cold = this.#mayWrite ? (this.#store?.freeBytes ?? 0) : 0;
    return Math.max(0, Math.min(limitBytes - (usedBytes - coveredBytes) + cold, 2 * limitBytes - usedBytes));
  }

  /** The session is void: whatever is still on its way changes nothing. */
  close(): void {
    this.#isClosed = true;
  }

  // --- what happens to values --------------------------------------------------------------------------------------

  arrived(object: LocalObject): void {
    this.#policy.add(object.key, object.sizeBytes, false);
    if (this.#store && this.#persistAfterMs !== Infinity) this.#toPersist.set(object.key, this.#nowMs());
  }

  used(object: LocalObject): void {
    this.#policy.use(object.key);
  }

  dropped(object: LocalObject): void {
    const { key } = object;
    this.#policy.remove(key);
    this.#toPersist.delete(key);
    this.#writes.delete(key);
    this.#restores.delete(key);
    object.restoring = false;
    if (object.cold !== 'no') this.#store?.delete(key);
    object.cold = 'no';
  }

  restore(object: LocalObject): void {
    const move = { object, sizeBytes: object.sizeBytes };
    object.restoring = true;
    this.#hooks.objects().use(object);
    this.#restores.set(object.key, move);
    this.#toRestore.push(move);
    this.#admit();
  }

  /** Cold storage turned out to have the value of an object that is in memory. */
  covers(object: LocalObject): void {
    object.cold = 'yes';
    this.#toPersist.delete(object.key);
    this.#policy.cover(object.key);
  }

  // --- out of memory -----------------------------------------------------------------------------------------------

  /** Values are on their way out of memory. */
  get isMoving(): boolean {
    return this.#writes.size > 0;
  }

  /** The step is over: what memory has no room for leaves. @param shortBytes somebody waits for so many, whatever the limit is */
  settle(shortBytes = 0): void {
    this.#policy.aim(shortBytes);
    if (!this.#policy.isOver || !this.#store) return;
    const mayWrite = (sizeBytes: number): boolean => this.#hasRoom(sizeBytes, MAX_WRITING_BYTES);
    for (let key = this.#policy.next(mayWrite); key !== undefined; key = this.#policy.next(mayWrite)) {
      const object = this.#hooks.objects().get(key);
      if (this.#policy.isCovered(key)) this.#leaves(key, object);
      else {
        this.#policy.leave(key);
        // It may be on its way already, for a later life.
        if (object?.cold === 'no') this.#write(object);
      }
    }
  }

  /** Time passed: writes what a later life of this node shall have. */
  tick(): void {
    if (this.#toPersist.size === 0) return;
    const dueMs = this.#nowMs() - this.#persistAfterMs;
    for (const [key, sinceMs] of this.#toPersist) {
      const object = this.#hooks.objects().get(key);
      if (sinceMs > dueMs || this.#writingBytes > MAX_PERSISTING_BYTES || !this.#mayWrite) return;
      this.#toPersist.delete(key);
      // One that does not fit is not tried again: what memory has no room for needs the place more.
      if (!this.#store || (object && object.sizeBytes > this.#store.freeBytes)) continue;
      if (object?.cold === 'no') this.#write(object);
    }
  }

  get #mayWrite(): boolean {
    return this.#retryAtMs === 0 || this.#nowMs() >= this.#retryAtMs;
  }

  #hasRoom(sizeBytes: number, maxBytes: number): boolean {
    if (!this.#store || sizeBytes > this.#store.freeBytes || !this.#mayWrite) return false;
    return this.#writingBytes === 0 || this.#writingBytes + sizeBytes <= maxBytes;
  }

  #write(object: LocalObject): void {
    const { key, sizeBytes, memory, value, nested } = object;
    const bytes = memory ? new Uint8Array(memory, 0, sizeBytes) : value;
    if (!bytes) return;
    const write: Move = { object, sizeBytes };
    this.#hooks.writing(key);
    this.#toPersist.delete(key);
    object.cold = 'writing';
    this.#writes.set(key, write);
    this.#writingBytes += sizeBytes;
    this.#store?.put(key, bytes, nested, (digest) => {
      if (this.#isClosed) return;
      this.#writingBytes -= sizeBytes;
      // Else it was dropped meanwhile, and another may have taken its place.
      if (this.#writes.get(key) === write) this.#written(object, digest);
      this.#hooks.flush();
    });
  }

  #written(object: LocalObject, digest: Uint8Array | undefined): void {
    const { key, sizeBytes } = object;
    this.#writes.delete(key);
    if (!digest) {
      object.cold = 'no';
      this.#policy.use(key);
      this.#retryAtMs = this.#nowMs() + RETRY_MS;
      if (this.#persistAfterMs !== Infinity) this.#toPersist.set(key, this.#nowMs());
      return;
    }
    object.cold = 'yes';
    this.#retryAtMs = 0;
    // At once: a tab may be closed in the very next moment, and without this word its copy is no copy (rule M4).
    this.#journal.append({ kind: 'digest', object: key, sizeBytes, digest });
    const leaves = this.#policy.isLeaving(key) && this.#policy.isOver;
    this.#policy.cover(key);
    if (leaves) this.#leaves(key, object);
  }

  #leaves(key: ObjectKey, object: LocalObject | undefined): void {
    this.#policy.remove(key);
    if (!object) return;
    for (const worker of object.readers ?? []) if (worker.state !== 'ended') this.#hooks.letGo(worker, key);
    object.readers = undefined;
    this.#hooks.objects().setSpilled(object);
  }

  // --- back into memory --------------------------------------------------------------------------------------------

  #admit(): void {
    for (;;) {
      const move = this.#toRestore[0];
      if (!move || (this.#restoringBytes > 0 && this.#restoringBytes + move.sizeBytes > MAX_RESTORING_BYTES)) return;
      this.#toRestore.shift();
      this.#restoringBytes += move.sizeBytes;
      this.#store?.get(move.object.key, (bytes) => {
        if (this.#isClosed) return;
        this.#restoringBytes -= move.sizeBytes;
        this.#read(move, bytes);
        this.#admit();
        this.#hooks.flush();
      });
    }
  }

  #read(move: Move, bytes: Attachment | undefined): void {
    const { object } = move;
    const objects = this.#hooks.objects();
    const isMeant = this.#restores.get(object.key) === move;
    if (isMeant) {
      this.#restores.delete(object.key);
      object.restoring = false;
    }
    const isGood = bytes !== undefined && bytes.byteLength === object.sizeBytes;
    if (isMeant && isGood) {
      this.#policy.add(object.key, object.sizeBytes, true);
      if (object.sizeBytes > INLINE_BYTES) this.#hooks.restored(bytes.byteLength);
      objects.setRestored(object, bytes);
    } else if (isMeant) {
      // The browser may clear its storage at any time. There is no copy here any more.
      this.dropped(object);
      object.kept = false;
      this.#journal.append({ kind: 'located', object: object.key, present: false, sizeBytes: object.sizeBytes });
    }
    objects.unuse(object);
    // Lost, or dropped while it was on its way.
    if ((isMeant && !isGood) || object.status === 'pending') objects.lostTrack(object);
  }
}
