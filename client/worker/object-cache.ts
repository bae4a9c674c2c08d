/**
 * The objects that a worker or driver has some business with: submitted and not yet finished, referred to, or wanted by a
 * `get`. Values stay encoded; a program that holds a million results decodes only those it asks for. One small record
 * per object, because there may be a million of them.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';

/** Where an object stands. */
export const OBJECT_STATE = {
  /** No word of it yet. */
  pending: 0,
  /** `value` holds its bytes. */
  inline: 1,
  /** It is ready; `memory` holds its bytes if they are on this node. */
  stored: 2,
  /** `value` holds the encoded error. */
  error: 3,
  /** Never sent, because the code it needs could not be had: `failure` says why. */
  failed: 4,
} as const;

/** Something that waits for objects. */
export interface ObjectWaiter {
  objectChanged(key: ObjectKey, entry: ObjectEntry): void;
}

/** Counts unfinished calls, for the bound of an actor handle. */
export interface CallBound {
  pendingCalls: number;
}

const NO_KEYS: readonly ObjectKey[] = [];

/** One object. */
export class ObjectEntry {
  state: number = OBJECT_STATE.pending;
  value: Uint8Array | undefined;
  memory: Attachment | undefined;
  failure: Error | undefined;
  nested: readonly ObjectKey[] = NO_KEYS;
  sizeBytes = 0;
  /** Bytes of the arguments of an own submission that has not finished; -1 for objects of others. */
  pendingBytes = -1;
  /** Reference objects in this program, and runs that will read it as an argument. */
  uses = 0;
  /** Sent ahead of a run that reads it. */
  isArgument = false;
  /** Calls that are about to read the value: it stays for them. */
  reads = 0;
  /** The node let go of the value; so shall this program, once nobody is about to read it. */
  isLetGo = false;
  waiters: ObjectWaiter[] | undefined;
  bound: CallBound | undefined;

  /** A value or an error is there, perhaps on another node. */
  get isReady(): boolean {
    return this.state !== OBJECT_STATE.pending;
  }

  /** The value or the error is here. */
  get isHere(): boolean {
    return this.isReady && (this.state !== OBJECT_STATE.stored || this.memory !== undefined);
  }

  get isError(): boolean {
    return this.state === OBJECT_STATE.error || this.state === OBJECT_STATE.failed;
  }
}

/** Keys in one page; a page of a lone object costs 2 KB. */
const PAGE_KEYS = 256;

interface Page {
  readonly entries: (ObjectEntry | undefined)[];
  used: number;
}

/**
 * Entries by key. A program's keys are consecutive, so they lie in pages, found by the page used last or by one look-up
 * of a page number: a `Map` by key takes 0.3 µs per access at a million entries (its keys are no small integers), and
 * 40 bytes more per entry.
 */
class EntryPages {
  readonly #pages = new Map<number, Page>();
  #lastNumber = -1;
  #last: Page | undefined;
  count = 0;

  find(key: ObjectKey): ObjectEntry | undefined {
    const number = Math.floor(key / PAGE_KEYS);
    return this.#page(number)?.entries[key - number * PAGE_KEYS];
  }

  set(key: ObjectKey, entry: ObjectEntry): void {
    const number = Math.floor(key / PAGE_KEYS);
    let page = this.#page(number);
    if (page === undefined) {
      page = { entries: new Array<ObjectEntry | undefined>(PAGE_KEYS).fill(undefined), used: 0 };
      this.#pages.set(number, page);
      this.#last = page;
    }
    const place = key - number * PAGE_KEYS;
    if (page.entries[place] === undefined) {
      page.used += 1;
      this.count += 1;
    }
    page.entries[place] = entry;
  }

  delete(key: ObjectKey): void {
    const number = Math.floor(key / PAGE_KEYS);
    const page = this.#page(number);
    const place = key - number * PAGE_KEYS;
    if (page?.entries[place] === undefined) return;
    page.entries[place] = undefined;
    page.used -= 1;
    this.count -= 1;
    if (page.used > 0) return;
    this.#pages.delete(number);
    this.#last = undefined;
  }

