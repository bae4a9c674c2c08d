/**
 * Cold storage of a browser: one IndexedDB database, through idb.
 *
 * A transaction costs as much as some ten values of 64 KB, so one at a time is under way and what is asked meanwhile goes
 * into the next one together. `relaxed` durability: what a power cut takes away is rebuilt like any lost copy. Digests are
 * computed by the platform, off this thread, before a value goes into its transaction. Values lie apart from their rows,
 * so that the rows can be read without them, once, when the database is opened.
 *
 * A database that cannot be opened, or fails later, takes nothing and has nothing: its user goes on with memory alone.
 */
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { ColdRow, ColdStore } from './cold-store.ts';

const VERSION = 1;
/** Bytes in one transaction: one that fails takes all of its writes with it. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
/** Part of the quota that is left to whatever else this origin stores. */
const QUOTA_SHARE = 0.8;
/** A database that is not open after so long is blocked, and may stay so for ever. */
const OPEN_LIMIT_MS = 10_000;

interface Schema extends DBSchema {
  rows: { key: ObjectKey; value: Omit<ColdRow, 'key'> };
  values: { key: ObjectKey; value: ArrayBuffer };
}

/** What the store needs of the platform. */
export interface IndexedDbPorts {
  readonly clock: Clock;
  /** The first 16 bytes of SHA-256. */
  digest(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
  /** Bytes the browser would still let this origin store; may reject. */
  quotaLeftBytes(): Promise<number>;
  /** Told when something fails, for logs. */
  onTrouble?(message: string): void;
}

const NO_DIGEST = new Uint8Array(0);

/** Something to write; without bytes: to remove. */
interface Write {
  readonly key: ObjectKey;
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  readonly nested: readonly ObjectKey[];
  readonly done: (digest: Uint8Array | undefined) => void;
  digest: Uint8Array;
  /** It is in a transaction; what is asked about its key now comes after it. */
  isUnderWay: boolean;
  isOver: boolean;
}

/** Removes a database, also one that a store of another tab uses: that store has nothing from then on. */
export async function eraseColdStore(name: string): Promise<void> {
  await deleteDB(name);
}

/** Values in IndexedDB. */
export class IndexedDbColdStore implements ColdStore {
  readonly #ports: IndexedDbPorts;
  readonly #opened: Promise<void>;
  #db: IDBPDatabase<Schema> | undefined;
  #hasFailed = false;
  /** Of what is in the database. */
  readonly #rows = new Map<ObjectKey, ColdRow>();
  #usedBytes = 0;
  /** The newest write of each key that is not in the database yet. */
  readonly #writes = new Map<ObjectKey, Write>();
  #reservedBytes = 0;
  /** Digested, in order. */
  #ready: Write[] = [];
  #isCommitting = false;
  #whenIdle: (() => void)[] = [];
  #gets: { key: ObjectKey; done: (bytes: ArrayBuffer | undefined) => void }[] = [];
  #limitBytes: number;
  /** Bytes that fit as far as the browser is concerned. */
  #quotaBytes = Infinity;

  /** Starts to open the database. What is asked before it is open waits. */
  constructor(name: string, limitBytes: number, ports: IndexedDbPorts) {
    this.#limitBytes = limitBytes;
    this.#ports = ports;
    this.#opened = this.#open(name);
  }

