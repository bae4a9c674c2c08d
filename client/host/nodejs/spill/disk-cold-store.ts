/**
 * Cold storage of a Node host (rule O4): values in files, written and read by a thread of its own, which is started with the
 * first value. What is known of each value is here, so that questions about room need no answer of the thread.
 */
import { Worker } from 'node:worker_threads';
import type { ColdRow, ColdStore } from '#client/object-store/cold-store.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { INLINE_BYTES } from '#shared/protocol/limits.ts';
import { removeSpillFolder, type SpillSettings } from './spill-folder.ts';
import type { FromSpill, SpillThreadOptions, ToSpill } from './spill-messages.ts';

/** A value that is being written. */
interface Write {
  readonly key: ObjectKey;
  readonly slot: number;
  readonly sizeBytes: number;
  readonly nested: readonly ObjectKey[];
  readonly done: (digest: Uint8Array | undefined) => void;
}

interface StoredRow extends ColdRow {
  readonly slot: number;
}

/** Values on disk. */
export class DiskColdStore implements ColdStore {
  readonly #settings: SpillSettings;
  readonly #onTrouble: (message: string) => void;
  #thread: Worker | undefined;
  /** The thread is gone, or is asked to go: nothing is taken and nothing is there. */
  #isOver = false;
  readonly #rows = new Map<ObjectKey, StoredRow>();
  /** The newest write of each key that is not over. */
  readonly #newest = new Map<ObjectKey, Write>();
  /** All writes that are not over, by slot. */
  readonly #writes = new Map<number, Write>();
  readonly #reads: ((memory: Attachment | undefined) => void)[] = [];
  readonly #clears: (() => void)[] = [];
  #nextSlot = 1;
  #usedBytes = 0;
  #reservedBytes = 0;
  #whenClosed = (): void => undefined;

  /** @param onTrouble told when something fails, for logs */
  constructor(settings: SpillSettings, onTrouble: (message: string) => void = () => undefined) {
    this.#settings = settings;
    this.#onTrouble = onTrouble;
  }

  get freeBytes(): number {
    return this.#isOver ? 0 : Math.max(0, this.#settings.limitBytes - this.#usedBytes - this.#reservedBytes);
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  put(
    key: ObjectKey,
    bytes: Uint8Array,
    nested: readonly ObjectKey[],
    done: (digest: Uint8Array | undefined) => void,
  ): void {
    const sizeBytes = bytes.length;
    const write: Write = { key, slot: this.#nextSlot, sizeBytes, nested, done };
    // What is asked about the key from now on is not about an earlier value.
    this.delete(key);
    if (sizeBytes > this.freeBytes) {
      queueMicrotask(() => done(undefined));
      return;
    }
    this.#nextSlot += 1;
    this.#reservedBytes += sizeBytes;
    this.#newest.set(key, write);
    this.#writes.set(write.slot, write);
    this.#tell({ type: 'write', slot: write.slot, bytes: portable(bytes) });
  }

  get(key: ObjectKey, done: (bytes: Attachment | undefined) => void): void {
    const found = this.#newest.get(key) ?? this.#rows.get(key);
    const memory = found && !this.#isOver ? allocate(found.sizeBytes) : undefined;
    if (!found || !memory) {
      queueMicrotask(() => done(undefined));
      return;
    }
    this.#reads.push(done);
    this.#tell({ type: 'read', slot: found.slot, memory }, memory instanceof ArrayBuffer ? [memory] : []);
  }

  delete(key: ObjectKey): void {
    const write = this.#newest.get(key);
    const row = this.#rows.get(key);
    this.#newest.delete(key);
    this.#rows.delete(key);
    this.#usedBytes -= row?.sizeBytes ?? 0;
    for (const gone of [row, write]) if (gone) this.#tell({ type: 'remove', slot: gone.slot });
  }

  list(done: (rows: readonly ColdRow[]) => void): void {
    const rows = [...this.#rows.values()].map(({ key, sizeBytes, digest, nested }) => ({
      key,
      sizeBytes,
      digest,
      nested,
    }));
    queueMicrotask(() => done(rows));
  }

  clear(done: () => void): void {
    for (const key of new Set([...this.#rows.keys(), ...this.#newest.keys()])) this.delete(key);
    if (this.#thread) {
      this.#clears.push(done);
      this.#tell({ type: 'clear' });
    } else queueMicrotask(done);
  }

  /** Removes everything and ends the thread. */
  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread && !this.#isOver) {
      const closed = new Promise<void>((resolve) => (this.#whenClosed = resolve));
      this.#tell({ type: 'close' });
      this.#isOver = true;
      await closed;
      await thread.terminate();
    }
    this.#isOver = true;
    removeSpillFolder(this.#settings.folder);
  }

  #tell(message: ToSpill, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#isOver) return;
    this.#thread ??= this.#start();
    this.#thread.postMessage(message, transfer);
  }

  #start(): Worker {
    const workerData: SpillThreadOptions = { ...this.#settings };
    const thread = new Worker(new URL('./spill-thread.ts', import.meta.url), { workerData, name: 'daylight-spill' });
    thread.unref();
    thread.on('message', (message: FromSpill) => this.#heard(message));
    thread.on('error', (error: Error) => this.#failed(error));
    thread.on('exit', () => this.#failed(new Error('its thread ended')));
    return thread;
  }

  #heard(message: FromSpill): void {
    switch (message.type) {
      case 'written':
        this.#written(message.slot, message.digest);
        return;
      case 'notWritten':
        this.#onTrouble(`a value could not be written to ${this.#settings.folder}: ${message.reason}`);
        this.#written(message.slot, undefined);
        return;
      case 'read':
        this.#reads.shift()?.(message.memory);
        return;
      case 'cleared':
        this.#clears.shift()?.();
        return;
      case 'closed':
        this.#whenClosed();
    }
  }

  #written(slot: number, digest: Uint8Array | undefined): void {
    const write = this.#writes.get(slot);
    if (!write) return;
    const { key, sizeBytes, nested, done } = write;
    this.#writes.delete(slot);
    this.#reservedBytes -= sizeBytes;
    const isMeant = this.#newest.get(key) === write;
    if (isMeant) this.#newest.delete(key);
    if (isMeant && digest) {
      this.#usedBytes += sizeBytes;
      this.#rows.set(key, { key, slot, sizeBytes, digest, nested });
    }
    done(isMeant ? digest : undefined);
  }

  /** The thread is gone, and with it the word on which value lies where. */
  #failed(error: Error): void {
    this.#whenClosed();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onTrouble(`values can no longer be written to ${this.#settings.folder}: ${error.message}`);
    this.#rows.clear();
    this.#usedBytes = 0;
    for (const slot of [...this.#writes.keys()]) this.#written(slot, undefined);
    for (const done of this.#reads.splice(0)) done(undefined);
    for (const done of this.#clears.splice(0)) done();
    removeSpillFolder(this.#settings.folder);
  }
}

/** Memory that is not shared is copied to the thread, and with a view all of the buffer around it. */
function portable(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength !== bytes.length ? bytes.slice() : bytes;
}

/** Memory for a value; as it was when it was made: see `ValueStore`. */
function allocate(sizeBytes: number): Attachment | undefined {
  try {
    return sizeBytes > INLINE_BYTES ? new SharedArrayBuffer(sizeBytes) : new ArrayBuffer(sizeBytes);
  } catch {
    return undefined;
  }
}
