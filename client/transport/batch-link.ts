/**
 * Gathers messages into frames. One message costs far less than one frame (a structured clone, a wake-up of the other
 * thread), so what a program sends within one microtask travels together; a long burst is posted in parts, so that the
 * other side starts on it while the rest is being made.
 */
import type { Attachment, Transport } from '#shared/ports/transport.ts';
import { FRAME_FLUSH_BYTES, FRAME_FLUSH_RECORDS, MAX_RECORDS_PER_FRAME } from '#shared/protocol/limits.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import type { RecordBatch } from '#shared/wire/columnar.ts';
import type { UnionOf, Variants } from '#shared/wire/schema.ts';

/**
 * Spreads frames over time, for a program that sends something small in each of very many microtasks: each would be a frame.
 */
export interface FramePacer {
  /** Whether another frame may be posted now; counts it if so. */
  mayPost(): boolean;
  /** Calls back when it is worth asking again. */
  later(callback: () => void): void;
}

/** The sending half of one end of a link. */
export class BatchLink<V extends Variants> {
  readonly #transport: Transport;
  readonly #batch: RecordBatch<V>;
  readonly #writer = new ByteWriter(4096);
  #messages: UnionOf<'kind', V>[] = [];
  #attachments: Attachment[] = [];
  #bytes = 0;
  #scheduled = false;
  #held = false;
  readonly #pacer: FramePacer | undefined;
  readonly #flushLater = (): void => {
    if (this.#pacer?.mayPost() === false) {
      this.#pacer.later(this.#flushLater);
      return;
    }
    this.#scheduled = false;
    this.flush();
  };

  constructor(transport: Transport, batch: RecordBatch<V>, pacer?: FramePacer) {
    this.#transport = transport;
    this.#batch = batch;
    this.#pacer = pacer;
  }

  /**
   * Queues a message. It is only read when the frame is written: the caller must not change it before.
   * @param sizeBytes about the bytes of its variable part; decides when a frame is full
   */
  push(message: UnionOf<'kind', V>, sizeBytes = 0): void {
    this.#bytes += sizeBytes;
    const count = this.#messages.push(message);
    if (this.#held) return;
    if (count >= FRAME_FLUSH_RECORDS || this.#bytes >= FRAME_FLUSH_BYTES) {
      this.flush();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(this.#flushLater);
    }
  }

  /** Adds a buffer to the frame of the next message pushed; returns what that message's `attachment` field must be. */
  attach(buffer: Attachment): number {
    return this.#attachments.push(buffer);
  }

  /** Posts what is queued. */
  flush(): void {
    if (this.#held || this.#messages.length === 0) return;
    const messages = this.#messages;
    const attachments = this.#attachments;
    this.#messages = [];
    this.#attachments = [];
    this.#bytes = 0;
    this.#writer.reset();
    this.#batch.write(this.#writer, messages);
    this.#transport.send(this.#writer.finish(), attachments.length > 0 ? attachments : undefined);
  }

  /** Keeps back everything pushed from here on, because a message whose content is not known yet comes first. */
  hold(): void {
    this.flush();
    this.#held = true;
  }

  /** Lets the messages held back go, as `revise` leaves them. Attachments keep their places. */
  release(revise: (messages: UnionOf<'kind', V>[]) => UnionOf<'kind', V>[]): void {
    this.#held = false;
    const messages = revise(this.#messages);
    const attachments = this.#attachments;
    this.#messages = [];
    this.#attachments = [];
    this.#bytes = 0;
    for (let start = 0; start < messages.length; start += MAX_RECORDS_PER_FRAME) {
      // Attachments are numbered within the frame: all of them must go with a frame that has every message.
      const end = attachments.length > 0 ? messages.length : start + MAX_RECORDS_PER_FRAME;
      this.#writer.reset();
      this.#batch.write(this.#writer, messages.slice(start, end));
      this.#transport.send(this.#writer.finish(), attachments.length > 0 ? attachments : undefined);
      if (attachments.length > 0) break;
    }
  }
}

/**
 * The receiving half: calls `receive` with each frame's messages in order. `attachments[field - 1]` is the buffer of a
 * message whose attachment field is not 0. Bytes in messages are views of the frame.
 * @param unreadable told of a frame that cannot be read, by a side that is not trusted to send only good ones; without it
 * the error is the transport's
 */
export function receiveBatches<V extends Variants>(
  transport: Transport,
  batch: RecordBatch<V>,
  receive: (messages: UnionOf<'kind', V>[], attachments: readonly Attachment[]) => void,
  unreadable?: (error: unknown) => void,
): void {
  transport.onFrame((frame, attachments) => {
    let messages: UnionOf<'kind', V>[];
    try {
      messages = batch.read(new ByteReader(frame), { maxRecords: MAX_RECORDS_PER_FRAME });
    } catch (error) {
      if (!unreadable) throw error;
      unreadable(error);
      return;
    }
    receive(messages, attachments);
  });
}
