/**
 * What an earlier life of this node left in cold storage (rule M4): announced to the server by digest, and used once that
 * was heard of. Until then nothing of it is believed: the database of a browser outlives a cluster, and after a cluster was
 * set up anew the same keys name other objects. The server tells which copies it does not want before it acknowledges.
 */
import type { ColdRow, ColdStore } from '../object-store/cold-store.ts';
import { type ObjectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import type { ColdDesk } from './cold-desk.ts';
import type { Journal } from './journal.ts';
import type { LocalObjects } from './local-objects.ts';

interface Announced {
  readonly row: ColdRow;
  /** Number of the record that says so. */
  record: number;
  /** The row was written over by a value of this session. */
  isReplaced: boolean;
}

/** Copies that the server has not answered for. */
export class Inventory {
  readonly #store: ColdStore | undefined;
  readonly #journal: Journal;
  readonly #objects: () => LocalObjects;
  readonly #desk: ColdDesk;
  /** In the order of their records. */
  readonly #announced = new Map<ObjectKey, Announced>();
  #isClosed = false;

  constructor(store: ColdStore | undefined, journal: Journal, objects: () => LocalObjects, desk: ColdDesk) {
    this.#store = store;
    this.#journal = journal;
    this.#objects = objects;
    this.#desk = desk;
  }

  /** A new session has begun: announces what there is, then that this was all. */
  announce(session: number, flush: () => void): void {
    this.#store?.list((rows) => {
      if (this.#isClosed) return;
      for (const row of rows) this.#announceRow(row, session);
      this.#journal.append({ kind: 'succeeded' });
      flush();
    });
  }

  #announceRow(row: ColdRow, session: number): void {
    const object = this.#objects().get(row.key);
    if (object && object.cold !== 'no') return; // written meanwhile, by this session
    // A key of this very session, or one that has a value here already, names something else in this cluster.
    if (sessionOfKey(row.key) === session || object?.kept === true) this.#store?.delete(row.key);
    else this.#found({ row, record: 0, isReplaced: false });
  }

  #found(announced: Announced): void {
    const { key, sizeBytes, digest } = announced.row;
    this.#journal.append({ kind: 'found', object: key, sizeBytes, digest });
    this.#announced.delete(key);
    this.#announced.set(key, { ...announced, record: this.#journal.lastNumber });
  }

  /** A server that started anew may have forgotten its answers: announces again what it has not answered. */
  repeat(): void {
    for (const announced of [...this.#announced.values()]) if (!announced.isReplaced) this.#found(announced);
  }

  /** True if it may turn out that this node has the object. */
  has(key: ObjectKey): boolean {
    return this.#announced.get(key)?.isReplaced === false;
  }

  /** A value is about to be written under this key. */
  writing(key: ObjectKey): void {
    const announced = this.#announced.get(key);
    if (announced) announced.isReplaced = true;
  }

  /** The server does not want the copy. False if none of this name was announced. */
  refuse(key: ObjectKey): boolean {
    const announced = this.#announced.get(key);
    if (!announced) return false;
    this.#announced.delete(key);
    if (!announced.isReplaced) this.#store?.delete(key);
    return true;
  }

  /** The server has heard all records up to this number, and said what it does not want of them. */
  heard(record: number): void {
    for (const [key, announced] of this.#announced) {
      if (announced.record > record) return;
      this.#announced.delete(key);
      if (!announced.isReplaced) this.#accepted(announced.row);
    }
  }

  /** The session is void. */
  close(): void {
    this.#isClosed = true;
  }

  #accepted({ key, sizeBytes, nested }: ColdRow): void {
    const object = this.#objects().obtain(key);
    if (object.status === 'pending' || object.status === 'remote')
      this.#objects().setFound(object, sizeBytes, [...nested]);
    else if (object.kept && object.cold === 'no') this.#desk.covers(object);
    else this.#store?.delete(key);
  }
}
