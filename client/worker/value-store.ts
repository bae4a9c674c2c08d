/**
 * Writing values: small ones into their message, large ones once, straight into the memory they stay in (rule O2).
 */
import { ObjectStoreFullError } from '#shared/errors/daylight-error.ts';
import { digest128Bytes } from '#shared/ids/content-id.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { INLINE_BYTES } from '#shared/protocol/limits.ts';
import { DIGEST_BYTES } from '#shared/protocol/node-records.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';
import type { EncodedValue } from '#shared/serialization/value-codec.ts';
import { OBJECT_STATE, type ObjectCache } from './object-cache.ts';
import type { CorePorts } from './ports.ts';
import { referencedKeys } from './submission.ts';
import type { MainRun } from './main-run.ts';
import type { TaskState } from './task-state.ts';

/** A `put` up to this size is named by its content, if its maker may run again (rule L1). */
const MAX_DIGESTED_BYTES = 1024 * 1024;
/** Stands for the function in the count of equal puts: no function has it. */
const PUT_FUNCTION = -1;
const NO_BYTES = new Uint8Array(0);

/** What a store needs of its connection. */
export interface StoreLink {
  readonly ports: CorePorts;
  readonly cache: ObjectCache;
  attach(memory: Attachment): number;
  push(message: WorkerRequest, sizeBytes?: number): void;
  /** Posts what was pushed. */
  post(): void;
  nextKey(): ObjectKey;
}

/** A value on its way out: inline bytes, or memory. */
export interface PlacedValue {
  readonly bytes: Uint8Array;
  readonly memory: Attachment | undefined;
}

/** Puts values where they belong. */
export class ValueStore {
  readonly #link: StoreLink;

  constructor(link: StoreLink) {
    this.#link = link;
  }

  /** Bytes of a small value, memory of a large one. @throws ObjectStoreFullError */
  place(encoded: EncodedValue): PlacedValue {
    const { sizeBytes } = encoded;
    if (sizeBytes <= INLINE_BYTES) return { bytes: encoded.toBytes(), memory: undefined };
    const { ports } = this.#link;
    if (!ports.budget.tryReserve(sizeBytes) && !this.#awaitRoom(sizeBytes)) {
      throw new ObjectStoreFullError(
        `no room for a value of ${sizeBytes} bytes in this node's object store: free references that are not needed any more`,
      );
    }
    const memory = ports.allocate?.(sizeBytes) ?? allocate(sizeBytes);
    encoded.writeInto(new Uint8Array(memory), 0);
    return { bytes: NO_BYTES, memory };
  }

  #awaitRoom(sizeBytes: number): boolean {
    const { ports } = this.#link;
    if (ports.budget.awaitRoom === undefined) return false;
    const isThere = ports.budget.awaitRoom(sizeBytes, () => {
      this.#link.push({ kind: 'needsRoom', sizeBytes });
      // Nothing is posted by itself while the thread stands still.
      this.#link.post();
    });
    this.#link.push({ kind: 'needsRoom', sizeBytes: 0 });
    return isThere;
  }

  /** Stores a value on behalf of `task`; the key is known here before the message is sent. */
  put(encoded: EncodedValue, task: TaskState): ObjectKey {
    if (task.main !== undefined) return this.#putOfMain(encoded, task, task.main);
    const { bytes, memory } = this.place(encoded);
    const { sizeBytes } = encoded;
    const nested = referencedKeys(encoded);
    const digested = task.key !== 0 && sizeBytes <= MAX_DIGESTED_BYTES;
    const digest = digested
      ? this.#digest(memory === undefined ? bytes : new Uint8Array(memory, 0, sizeBytes))
      : NO_BYTES;
    const k = digested ? task.calls.next(PUT_FUNCTION, digest, nested) : task.puts++;
    const key = this.#link.nextKey();
    this.#send(key, key, encoded, { task, digest, k, placed: { bytes, memory } });
    return key;
  }

  /** A put of a durable `main` is named by its number (rule J1); one of an earlier run is put again only if its value is lost. */
  #putOfMain(encoded: EncodedValue, task: TaskState, main: MainRun): ObjectKey {
    const { sizeBytes } = encoded;
    const digest = sizeBytes <= MAX_DIGESTED_BYTES ? this.#digest(encoded.toBytes()) : NO_BYTES;
    const { n, key: known, isLost } = main.put(sizeBytes, digest);
    if (known !== undefined && !isLost) return known;
    const placed = this.place(encoded);
    const key = this.#link.nextKey();
    this.#send(key, known ?? main.made(key), encoded, { task, digest, k: n, placed });
    return known ?? key;
  }

  /** @param key for the raylet @param shown by which it is known here */
  #send(
    key: ObjectKey,
    shown: ObjectKey,
    encoded: EncodedValue,
    { task, digest, k, placed }: { task: TaskState; digest: Uint8Array; k: number; placed: PlacedValue },
  ): void {
    const { bytes, memory } = placed;
    const { sizeBytes } = encoded;
    const nested = referencedKeys(encoded);
    const entry = this.#link.cache.obtain(shown);
    entry.nested = nested;
    entry.sizeBytes = sizeBytes;
    entry.state = memory === undefined ? OBJECT_STATE.inline : OBJECT_STATE.stored;
    if (memory === undefined) entry.value = bytes;
    // A buffer that is not shared goes to the raylet: `get` has to ask for it.
    else if (!(memory instanceof ArrayBuffer)) entry.memory = memory;
    const attachment = memory === undefined ? 0 : this.#link.attach(memory);
    this.#link.push(
      { kind: 'put', object: key, parent: task.key, sizeBytes, value: bytes, nested, k, digest, attachment },
      bytes.length,
    );
  }

  #digest(bytes: Uint8Array): Uint8Array {
    const { ports } = this.#link;
    return ports.digest === undefined ? digest128Bytes(bytes) : ports.digest(bytes).slice(0, DIGEST_BYTES);
  }
}

function allocate(sizeBytes: number): Attachment {
  return typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(sizeBytes) : new SharedArrayBuffer(sizeBytes);
}
