/**
 * The journal of a session (rule L2): records are numbered as they are written, sent in frames, and kept until the
 * server says they are durable. After a lost connection, or a lost server, everything it does not have is sent again.
 *
 * Frames are kept encoded: a record that was sent once costs its ten or hundred bytes, not a tree of objects.
 */
import { type NodeRecord, nodeRecords } from '#shared/protocol/node-records.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import { sessionFrames } from '#shared/protocol/session-frames.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';

/** Backlog at which the node stops starting tasks until the server caught up (rule B1). */
const MAX_BACKLOG_RECORDS = 1_000_000;
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;
/** How many times that, when somebody went on all the same. */
const FLOOD_FACTOR = 4;
/** Records gathered before a frame is made of them. */
const MAX_FRAME_RECORDS = 1024;
const MAX_FRAME_GATHER_BYTES = 256 * 1024;

interface SentFrame {
  readonly first: number;
  readonly last: number;
  readonly bytes: Uint8Array;
}

/** Numbered records on their way to durability. */
export class Journal {
  #gathered: NodeRecord[] = [];
  #gatheredBytes = 0;
  #isUrgent = false;
  #lastNumber = 0;
  #durable = 0;
  #sent: SentFrame[] = [];
  #sentBytes = 0;
  readonly #writer = new ByteWriter(64 * 1024);
  readonly #send: (frame: Uint8Array) => void;
  /** Records written since the start of the session. */
  total = 0;

  /** @param send hands a frame to the connection, or drops it while there is none: it stays here anyway. */
  constructor(send: (frame: Uint8Array) => void) {
    this.#send = send;
  }

  /** Number of the last record written. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  get durable(): number {
    return this.#durable;
  }

  /** Records not yet durable. */
  get backlog(): number {
    return this.#lastNumber - this.#durable;
  }

  /** True if records were gathered that are not in a frame yet. */
  get hasUnsent(): boolean {
    return this.#gathered.length > 0;
  }

  /** The bounds are those at which a node that goes on all the same is ended. */
  *levels(): Iterable<QueueLevel> {
    yield { queue: 'journal records', level: this.backlog, bound: MAX_BACKLOG_RECORDS * FLOOD_FACTOR };
    yield { queue: 'journal bytes', level: this.#sentBytes, bound: MAX_BACKLOG_BYTES * FLOOD_FACTOR };
  }

  /** True if work should wait until the server caught up. */
  get isFull(): boolean {
    return this.backlog >= MAX_BACKLOG_RECORDS || this.#sentBytes >= MAX_BACKLOG_BYTES;
  }

  /** True if far more is written than the server takes, and no waiting helped. */
  get isFlooded(): boolean {
    return this.backlog >= MAX_BACKLOG_RECORDS * FLOOD_FACTOR || this.#sentBytes >= MAX_BACKLOG_BYTES * FLOOD_FACTOR;
  }

  /**
   * Writes a record. `soon`: nobody elsewhere waits for it, so it may wait for others to share its frame and its commit;
   * records of tasks that live and die on this node are most of a journal, and a frame for each costs more than the task.
   */
  append(record: NodeRecord, urgency: 'now' | 'soon' = 'now'): void {
    if (urgency === 'now') this.#isUrgent = true;
    this.#gathered.push(record);
    this.#lastNumber += 1;
    this.total += 1;
    if (record.kind === 'submit') this.#gatheredBytes += record.args.length;
    else if ('value' in record) this.#gatheredBytes += record.value.length;
    else if (record.kind === 'module') this.#gatheredBytes += record.code.length + record.sourceMap.length;
    if (this.#gathered.length >= MAX_FRAME_RECORDS || this.#gatheredBytes >= MAX_FRAME_GATHER_BYTES) this.flush();
  }

  /** Sends what was gathered if somebody waits for any of it. */
  flushUrgent(): void {
    if (this.#isUrgent) this.flush();
  }

  /** Makes a frame of what was gathered and sends it. */
  flush(): void {
    const frame = this.#makeFrame();
    if (frame) this.#send(frame.bytes);
  }

  #makeFrame(): SentFrame | undefined {
    const records = this.#gathered;
    if (records.length === 0) return undefined;
    const first = this.#lastNumber - records.length + 1;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#isUrgent = false;
    this.#writer.reset();
    sessionFrames.write(this.#writer, { type: 'records', first, batch: records });
    const frame = { first, last: this.#lastNumber, bytes: this.#writer.finish() };
    this.#sent.push(frame);
    this.#sentBytes += frame.bytes.length;
    return frame;
  }

  /** The server has written everything up to this number: it may be forgotten here. */
  acknowledge(durable: number): void {
    if (durable <= this.#durable) return;
    this.#durable = Math.min(durable, this.#lastNumber);
    let gone = 0;
    for (const frame of this.#sent) {
      if (frame.last > this.#durable) break;
      this.#sentBytes -= frame.bytes.length;
      gone += 1;
    }
    if (gone > 0) this.#sent = this.#sent.slice(gone);
  }

  /** A connection is there (again): sends what the server has not received. Records it has it passes over. */
  resend(received: number): void {
    // What is gathered takes its place behind the frames sent before: sent first, it would arrive before them.
    this.#makeFrame();
    for (const frame of this.#sent) if (frame.last > received) this.#send(frame.bytes);
  }
}

/** Bytes one batch of records takes on the wire: for tests and measurements. */
export function encodedSize(records: readonly NodeRecord[]): number {
  const writer = new ByteWriter();
  nodeRecords.write(writer, [...records]);
  return writer.length;
}
