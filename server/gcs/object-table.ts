/**
 * The object table: which objects there are, who holds them, which nodes have a copy, who waits for them (rules O1–O3).
 *
 * Freeing is a queue, not a recursion: an object whose last holder left is looked at again at the end of the step, so a
 * holder that arrives with the same step keeps it, and a long chain of containers cannot overflow the stack.
 */
import { MAX_SESSION_NUMBER, type ObjectKey } from '#shared/ids/object-key.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import { CorruptCopies } from './corrupt-copies.ts';
import type { ObjectRecord, SessionRecord, TaskRecord } from './entities.ts';
import { addHolder, containerHolder, isHeld, removeHolder } from './holders.ts';
import { moveObject } from './lives.ts';
import { endVersion, isPresentVersion, noteDigest, noteManifest, startVersion } from './object-versions.ts';
import type { GcsState } from './state.ts';
import { FREED } from './system-errors.ts';
import { TransferBook } from './transfer-book.ts';

const NO_BYTES = new Uint8Array(0);

/** How an object came to be, for {@link ObjectTable.create}. */
export interface ObjectOrigin {
  /** For a put the task that put it (0: a driver), else -1. */
  readonly maker: ObjectKey;
  readonly k: number;
  readonly digest: Uint8Array;
}

/** A value as a node reported it. */
export interface ReportedValue {
  readonly sizeBytes: number;
  /** Empty if the value stays in the node's store. */
  readonly value: Uint8Array;
  readonly nested: readonly ObjectKey[];
}

const TASK_RESULT: ObjectOrigin = { maker: -1, k: 0, digest: NO_BYTES };

/** What the object table needs of the tables above it. */
export interface ObjectTableOwner {
  /** A task that waited for its last missing input can run now. */
  inputReady(task: TaskRecord): void;
  /** The object is needed and no copy is left: make it again, or give it up. */
  rebuild(object: ObjectRecord): void;
  /** Nobody can need the record of this task any more. */
  forgetTask(task: TaskRecord): void;
}

/** All objects of the cluster. */
export class ObjectTable {
  /** Who brings what from where. */
  readonly transfers: TransferBook;
  readonly corrupt: CorruptCopies;
  readonly #state: GcsState;
  readonly #owner: ObjectTableOwner;
  readonly #unheld: ObjectRecord[] = [];
  /** Objects that came in the grace; some of them before the record that makes them. */
  readonly #named: ObjectRecord[] = [];

