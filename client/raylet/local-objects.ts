/**
 * The objects a node knows: values that are here, values being made, values elsewhere (rules O2, O3).
 *
 * The GCS decides how long an object lives. What is kept here is what the node has some use for, and large copies until
 * the GCS says to drop them. An object that changes tells its listeners: tasks that need it as an input, `get` and
 * `wait` calls that wait for it.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { INLINE_BYTES } from '#shared/protocol/limits.ts';
import type { PullPriority } from '../object-manager/ports.ts';
import type { LocalObject, ObjectListener } from './entries.ts';
import { moveObject } from './local-object-state.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** What becomes of the values that the GCS counts on this node for: see `cold-desk.ts`. */
export interface StoreWatch {
  /** The value is in memory. */
  arrived(object: LocalObject): void;
  /** It was asked for. */
  used(object: LocalObject): void;
  /** It is of no use any more: it is to be forgotten, or another takes its place. */
  dropped(object: LocalObject): void;
  /** It is needed in memory again; told by {@link LocalObjects.setRestored}. */
  restore(object: LocalObject): void;
}

/** What an object table asks for. */
export interface LocalObjectHooks {
  /** The object is made elsewhere: ask the server to tell when it can be had. */
  want(key: ObjectKey): void;
  /** The value is on another node and is needed here. */
  fetch(object: LocalObject, priority: PullPriority): void;
  /** It is on its way here, and somebody else needs it. */
  hasten(object: LocalObject, priority: PullPriority): void;
  /** Tells the worker that made or submitted the object. */
  tellOwner(object: LocalObject): void;
  /** True if a task of this node is to make it. */
  isMadeHere(key: ObjectKey): boolean;
  readonly store: StoreWatch;
}

/** All objects of a node. */
export class LocalObjects {
  readonly #objects = new Map<ObjectKey, LocalObject>();
  readonly #hooks: LocalObjectHooks;
  /** Bytes of large copies in this node's memory. */
  storedBytes = 0;

  constructor(hooks: LocalObjectHooks) {
    this.#hooks = hooks;
  }

  get count(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): LocalObject | undefined {
    return this.#objects.get(key);
  }

  all(): IterableIterator<LocalObject> {
    return this.#objects.values();
  }

  /** The object, made known if it was not. */
  obtain(key: ObjectKey): LocalObject {
    let object = this.#objects.get(key);
    if (!object) {
      object = {
        key,
        status: 'pending',
        sizeBytes: 0,
        value: undefined,
        memory: undefined,
        nested: [],
        owner: undefined,
        readers: undefined,
        uses: 0,
        listeners: undefined,
        kept: false,
        wanted: false,
        isUnsure: false,
        fetching: false,
        restoring: false,
        cold: 'no',
      };
      this.#objects.set(key, object);
    }
    return object;
  }

  /** One more use of the object here. */
  use(object: LocalObject): void {
    object.uses += 1;
    this.touch(object);
  }

  /** The value was asked for: it leaves memory later than those that were not. */
  touch(object: LocalObject): void {
    if (object.kept) this.#hooks.store.used(object);
  }

  /** One use less; an object of no use is forgotten unless its copy is the GCS's to drop. */
  unuse(object: LocalObject): void {
    object.uses -= 1;
    if (object.uses <= 0) this.forgetUnused(object);
  }

  /** @param kept the GCS counts on this copy: the value is in no record */
  setInline(object: LocalObject, value: Uint8Array, nested: ObjectKey[], kept = false): void {
    this.#dropValue(object);
    moveObject(object, 'inline');
    object.value = value;
    object.sizeBytes = value.length;
    object.nested = nested;
    if (kept) this.#keep(object);
    this.#changed(object);
  }

  /**
   * What is set next is not to be seen here until the server has taken it, or says something of the object. It may refer to what
   * only an attempt made that is not believed: whoever read it would have read nonsense (rule L5).
   */
  hide(object: LocalObject): void {
    object.isUnsure = true;
  }

  /** The server has the result, and has not refused it. */
  sure(key: ObjectKey): void {
    const object = this.#objects.get(key);
    if (object?.isUnsure !== true) return;
    object.isUnsure = false;
    this.#changed(object);
  }

  /** The server has another result, or none. */
  refuse(object: LocalObject): void {
    if (!object.isUnsure) return;
    object.isUnsure = false;
    this.#dropValue(object);
  }

  setLocal(object: LocalObject, memory: Attachment, sizeBytes: number, nested: ObjectKey[]): void {
    this.#dropValue(object);
    this.storedBytes += sizeBytes;
    moveObject(object, 'local');
    object.memory = memory;
    object.sizeBytes = sizeBytes;
    object.nested = nested;
    this.#keep(object);
    this.#changed(object);
  }

  /** The value leaves memory; cold storage has it. Nobody waits for it, or it would have been handed over. */
  setSpilled(object: LocalObject): void {
    this.#freeMemory(object);
    moveObject(object, 'spilled');
  }

  /** Cold storage has a value that an earlier life of this node kept, and the GCS counts on it. */
  setFound(object: LocalObject, sizeBytes: number, nested: ObjectKey[]): void {
    moveObject(object, 'pending');
    moveObject(object, 'spilled');
    object.cold = 'yes';
    object.kept = true;
    object.sizeBytes = sizeBytes;
    object.nested = nested;
    this.#changed(object);
  }

