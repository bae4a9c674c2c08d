/**
 * The objects a node knows: values that are here, values being made, values elsewhere (rules O2, O3).
 *
 * The GCS decides how long an object lives. What is kept here is what the node has some use for, and large copies until
 * the GCS says to drop them. An object that changes tells its listeners: tasks that need it as an input, `get` and
 * `wait` calls that wait for it.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import type { LocalObject, ObjectListener } from './entries.ts';

/** What an object table asks for. */
export interface LocalObjectHooks {
  /** The object is made elsewhere: ask the server to tell when it can be had. */
  want(key: ObjectKey): void;
  /** The value is on another node and is needed here. */
  fetch(object: LocalObject): void;
  /** Tells the worker that made or submitted the object. */
  tellOwner(object: LocalObject): void;
  /** True if a task of this node is to make it. */
  isMadeHere(key: ObjectKey): boolean;
}

/** All objects of a node. */
export class LocalObjects {
  readonly #objects = new Map<ObjectKey, LocalObject>();
  readonly #hooks: LocalObjectHooks;
  /** Bytes of large copies kept here. */
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
        uses: 0,
        listeners: undefined,
        kept: false,
        wanted: false,
        fetching: false,
      };
      this.#objects.set(key, object);
    }
    return object;
  }

  /** One more use of the object here. */
  use(object: LocalObject): void {
    object.uses += 1;
  }

  /** One use less; an object of no use is forgotten unless its copy is the GCS's to drop. */
  unuse(object: LocalObject): void {
    object.uses -= 1;
    if (object.uses <= 0) this.forgetUnused(object);
  }

  setInline(object: LocalObject, value: Uint8Array, nested: ObjectKey[]): void {
    this.#dropMemory(object);
    object.status = 'inline';
    object.value = value;
    object.sizeBytes = value.length;
    object.nested = nested;
    this.#changed(object);
  }

  setLocal(object: LocalObject, memory: Attachment, sizeBytes: number, nested: ObjectKey[]): void {
    this.#dropMemory(object);
    this.storedBytes += sizeBytes;
    object.status = 'local';
    object.kept = true;
    object.memory = memory;
    object.sizeBytes = sizeBytes;
    object.nested = nested;
    this.#changed(object);
  }

  /** Forgets what nobody here has a use for, unless there is still word of it to come. */
  forgetUnused(object: LocalObject): void {
    if (object.uses > 0 || object.kept || object.fetching) return;
    if (object.status === 'pending' && (object.wanted || this.#hooks.isMadeHere(object.key))) return;
    if (this.#objects.get(object.key) === object) this.#objects.delete(object.key);
  }

  setRemote(object: LocalObject, sizeBytes: number, nested: ObjectKey[]): void {
    if (object.status === 'local' || object.status === 'inline') return;
    object.status = 'remote';
    object.sizeBytes = sizeBytes;
    object.nested = nested;
    this.#changed(object);
  }

  setError(object: LocalObject, error: Uint8Array): void {
    this.#dropMemory(object);
    object.status = 'error';
    object.value = error;
    object.sizeBytes = error.length;
    this.#changed(object);
  }

  /** A copy that could not be fetched: the server is asked where the object is now. */
  lostTrack(object: LocalObject): void {
    object.status = 'pending';
    object.wanted = false;
    if (object.uses > 0) this.awaitObject(object);
    else this.forgetUnused(object);
  }

  /**
   * Drops the copy: it is not the accepted one, or nobody anywhere holds the object. Its record stays as long as it is
   * of use here, or its users would count on one that is no longer found; whoever needs the value asks again.
   */
  drop(key: ObjectKey): void {
    const object = this.#objects.get(key);
    if (!object) return;
    object.kept = false;
    if (object.status === 'local' || object.fetching) {
      this.#dropMemory(object);
      object.status = 'pending';
      object.wanted = false;
    }
    this.forgetUnused(object);
  }

  #dropMemory(object: LocalObject): void {
    if (object.memory === undefined) return;
    this.storedBytes -= object.sizeBytes;
    object.memory = undefined;
  }

  /** True if the value, or the error, is on this node. */
  isHere(object: LocalObject): boolean {
    return object.status === 'inline' || object.status === 'local' || object.status === 'error';
  }

  /** Asks for news of an object that is not being made on this node. */
  awaitObject(object: LocalObject): void {
    if (object.status !== 'pending' || object.wanted) return;
    object.wanted = true;
    this.#hooks.want(object.key);
  }

  /** Brings a remote value here. */
  bring(object: LocalObject): void {
    if (object.status !== 'remote' || object.fetching) return;
    object.fetching = true;
    this.#hooks.fetch(object);
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
    // First the value, then the word that it is there.
    if (object.owner) this.#hooks.tellOwner(object);
    if (!object.listeners) return;
    // Listeners leave while they are told, and may come back for the next change.
    for (const listener of [...object.listeners]) listener.objectChanged(object);
  }
}