  constructor(state: GcsState, owner: ObjectTableOwner) {
    this.#state = state;
    this.#owner = owner;
    this.transfers = new TransferBook(state, (object, session) => this.#isBelieved(object, session));
    this.corrupt = new CorruptCopies(state, (object, session) => this.refuseCopy(object, session));
  }

  /** A new object without a value. */
  create(key: ObjectKey, origin: ObjectOrigin = TASK_RESULT): ObjectRecord {
    const object: ObjectRecord = {
      key,
      status: 'pending',
      sizeBytes: 0,
      value: undefined,
      nested: [],
      formerNested: undefined,
      ...origin,
      id: undefined,
      versionDigest: undefined,
      manifestDigest: undefined,
      source: 0,
      firstHolder: 0,
      moreHolders: undefined,
      locations: undefined,
      privateCopies: undefined,
      wants: undefined,
      waiters: undefined,
      lineageRefs: 0,
      keepsMaker: false,
      // An object of the same key may just have been taken away and its row not be deleted yet.
      onDisk: this.#state.dirty.objects.has(key),
    };
    this.#state.objects.set(key, object);
    this.#state.touch(object);
    if (this.#state.grace) this.#named.push(object);
    return object;
  }

  /**
   * The object that a submission or a put makes. After a restart others may have named it before its maker's records
   * came again: then the placeholder with its holders and waiters becomes the object.
   */
  claim(key: ObjectKey, origin: ObjectOrigin = TASK_RESULT): ObjectRecord {
    const placeholder = this.#state.objects.get(key);
    if (!placeholder) return this.create(key, origin);
    placeholder.maker = origin.maker;
    placeholder.k = origin.k;
    placeholder.digest = origin.digest;
    return placeholder;
  }

  /** What was named in the grace and that nobody made (see {@link isPlaceholder}); each is given once. */
  takePlaceholders(): ObjectRecord[] {
    return this.#named
      .splice(0)
      .filter((object) => this.#state.objects.get(object.key) === object && this.isPlaceholder(object));
  }

  /** True for an object that was named before the record that makes it has come. */
  isPlaceholder(object: ObjectRecord): boolean {
    return object.status === 'pending' && object.maker < 0 && !this.#state.tasks.has(object.key);
  }

  /**
   * Adds a holder. A session's, a task's and an actor's entries are listed with it too, so that all of them can leave
   * with it; the inputs of a task are not (its record names them). Returns false if it was a holder already.
   */
  hold(object: ObjectRecord, holder: number): boolean {
    if (!addHolder(object, holder)) return false;
    this.#state.touch(object);
    if (holder < 0) return true;
    if (holder <= MAX_SESSION_NUMBER) this.#state.sessions.get(holder)?.holdings.set(object.key, object);
    else this.#state.holdingsOf(holder)?.set(object.key, object);
    return true;
  }

  /** A task needs this input. One that is not known was freed, or, after a restart, has not been told of again yet. */
  holdInput(key: ObjectKey, task: ObjectKey): void {
    let object = this.#state.object(key);
    if (!object) {
      object = this.create(key);
      if (!this.#state.grace) this.setError(object, FREED);
    }
    this.hold(object, task);
  }

  /** Takes a holder away; the object is freed at the end of the step if it was the last. */
  release(object: ObjectRecord, holder: number): void {
    if (removeHolder(object, holder)) this.#unheld.push(object);
    this.#state.touch(object);
    if (holder < 0) return;
    if (holder <= MAX_SESSION_NUMBER) this.#state.sessions.get(holder)?.holdings.delete(object.key);
    else this.#state.holdingsOf(holder)?.delete(object.key);
  }

  releaseKey(key: ObjectKey, holder: number): void {
    const object = this.#state.object(key);
    if (object) this.release(object, holder);
  }

  /** The object has a value now: tells everybody who waits. */
  setValue(object: ObjectRecord, session: SessionRecord, reported: ReportedValue): void {
    startVersion(object, session);
    this.transfers.versionChanged(object.key);
    object.sizeBytes = reported.sizeBytes;
    const former = [...object.nested, ...(object.formerNested ?? [])];
    // A value cannot contain itself: such an object would hold itself for ever.
    object.nested = reported.nested.filter((key) => key !== object.key);
    for (const key of object.nested) {
      const inner = this.#state.object(key);
      if (inner) this.hold(inner, containerHolder(object.key));
    }
    // A value made again may refer to other objects than the first one did. Who read the first one may be about to say that
    // it holds one of those: they stay as long as the container.
    const kept = former.filter((key) => !object.nested.includes(key));
    object.formerNested = kept.length > 0 ? [...new Set(kept)] : undefined;
    if (reported.value.length > 0) {
      moveObject(object, 'inline');
      // The bytes are a view of the frame they came in; a small copy keeps a large frame from staying alive.
      object.value = reported.value.slice();
    } else {
      moveObject(object, 'stored');
      this.#addLocation(object, session);
      this.#keepMaker(object);
    }
    this.#announce(object);
  }

  /**
   * This stays as long as the result does, although the result's value does not refer to it: another copy of the task made it,
   * and whoever read that copy's value on its own node may be about to ask for it.
   */
  keepWith(result: ObjectRecord, made: ObjectRecord): void {
    if (made === result || !this.isAvailable(result) || result.status === 'error') return;
    if (!this.hold(made, containerHolder(result.key))) return;
    (result.formerNested ??= []).push(made.key);
    this.#state.touch(result);
  }

  /** The object will never have a value; whoever asks gets this error. */
  setError(object: ObjectRecord, error: Uint8Array): void {
    startVersion(object, undefined);
    moveObject(object, 'error');
    object.value = error.slice();
    object.sizeBytes = error.length;
    this.#dropCopies(object);
    this.#announce(object);
  }

  /** A copy is now on this node. */
  addCopy(object: ObjectRecord, session: SessionRecord, sizeBytes: number): void {
    const isStale = this.transfers.isStale(object.key, session.id);
    this.transfers.over(object.key, session.id);
    if (isStale) {
      this.#tellDrop(object, session);
      return;
    }
    // What has no value yet gets it from its own task's result, not from somebody who says he has it (rule L5).
    const isUseless = object.status === 'inline' || object.status === 'error' || object.status === 'pending';
    if (isUseless || !this.#isBelieved(object, session)) {
      this.#addPrivateCopy(object, session);
      return;
    }
    if (object.status !== 'stored') {
      if (object.status === 'freed' && !isHeld(object)) {
        this.#tellDrop(object, session);
        return;
      }
      startVersion(object, session);
      moveObject(object, 'stored');
      object.sizeBytes = sizeBytes;
      this.#addLocation(object, session);
      this.#announce(object);
      return;
    }
    // After a restart nobody has it until a node says so: who waited is told now.
    const found = !this.isAvailable(object);
    this.#addLocation(object, session);
    if (found) this.#announce(object);
  }

  /** What comes from a stranger's node may have been changed there: only a task that trusts strangers vouches for it. */
  #isBelieved(object: ObjectRecord, session: SessionRecord): boolean {
    return session.trusted || this.makerOf(object)?.options.options.trust === 'unchecked';
  }

  /** A node has a copy for its own use: it is told when the object is gone, and nobody gets it from there. */
  #addPrivateCopy(object: ObjectRecord, session: SessionRecord): void {
    // A pending one may be about to have its value from this very node, which is heard again after a start of the server.
    const mayKeep = object.status === 'stored' || (object.status === 'pending' && session.trusted);
    if (!mayKeep) {
      this.#tellDrop(object, session);
      return;
    }
    object.privateCopies ??= new Set();
    object.privateCopies.add(session.id);
    session.copies.add(object.key);
  }

  /** A node tells the digest of its copy (rule M4). */
  tellDigest(object: ObjectRecord, session: SessionRecord, sizeBytes: number, digest: Uint8Array): void {
    if (noteDigest(object, session, sizeBytes, digest)) this.#state.touch(object);
  }

  /** A node tells the digest of its copy's manifest. A copy of another version is none (rule O1). */
  tellManifest(object: ObjectRecord, session: SessionRecord, sizeBytes: number, digest: Uint8Array): void {
    const word = noteManifest(object, session, sizeBytes, digest);
    if (word === 'new') this.#state.touch(object);
    if (word === 'other') this.refuseCopy(object, session);
  }

  /** What a node has is not the object: it drops it. */
  refuseCopy(object: ObjectRecord, session: SessionRecord): void {
    this.#tellDrop(object, session);
    this.removeCopy(object, session);
  }

  /** A node has a copy from an earlier life: it counts if it is of the present version. Else the node may drop it. */
  found(key: ObjectKey, session: SessionRecord, sizeBytes: number, digest: Uint8Array): void {
    const object = this.#state.objects.get(key);
    if (object && isPresentVersion(object, sizeBytes, digest)) {
      if (!session.trusted) object.source = session.id;
      this.addCopy(object, session, sizeBytes);
    } else {
      this.#state.ports.command(session, { kind: 'dropCopy', object: key });
    }
  }

  /** A copy is gone. If it was the last and somebody needs the object, it is made again. */
  removeCopy(object: ObjectRecord, session: SessionRecord): void {
    if (this.#uncount(object, session)) this.#rebuildIfNeeded(object);
  }

  /** A node has lost what it had under one key. Under others it may still have it, and nobody would know: it drops that. */
  copyLost(object: ObjectRecord, session: SessionRecord, lost: ObjectKey): void {
    // It counts no more when the node is told to drop it, and is not made again before that.
    const wasCounted = this.#uncount(object, session);
    for (const key of this.#state.keysAt(session.id, object.key))
      if (key !== lost) this.#state.ports.command(session, { kind: 'dropCopy', object: key });
    if (wasCounted) this.#rebuildIfNeeded(object);
  }

  #uncount(object: ObjectRecord, session: SessionRecord): boolean {
    session.copies.delete(object.key);
    object.privateCopies?.delete(session.id);
    const wasCounted = object.locations?.delete(session.id) === true;
    if (wasCounted) this.#state.touch(object);
    return wasCounted;
  }

  #rebuildIfNeeded(object: ObjectRecord): void {
    if (object.locations?.size === 0 && this.#isNeeded(object)) this.#owner.rebuild(object);
  }

  /** True if the value can be had now. */
  isAvailable(object: ObjectRecord): boolean {
    if (object.status === 'inline' || object.status === 'error') return true;
    return object.status === 'stored' && object.locations !== undefined && object.locations.size > 0;
  }

  /** Tells a session about the object as soon as it can be had, under the key it asked with. */
  want(object: ObjectRecord, session: SessionRecord, key: ObjectKey): void {
    if (this.isAvailable(object)) {
      this.#tell(object, session, key);
      return;
    }
    object.wants ??= [];
    if (!object.wants.some((want) => want.session === session.id && want.key === key))
      object.wants.push({ session: session.id, key });
    this.ensure(object);
  }

  /** Sees to it that an object which was lost or freed is made again. */
  ensure(object: ObjectRecord): void {
    if (object.status === 'freed' || (object.status === 'stored' && !this.isAvailable(object)))
      this.#owner.rebuild(object);
  }

  /** A task waits for this input; it is told through `inputReady`. */
  addWaiter(object: ObjectRecord, task: TaskRecord): void {
    object.waiters ??= new Set();
    object.waiters.add(task);
    this.ensure(object);
  }

  /** Describes an input to the node that will run a task. */
  tell(object: ObjectRecord, session: SessionRecord): void {
    this.#tell(object, session, object.key);
  }

  /** A session that ended neither holds, nor has, nor wants anything. */
  removeSession(session: SessionRecord): void {
    this.transfers.disconnected(session.id);
    for (const key of [...session.holdings.keys()]) this.releaseKey(key, session.id);
    session.holdings.clear();
    for (const key of [...session.copies]) {
      const object = this.#state.objects.get(key);
      if (object) this.removeCopy(object, session);
    }
    session.copies.clear();
  }

  /** Frees what lost its last holder in this step. */
  settle(): void {
    for (let object = this.#unheld.pop(); object; object = this.#unheld.pop()) {
      if (this.#state.objects.get(object.key) === object && !isHeld(object)) this.#free(object);
    }
  }

  /** Looks again at an object that nobody may hold: after its task ended, or a lineage was dropped. */
  reconsider(object: ObjectRecord): void {
    if (!isHeld(object)) this.#unheld.push(object);
  }

  #free(object: ObjectRecord): void {
    const task = this.#state.tasks.get(object.key);
    // A task that nobody waits for still has to run; its result is freed when it comes.
    if (object.status === 'pending' && task && task.state !== 'finished') return;
    if (task && task.state !== 'finished' && object.waiters?.size) return;
    // A small value costs less to keep than to compute again for a task that may have to run again.
    const maker = object.maker >= 0 ? object.maker : (task?.parent ?? 0);
    const isNamed = this.#state.histories.names(maker, object.key);
    if ((object.lineageRefs > 0 || isNamed) && (object.status === 'inline' || object.status === 'error')) return;
    this.#dropCopies(object);
    for (const key of [...object.nested, ...(object.formerNested ?? [])])
      this.releaseKey(key, containerHolder(object.key));
    object.nested = [];
    object.formerNested = undefined;
    object.value = undefined;
    endVersion(object);
    // What never had a value was only named: it just goes.
    if (object.status !== 'pending') moveObject(object, 'freed');
    this.#tellFreed(object);
    this.#state.touch(object);
    if (object.lineageRefs === 0 && !isNamed) this.#remove(object);
  }

  #remove(object: ObjectRecord): void {
    const maker = this.makerOf(object);
    const own = this.#state.tasks.get(object.key);
    this.#state.objects.delete(object.key);
    this.transfers.forget(object.key);
    this.#state.dropped(object);
    this.#state.dropAliases(object.key);
    if (object.keepsMaker && maker) {
      maker.lineageOf -= 1;
      this.#owner.forgetTask(maker);
    }
    // A child's record may have stayed only so that its result could be found by name.
    if (own && own !== maker) this.#owner.forgetTask(own);
    else if (own && !object.keepsMaker) this.#owner.forgetTask(own);
  }

  /** A stored value can be lost: the record of the task that can make it again stays as long as the object does. */
  #keepMaker(object: ObjectRecord): void {
    if (object.keepsMaker) return;
    const maker = this.makerOf(object);
    if (!maker) return;
    object.keepsMaker = true;
    maker.lineageOf += 1;
  }

  /** A kept task has this object among its inputs (rule L4). */
  addLineageRef(key: ObjectKey): void {
    const object = this.#state.object(key);
    if (object) object.lineageRefs += 1;
  }

  removeLineageRef(key: ObjectKey): void {
    const object = this.#state.object(key);
    if (!object) return;
    object.lineageRefs -= 1;
    if (object.lineageRefs === 0) this.reconsider(object);
  }

  /** The task that can make the object again, if its record is kept. */
  makerOf(object: ObjectRecord): TaskRecord | undefined {
    if (object.maker === 0) return undefined;
    return object.maker > 0 ? this.#state.task(object.maker) : this.#state.tasks.get(object.key);
  }

  #isNeeded(object: ObjectRecord): boolean {
    return (
      (object.wants !== undefined && object.wants.length > 0) ||
      (object.waiters !== undefined && object.waiters.size > 0)
    );
  }