  get freeBytes(): number {
    if (this.#hasFailed) return 0;
    return Math.max(0, Math.min(this.#limitBytes, this.#quotaBytes) - this.#usedBytes - this.#reservedBytes);
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Takes more or less from now on. What is there stays. */
  setLimit(limitBytes: number): void {
    this.#limitBytes = limitBytes;
  }

  /** Closes the database; what is not written yet is not written any more. */
  close(): void {
    this.#fail();
  }

  put(
    key: ObjectKey,
    bytes: Uint8Array,
    nested: readonly ObjectKey[],
    done: (digest: Uint8Array | undefined) => void,
  ): void {
    if (bytes.length > this.freeBytes) {
      queueMicrotask(() => done(undefined));
      return;
    }
    const own = ownBytes(bytes);
    const write = newWrite(key, own, nested, done);
    this.#reservedBytes += own.length;
    this.#add(write);
    this.#ports.digest(own).then(
      (digest) => {
        write.digest = digest;
        this.#push(write);
      },
      (error: unknown) => {
        this.#trouble('a value could not be digested', error);
        this.#end(write);
      },
    );
  }

  get(key: ObjectKey, done: (bytes: ArrayBuffer | undefined) => void): void {
    const write = this.#writes.get(key);
    if (write) {
      const bytes = write.bytes?.slice().buffer;
      queueMicrotask(() => done(bytes));
      return;
    }
    if (this.#gets.push({ key, done }) === 1) void this.#opened.then(() => this.#read());
  }

  delete(key: ObjectKey): void {
    const write = newWrite(key, undefined, [], () => undefined);
    this.#add(write);
    this.#setRow(key, undefined);
    this.#push(write);
  }

  list(done: (rows: readonly ColdRow[]) => void): void {
    void this.#opened.then(() => done([...this.#rows.values()]));
  }

  clear(done: () => void): void {
    void this.#opened.then(() => {
      for (const key of new Set([...this.#rows.keys(), ...this.#writes.keys()])) this.delete(key);
      if (this.#isCommitting) this.#whenIdle.push(done);
      else done();
    });
  }

  // --- opening -----------------------------------------------------------------------------------------------------

  async #open(name: string): Promise<void> {
    const { clock } = this.#ports;
    const blocked = Promise.withResolvers<never>();
    let db: IDBPDatabase<Schema> | undefined;
    const cancelLimit = clock.after(OPEN_LIMIT_MS, () => blocked.reject(new Error('it is blocked')));
    try {
      const opening = this.#openDatabase(name);
      // One that opens too late is of no use any more.
      opening.then((late) => this.#hasFailed && late.close()).catch(() => undefined);
      db = await Promise.race([opening, blocked.promise]);
      await this.#readRows(db);
      const quotaLeft = await this.#ports.quotaLeftBytes().catch(() => Infinity);
      if (this.#hasFailed) return;
      this.#quotaBytes = this.#usedBytes + quotaLeft * QUOTA_SHARE;
      this.#db = db;
      this.#commit();
    } catch (error) {
      this.#trouble('the database cannot be opened', error);
      this.#fail();
    } finally {
      cancelLimit();
      if (this.#hasFailed) db?.close();
    }
  }

  async #openDatabase(name: string): Promise<IDBPDatabase<Schema>> {
    return openDB<Schema>(name, VERSION, {
      upgrade(db) {
        for (const store of ['rows', 'values'] as const) db.createObjectStore(store);
      },
      // Another tab erases the database: it must not wait for this one.
      blocking: () => this.#fail('the database is being erased'),
      terminated: () => this.#fail('the browser closed the database'),
    });
  }

  async #readRows(db: IDBPDatabase<Schema>): Promise<void> {
    const { store } = db.transaction('rows');
    const [keys, rows] = await Promise.all([store.getAllKeys(), store.getAll()]);
    keys.forEach((key, index) => {
      const row = rows[index];
      // One that is to be deleted is gone already.
      const write = this.#writes.get(key);
      if (row && (!write || write.bytes)) this.#setRow(key, { ...row, key });
    });
  }

  #setRow(key: ObjectKey, row: ColdRow | undefined): void {
    this.#usedBytes += (row?.sizeBytes ?? 0) - (this.#rows.get(key)?.sizeBytes ?? 0);
    if (row) this.#rows.set(key, row);
    else this.#rows.delete(key);
  }

  #fail(trouble?: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    if (trouble !== undefined) this.#trouble(trouble);
    this.#db?.close();
    this.#db = undefined;
    this.#rows.clear();
    this.#usedBytes = 0;
    for (const write of this.#ready.splice(0)) this.#end(write);
  }

  #trouble(message: string, error?: unknown): void {
    this.#ports.onTrouble?.(error instanceof Error ? `${message}: ${error.message}` : message);
  }

  // --- writing -----------------------------------------------------------------------------------------------------

  /** The newest word on a key. */
  #add(write: Write): void {
    const former = this.#writes.get(write.key);
    if (former && !former.isUnderWay) this.#end(former);
    this.#writes.set(write.key, write);
  }

  #push(write: Write): void {
    if (write.isOver) return;
    if (this.#hasFailed) {
      this.#end(write);
      return;
    }
    this.#ready.push(write);
    this.#commit();
  }

  #end(write: Write, digest?: Uint8Array): void {
    if (write.isOver) return;
    write.isOver = true;
    this.#reservedBytes -= write.bytes?.length ?? 0;
    if (this.#writes.get(write.key) === write) this.#writes.delete(write.key);
    queueMicrotask(() => write.done(digest));
  }

  /** Starts to write what is ready, at the end of this turn: more may be asked in it. */
  #commit(): void {
    if (this.#isCommitting || !this.#db) return;
    this.#isCommitting = true;
    queueMicrotask(() => void this.#commitAll());
  }

  async #commitAll(): Promise<void> {
    for (let batch = this.#takeBatch(); batch.length > 0; batch = this.#takeBatch()) {
      try {
        await this.#write(batch);
        this.#written(batch);
      } catch (error) {
        this.#notWritten(batch, error);
      }
    }
    this.#isCommitting = false;
    for (const done of this.#whenIdle.splice(0)) done();
  }

  #takeBatch(): Write[] {
    const ready = this.#ready.filter(({ isOver }) => !isOver);
    let sizeBytes = 0;
    let count = 0;
    for (const { bytes } of ready) {
      sizeBytes += bytes?.length ?? 0;
      if (count > 0 && sizeBytes > MAX_BATCH_BYTES) break;
      count += 1;
    }
    this.#ready = ready.slice(count);
    return ready.slice(0, count);
  }

  async #write(batch: readonly Write[]): Promise<void> {
    if (!this.#db) throw new Error('the database is closed');
    const transaction = this.#db.transaction(['rows', 'values'], 'readwrite', { durability: 'relaxed' });
    const rows = transaction.objectStore('rows');
    const values = transaction.objectStore('values');
    // When one request fails all do: each of these promises has to be looked after.
    const asked: Promise<unknown>[] = [transaction.done];
    try {
      for (const write of batch) {
        const { key, bytes, nested, digest } = write;
        write.isUnderWay = true;
        const row = bytes && { sizeBytes: bytes.length, digest, nested };
        asked.push(row ? rows.put(row, key) : rows.delete(key));
        asked.push(bytes ? values.put(bytes.buffer, key) : values.delete(key));
      }
    } catch (error) {
      // Half of it must not be written.
      transaction.abort();
      await Promise.allSettled(asked);
      throw error;
    }
    await Promise.all(asked);
  }

  #written(batch: readonly Write[]): void {
    for (const write of batch) {
      const { key, bytes, nested, digest } = write;
      const newest = this.#writes.get(key);
      const isWanted = !newest || newest.bytes !== undefined;
      if (bytes && isWanted && !this.#hasFailed) this.#setRow(key, { key, sizeBytes: bytes.length, digest, nested });
      this.#end(write, this.#hasFailed ? undefined : digest);
    }
  }

  #notWritten(batch: readonly Write[], error: unknown): void {
    this.#trouble('values could not be stored', error);
    // A full store takes more when something has left it.
    if (error instanceof Error && error.name === 'QuotaExceededError') this.#quotaBytes = this.#usedBytes;
    const removals = batch.filter(({ bytes }) => !bytes);
    const isAgain = removals.length < batch.length && !this.#hasFailed;
    for (const write of batch) {
      write.isUnderWay = false;
      if (write.bytes || !isAgain) this.#end(write);
    }
    // What failed was not theirs.
    if (isAgain) this.#ready.unshift(...removals);
  }

  // --- reading -----------------------------------------------------------------------------------------------------

  #read(): void {
    const gets = this.#gets;
    this.#gets = [];
    const values = this.#startReading();
    for (const { key, done } of gets) {
      if (!values) done(undefined);
      else values.get(key).then(done, () => done(undefined));
    }
  }

  #startReading() {
    try {
      const transaction = this.#db?.transaction('values');
      transaction?.done.catch((error: unknown) => this.#trouble('values could not be read', error));
      return transaction?.store;
    } catch (error) {
      this.#trouble('values could not be read', error);
      return undefined;
    }
  }
}

function newWrite(key: ObjectKey, bytes: Write['bytes'], nested: readonly ObjectKey[], done: Write['done']): Write {
  return { key, bytes, nested, done, digest: NO_DIGEST, isUnderWay: false, isOver: false };
}

/** Bytes as a buffer of their own: memory that threads share can be neither digested nor stored, and a view takes all of its buffer along. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length ? new Uint8Array(buffer) : bytes.slice();
}
