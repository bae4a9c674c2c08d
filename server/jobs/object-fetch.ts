/**
 * Brings the bytes of one object to the server, piece by piece through the relay, as a node would: a step function. A holder that
 * is busy is asked again; what is nowhere any more is asked for from the start, because it may be made again (rule L4).
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { CHUNK_BYTES } from '#shared/protocol/limits.ts';
import { CHUNK_STATUS, type SessionFrameOf } from '#shared/protocol/session-frames.ts';

const RETRY_MS = 250;

/** What a fetch needs. */
export interface FetchPorts {
  ask(fetch: SessionFrameOf<'fetch'>): void;
  after(delayMs: number, callback: () => void): void;
  done(bytes: Uint8Array): void;
  /** Nobody has it now. */
  missing(): void;
  /** Who has it sends what is not a piece of it. */
  wrong(): void;
}

/** One object on its way. */
export class ObjectFetch {
  readonly #object: ObjectKey;
  readonly #bytes: Uint8Array;
  readonly #ports: FetchPorts;
  #at = 0;
  #transfer = 0;
  #isOver = false;

  constructor(object: ObjectKey, sizeBytes: number, ports: FetchPorts) {
    this.#object = object;
    this.#bytes = new Uint8Array(sizeBytes);
    this.#ports = ports;
    this.#ask();
  }

  stop(): void {
    this.#isOver = true;
  }

  chunk({ transfer, status, offset, totalBytes, data }: SessionFrameOf<'chunk'>): void {
    if (this.#isOver || transfer !== this.#transfer) return;
    if (status === CHUNK_STATUS.busy) {
      this.#ports.after(RETRY_MS, () => this.#ask());
      return;
    }
    const isWrong = offset !== this.#at || totalBytes !== this.#bytes.length || data.length === 0;
    if (status !== CHUNK_STATUS.ok) {
      this.#isOver = true;
      this.#ports.missing();
      return;
    }
    if (isWrong || offset + data.length > this.#bytes.length) {
      this.#isOver = true;
      this.#ports.wrong();
      return;
    }
    this.#bytes.set(data, offset);
    this.#at += data.length;
    if (this.#at < this.#bytes.length) {
      this.#ask();
      return;
    }
    this.#isOver = true;
    this.#ports.done(this.#bytes);
  }

  #ask(): void {
    if (this.#isOver) return;
    this.#transfer += 1;
    const length = Math.min(CHUNK_BYTES, this.#bytes.length - this.#at);
    this.#ports.ask({ type: 'fetch', transfer: this.#transfer, object: this.#object, offset: this.#at, length });
  }
}
