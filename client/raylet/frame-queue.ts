/**
 * What leaves first on a link to the server (rule B1): control before objects before logs.
 *
 * Control is never held back, because the streams in it are numbered and what bounds them lies before them (the
 * journal's backlog). Chunks and logs wait while the transport has much unsent, so control never stands behind a
 * megabyte of them; at their own bounds chunks are refused (the puller asks again) and the oldest logs are dropped.
 */
import type { QueueLevel } from '#shared/queue-level.ts';
import type { Transport } from '#shared/ports/transport.ts';

/** Chunks and logs go out only while fewer bytes than this are unsent. */
const MAX_UNSENT_FOR_BULK_BYTES = 1024 * 1024;
const MAX_OBJECT_BYTES = 64 * 1024 * 1024;
const MAX_LOG_BYTES = 4 * 1024 * 1024;

/** A transport that can say how far it is behind. One that cannot is taken to be never behind. */
export interface PacedTransport extends Transport {
  /** Bytes given to `send` and not yet written out. */
  unsentBytes?(): number;
  /** Sets who is told when what was unsent has been written. */
  onDrain?(drained: () => void): void;
}

/** A queue of frames with a bound in bytes. */
class Lane {
  readonly #frames: Uint8Array[] = [];
  #head = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  shift(): Uint8Array | undefined {
    const frame = this.#frames[this.#head];
    if (!frame) return undefined;
    this.#head += 1;
    this.#bytes -= frame.length;
    if (this.#head * 2 > this.#frames.length) {
      this.#frames.splice(0, this.#head);
      this.#head = 0;
    }
    return frame;
  }

  clear(): void {
    this.#frames.length = 0;
    this.#head = 0;
    this.#bytes = 0;
  }
}

/** The frames of one connection after another. */
export class FrameQueue {
  readonly #objects = new Lane();
  readonly #logs = new Lane();
  #transport: PacedTransport | undefined;
  /** Log frames dropped at the bound. */
  droppedLogs = 0;

  *levels(): Iterable<QueueLevel> {
    yield { queue: 'chunk bytes', level: this.#objects.bytes, bound: MAX_OBJECT_BYTES };
    yield { queue: 'log bytes', level: this.#logs.bytes, bound: MAX_LOG_BYTES };
  }

  /** A connection is there: everything goes to it from now on. */
  attach(transport: PacedTransport): void {
    this.#transport = transport;
    transport.onDrain?.(() => {
      if (this.#transport === transport) this.#pump();
    });
    this.#pump();
  }

  /** The connection is lost. Chunks were answers to questions of that connection, so they go; logs wait. */
  detach(): void {
    this.#transport = undefined;
    this.#objects.clear();
  }

  /** Sends at once, or drops it without a connection. */
  sendControl(frame: Uint8Array): void {
    this.#transport?.send(frame);
  }

  /** Sends a chunk behind all control. False if it was refused: no connection, or too many are waiting. */
  sendObject(frame: Uint8Array): boolean {
    if (!this.#transport || this.#objects.bytes + frame.length > MAX_OBJECT_BYTES) return false;
    this.#objects.push(frame);
    this.#pump();
    return true;
  }

  /** Sends a log line behind everything else; the oldest are dropped at the bound. */
  sendLog(frame: Uint8Array): void {
    this.#logs.push(frame);
    while (this.#logs.bytes > MAX_LOG_BYTES && this.#logs.shift()) this.droppedLogs += 1;
    this.#pump();
  }

  #pump(): void {
    for (;;) {
      const transport = this.#transport;
      if (!transport || (transport.unsentBytes?.() ?? 0) >= MAX_UNSENT_FOR_BULK_BYTES) return;
      const frame = this.#objects.shift() ?? this.#logs.shift();
      if (!frame) return;
      transport.send(frame);
    }
  }
}