  /** A spilled value is in memory again. Its owner is not told: it was when the value came, and may have no use for it. */
  setRestored(object: LocalObject, bytes: Attachment): void {
    if (object.sizeBytes > INLINE_BYTES) {
      this.storedBytes += object.sizeBytes;
      moveObject(object, 'local');
      object.memory = bytes;
    } else {
      moveObject(object, 'inline');
      object.value = new Uint8Array(bytes);
    }
    this.#tellListeners(object, false);
  }

  /** A worker has the value, too: it is told when that leaves memory. */
  share(object: LocalObject, worker: WorkerEntry): void {
    if (object.kept) (object.readers ??= new Set()).add(worker);
  }

  #keep(object: LocalObject): void {
    object.kept = true;
    this.#hooks.store.arrived(object);
  }

  /** Forgets what nobody here has a use for, unless there is still word of it to come. */
  forgetUnused(object: LocalObject): void {
    if (object.uses > 0 || object.kept || object.fetching) return;
    if (object.status === 'pending' && (object.wanted || this.#hooks.isMadeHere(object.key))) return;
    if (this.#objects.get(object.key) === object) this.#objects.delete(object.key);
  }

  setRemote(object: LocalObject, sizeBytes: number, nested: ObjectKey[]): void {
    if (object.status === 'local' || object.status === 'inline' || object.status === 'spilled') return;
    if (object.status === 'error') this.#dropValue(object);
    moveObject(object, 'remote');
    object.sizeBytes = sizeBytes;
    object.nested = nested;
    this.#changed(object);
  }

  setError(object: LocalObject, error: Uint8Array): void {
    this.#dropValue(object);
    moveObject(object, 'error');
    object.value = error;
    object.sizeBytes = error.length;
    this.#changed(object);
  }

  /** A copy that could not be fetched: the server is asked where the object is now. */
  lostTrack(object: LocalObject): void {
    moveObject(object, 'pending');
    object.wanted = false;
    if (object.uses > 0) this.awaitObject(object);
    else this.forgetUnused(object);
  }

  /** A task that was to make the object here goes elsewhere: whoever waits for it here has to hear from there. */
  madeElsewhere(key: ObjectKey): void {
    const object = this.#objects.get(key);
    if (object?.status === 'pending') this.lostTrack(object);
  }

  /**
   * Drops the copy: it is not the accepted one, or nobody anywhere holds the object. Its record stays as long as it is
   * of use here, or its users would count on one that is no longer found; whoever needs the value asks again.
   */
  drop(key: ObjectKey): void {
    const object = this.#objects.get(key);
    if (!object) return;
    if (object.isUnsure) {
      this.refuse(object);
      this.lostTrack(object);
      return;
    }
    const isLarge = object.status === 'local' || object.status === 'spilled';
    if (isLarge) this.#dropValue(object);
    else this.#unkeep(object);
    if (isLarge || object.fetching) {
      moveObject(object, 'pending');
      object.wanted = false;
    }
    this.forgetUnused(object);
  }

  /** A value takes the place of what is here, or nothing does. */
  #dropValue(object: LocalObject): void {
    this.#unkeep(object);
    this.#freeMemory(object);
    moveObject(object, 'pending');
  }

  #unkeep(object: LocalObject): void {
    if (!object.kept) return;
    object.kept = false;
    object.readers = undefined;
    this.#hooks.store.dropped(object);
  }

  #freeMemory(object: LocalObject): void {
    object.value = undefined;
    if (object.memory === undefined) return;
    this.storedBytes -= object.sizeBytes;
    object.memory = undefined;
  }

  /** True if the value, or the error, is on this node. */
  isHere(object: LocalObject): boolean {
    return !object.isUnsure && (object.status === 'inline' || object.status === 'local' || object.status === 'error');
  }

  /** True if the GCS counts on a copy that is here, in memory or in cold storage. */
  hasCopy({ kept, isUnsure, status }: LocalObject): boolean {
    return kept && !isUnsure && (status === 'inline' || status === 'local' || status === 'spilled');
  }

  /** Asks for news of an object that is not being made on this node. */
  awaitObject(object: LocalObject): void {
    if (object.status !== 'pending' || object.wanted) return;
    object.wanted = true;
    this.#hooks.want(object.key);
  }

  /** True if the value has to be brought before it can be used: from another node, or from cold storage. */
  isAway(object: LocalObject): boolean {
    return !object.isUnsure && (object.status === 'remote' || object.status === 'spilled');
  }

  /** Brings a value into this node's memory. */
  bring(object: LocalObject, priority: PullPriority): void {
    if (object.status === 'spilled' && !object.restoring) this.#hooks.store.restore(object);
    if (object.status !== 'remote') return;
    if (object.fetching) {
      this.#hooks.hasten(object, priority);
      return;
    }
    object.fetching = true;
    this.#hooks.fetch(object, priority);
  }

  listen(object: LocalObject, listener: ObjectListener): void {
    object.listeners ??= new Set();
    object.listeners.add(listener);
  }

  unlisten(object: LocalObject, listener: ObjectListener): void {
    object.listeners?.delete(listener);
    if (object.listeners?.size === 0) object.listeners = undefined;
  }

  #changed(object: LocalObject): void {
    if (object.isUnsure) return;
    // First the value, then the word that it is there.
    if (object.owner) this.#hooks.tellOwner(object);
    this.#tellListeners(object, true);
  }

  #tellListeners(object: LocalObject, ownerKnows: boolean): void {
    if (!object.listeners) return;
    // Listeners leave while they are told, and may come back for the next change.
    for (const listener of [...object.listeners]) listener.objectChanged(object, ownerKnows);
  }
}