  #page(number: number): Page | undefined {
    if (number !== this.#lastNumber || this.#last === undefined) {
      this.#last = this.#pages.get(number);
      this.#lastNumber = number;
    }
    return this.#last;
  }
}

/** All objects known here, and how much of what was submitted is unfinished. */
export class ObjectCache {
  readonly #entries = new EntryPages();
  /** Own submissions without a result. */
  pendingTasks = 0;
  /** Bytes of their arguments. */
  pendingBytes = 0;

  get size(): number {
    return this.#entries.count;
  }

  find(key: ObjectKey): ObjectEntry | undefined {
    return this.#entries.find(key);
  }

  obtain(key: ObjectKey): ObjectEntry {
    let entry = this.#entries.find(key);
    if (entry === undefined) {
      entry = new ObjectEntry();
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** A submission of this program; its result will arrive unasked. */
  addSubmission(key: ObjectKey, argsBytes: number): ObjectEntry {
    const entry = new ObjectEntry();
    entry.pendingBytes = argsBytes;
    this.#entries.set(key, entry);
    this.pendingTasks += 1;
    this.pendingBytes += argsBytes;
    return entry;
  }

  /** The entry's state changed: settles an own submission, tells who waits. */
  changed(key: ObjectKey, entry: ObjectEntry): void {
    if (entry.pendingBytes >= 0) {
      this.pendingTasks -= 1;
      this.pendingBytes -= entry.pendingBytes;
      entry.pendingBytes = -1;
      if (entry.bound !== undefined) entry.bound.pendingCalls -= 1;
      entry.bound = undefined;
    }
    const waiters = entry.waiters;
    if (waiters !== undefined) for (const waiter of waiters.slice()) waiter.objectChanged(key, entry);
    this.tidy(key, entry);
  }

  /** The values of these are about to be read, once all of them are here. */
  beginRead(keys: readonly ObjectKey[]): void {
    for (const key of keys) {
      const entry = this.#entries.find(key);
      if (entry !== undefined) entry.reads += 1;
    }
  }

  /** They were read, or will not be. */
  endRead(keys: readonly ObjectKey[]): void {
    for (const key of keys) {
      const entry = this.#entries.find(key);
      if (entry === undefined || entry.reads === 0) continue;
      entry.reads -= 1;
      if (entry.isLetGo) this.#letGo(entry);
    }
  }

  /** The node has no memory left for this value: it is to be asked for when it is needed. */
  letGo(key: ObjectKey): void {
    const entry = this.#entries.find(key);
    if (entry === undefined || entry.isError || !entry.isReady) return;
    entry.isLetGo = true;
    this.#letGo(entry);
  }

  #letGo(entry: ObjectEntry): void {
    if (entry.reads > 0) return;
    entry.isLetGo = false;
    entry.state = OBJECT_STATE.stored;
    entry.value = undefined;
    entry.memory = undefined;
  }

  /** Forgets the object if nothing here needs it; an unfinished submission stays until its result has been counted. */
  tidy(key: ObjectKey, entry: ObjectEntry): void {
    if (entry.uses <= 0 && !entry.isArgument && entry.waiters === undefined && entry.pendingBytes < 0)
      this.#entries.delete(key);
  }

  addWaiter(entry: ObjectEntry, waiter: ObjectWaiter): void {
    if (entry.waiters === undefined) entry.waiters = [waiter];
    else entry.waiters.push(waiter);
  }

  removeWaiter(key: ObjectKey, waiter: ObjectWaiter): void {
    const entry = this.#entries.find(key);
    const waiters = entry?.waiters;
    if (entry === undefined || waiters === undefined) return;
    const index = waiters.indexOf(waiter);
    if (index < 0) return;
    if (waiters.length === 1) entry.waiters = undefined;
    else waiters.splice(index, 1);
    this.tidy(key, entry);
  }
}