  #announce(object: ObjectRecord): void {
    this.#state.touch(object);
    const wants = object.wants;
    object.wants = undefined;
    for (const want of wants ?? []) {
      const session = this.#state.sessions.get(want.session);
      if (session && session.state !== 'dead') this.#tell(object, session, want.key);
    }
    const waiters = object.waiters;
    object.waiters = undefined;
    for (const task of waiters ?? []) {
      task.missing -= 1;
      if (task.missing === 0) this.#owner.inputReady(task);
    }
  }

  /** Who still waits for an object that was lost, and that nobody holds any more, waits in vain. */
  #tellFreed(object: ObjectRecord): void {
    for (const want of object.wants ?? []) {
      const session = this.#state.sessions.get(want.session);
      if (!session || session.state === 'dead') continue;
      const error = { status: OBJECT_STATUS.error, sizeBytes: FREED.length, value: FREED, nested: [] };
      this.#state.ports.command(session, { kind: 'object', object: want.key, ...error });
    }
    object.wants = undefined;
  }

  #tell(object: ObjectRecord, session: SessionRecord, key: ObjectKey): void {
    session.book?.name([object.key, ...object.nested]);
    const status =
      object.status === 'error'
        ? OBJECT_STATUS.error
        : object.status === 'inline'
          ? OBJECT_STATUS.inline
          : OBJECT_STATUS.stored;
    this.#state.ports.command(session, {
      kind: 'object',
      object: key,
      status,
      sizeBytes: object.sizeBytes,
      value: object.value ?? NO_BYTES,
      nested: [...object.nested],
    });
  }

  #addLocation(object: ObjectRecord, session: SessionRecord): void {
    object.locations ??= new Set();
    object.locations.add(session.id);
    object.privateCopies?.delete(session.id);
    session.copies.add(object.key);
    this.#state.touch(object);
  }

  #dropCopies(object: ObjectRecord): void {
    if (!object.locations && !object.privateCopies) return;
    for (const id of [...(object.locations ?? []), ...(object.privateCopies ?? [])]) {
      const session = this.#state.sessions.get(id);
      if (!session) continue;
      session.copies.delete(object.key);
      this.#tellDrop(object, session);
    }
    object.locations = undefined;
    object.privateCopies = undefined;
  }

  /** A node may drop its copy, under whichever key it has that. */
  #tellDrop(object: ObjectRecord, session: SessionRecord): void {
    if (session.state === 'dead') return;
    for (const key of this.#state.keysAt(session.id, object.key))
      this.#state.ports.command(session, { kind: 'dropCopy', object: key });
  }
}
