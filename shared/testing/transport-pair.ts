/**
 * Two ends of a link inside one program, for tests and for parts that share a thread. Frames wait in a queue and are
 * delivered after the sender's turn, as a real link would: code that works only because an answer comes inside the call
 * fails here too.
 */
import type { Attachment, Transport } from '../ports/transport.ts';

interface Frame {
  readonly bytes: Uint8Array;
  readonly attachments: readonly Attachment[];
}

class QueuedEnd implements Transport {
  other: QueuedEnd | undefined;
  #queue: Frame[] = [];
  #scheduled = false;
  #closedReason: string | undefined;
  #receive: ((frame: Uint8Array, attachments: readonly Attachment[]) => void) | undefined;
  #closed: ((reason: string) => void) | undefined;
  /** Frames sent from this end so far. */
  sentFrames = 0;

  send(frame: Uint8Array, attachments: readonly Attachment[] = []): void {
    if (this.#closedReason !== undefined) return;
    this.sentFrames += 1;
    const moved = attachments.map((buffer) => (buffer instanceof ArrayBuffer ? buffer.transfer() : buffer));
    this.other?.enqueue({ bytes: frame, attachments: moved });
  }

  enqueue(frame: Frame): void {
    this.#queue.push(frame);
    this.#schedule();
  }

  onFrame(receive: (frame: Uint8Array, attachments: readonly Attachment[]) => void): void {
    this.#receive = receive;
    this.#schedule();
  }

  onClose(closed: (reason: string) => void): void {
    this.#closed = closed;
  }

  close(): void {
    this.end('closed by this end');
    this.other?.end('closed by the other end');
  }

  end(reason: string): void {
    if (this.#closedReason !== undefined) return;
    this.#closedReason = reason;
    this.#closed?.(reason);
  }

  #schedule(): void {
    if (this.#scheduled || this.#receive === undefined || this.#queue.length === 0) return;
    this.#scheduled = true;
    void Promise.resolve().then(() => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    const frames = this.#queue;
    this.#queue = [];
    for (const { bytes, attachments } of frames) this.#receive?.(bytes, attachments);
  }
}

/** One end of the pair, with a count of the frames it sent. */
export interface PairedTransport extends Transport {
  readonly sentFrames: number;
}

/** Two connected ends. `ArrayBuffer` attachments change hands, `SharedArrayBuffer` ones are shared. */
export function transportPair(): [PairedTransport, PairedTransport] {
  const left = new QueuedEnd();
  const right = new QueuedEnd();
  left.other = right;
  right.other = left;
  return [left, right];
}
