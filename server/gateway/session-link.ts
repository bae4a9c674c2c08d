/**
 * One connection: frames in through a bounded inbox, frames out with a bound on what the socket may hold back. It knows
 * bytes and bounds only; what frames mean is in `session-desk.ts`.
 */
import { MAX_FRAME_BYTES } from '#shared/protocol/limits.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import type { FrameSink } from './command-stream.ts';
import type { TurnTaker } from './turn-taking.ts';

/** Unsent control bytes beyond which a node's commands wait in their stream (rule B1). */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;
/** Unsent bytes beyond which a node is not listened to: who asks and does not take the answers must wait (rule T3). */
const MAX_UNSENT_TO_HEAR_BYTES = 16 * 1024 * 1024;
/** Chunks and logs go out only while fewer bytes than this are unsent, so control never waits behind them. */
const MAX_UNSENT_FOR_BULK_BYTES = 1024 * 1024;
const MAX_BULK_BYTES = 16 * 1024 * 1024;
/** Frames waiting to be handled beyond which the socket is not read, so that the sender feels it. */
const PAUSE_FRAMES = 512;
const PAUSE_BYTES = 8 * 1024 * 1024;

/** What a link tells its owner. */
export interface LinkOwner {
  frame(link: SessionLink, bytes: Uint8Array): void;
  /** The socket takes more. */
  writable(link: SessionLink): void;
  /** Something came that is no frame. */
  stray(link: SessionLink, message: string): void;
  /** There are frames that can have their turn. */
  ready(link: SessionLink): void;
  closed(link: SessionLink, reason: string): void;
}

/** A connection of a node. */
export class SessionLink implements TurnTaker, FrameSink, ConnectionEvents {
  readonly #connection: Connection;
  readonly #owner: LinkOwner;
  readonly #inbox: Uint8Array[] = [];
  #inboxHead = 0;
  #inboxBytes = 0;
  #paused = false;
  #open = true;
  #closing = false;
  /** Its frames wait until the node has taken what was sent to it. */
  #deaf = false;
  /** Why the connection ended, until the owner is told. */
  #closedFor: string | undefined;
  /** Given to the transport and not written out; and given to it while it was busy. */
  #inTransitBytes = 0;
  #heldBytes = 0;
  #bulk: Uint8Array[] = [];
  #bulkBytes = 0;
  /** Malformed frames so far (rule T3). */
  strikes = 0;
  lastFrameMs: number;
  /** Where it comes from on the network. */
  readonly address: string;

  constructor(connection: Connection, owner: LinkOwner, nowMs: number) {
    this.#connection = connection;
    this.#owner = owner;
    this.address = connection.address;
    this.lastFrameMs = nowMs;
  }

  /** The node behind it has said who it is. */
  identified(): void {
    this.#connection.identified();
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get writable(): boolean {
    return this.#open && this.unsentBytes < MAX_UNSENT_BYTES;
  }

  get unsentBytes(): number {
    return this.#inTransitBytes + this.#heldBytes;
  }

  *levels(): Iterable<QueueLevel> {
    yield { queue: 'chunk bytes for a node', level: this.#bulkBytes, bound: MAX_BULK_BYTES + MAX_FRAME_BYTES };
  }

  /** A frame arrived: it waits for its turn. */
  frame(bytes: Uint8Array): void {
    this.#receive(bytes);
    this.#owner.ready(this);
  }

  stray(message: string): void {
    this.#owner.stray(this, message);
  }

  closed(reason: string): void {
    this.#open = false;
    this.#closedFor = reason;
    this.#hearAgain();
    // What it said before it left is heard first: the last word is often that it leaves for good.
    if (this.#closing || this.#inboxHead === this.#inbox.length) this.#tellClosed();
  }

  drained(): void {
    this.#inTransitBytes = this.#heldBytes;
    this.#heldBytes = 0;
    this.#owner.writable(this);
    this.#pumpBulk();
    if (this.unsentBytes <= MAX_UNSENT_TO_HEAR_BYTES) this.#hearAgain();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closing) return;
    this.#inbox.push(bytes);
    this.#inboxBytes += bytes.length;
    if (!this.#paused && (this.#inbox.length - this.#inboxHead > PAUSE_FRAMES || this.#inboxBytes > PAUSE_BYTES))
      this.#setPaused(true);
  }

  handleNext(): boolean {
    const bytes = this.#inbox[this.#inboxHead];
    if (!bytes || this.#closing) {
      this.#inbox.length = 0;
      this.#inboxHead = 0;
      this.#tellClosed();
      return false;
    }
    if (this.#open && this.unsentBytes > MAX_UNSENT_TO_HEAR_BYTES) {
      this.#deaf = true;
      return false;
    }
    this.#inboxHead += 1;
    this.#inboxBytes -= bytes.length;
    if (this.#inboxHead === this.#inbox.length) {
      this.#inbox.length = 0;
      this.#inboxHead = 0;
    } else if (this.#inboxHead >= PAUSE_FRAMES) {
      this.#inbox.splice(0, this.#inboxHead);
      this.#inboxHead = 0;
    }
    if (this.#paused && this.#inbox.length - this.#inboxHead < PAUSE_FRAMES / 2 && this.#inboxBytes < PAUSE_BYTES / 2)
      this.#setPaused(false);
    this.#owner.frame(this, bytes);
    if (this.#inbox.length > this.#inboxHead) return true;
    this.#tellClosed();
    return false;
  }

  /** Tells the owner once that the connection is over, if it is. */
  #tellClosed(): void {
    const reason = this.#closedFor;
    this.#closedFor = undefined;
    if (reason !== undefined) this.#owner.closed(this, reason);
  }

  sendFrame(frame: Uint8Array): void {
    if (!this.#open) return;
    if (this.#connection.writable) this.#inTransitBytes += frame.length;
    else this.#heldBytes += frame.length;
    this.#connection.send(frame);
  }

  /** Sends a frame of low priority. Returns false if too many are waiting: it is dropped. */
  sendBulk(frame: Uint8Array): boolean {
    if (!this.#open || this.#bulkBytes > MAX_BULK_BYTES) return false;
    this.#bulk.push(frame);
    this.#bulkBytes += frame.length;
    this.#pumpBulk();
    return true;
  }

  /** Ends the connection after what was written; the owner hears of it at once. */
  close(): void {
    this.#closing = true;
    // A socket that is not read would not see the other side's good-bye.
    this.#setPaused(false);
    this.#connection.close();
  }

  /** Ends the connection without waiting for the other side. */
  terminate(): void {
    this.#connection.terminate();
  }

  #hearAgain(): void {
    if (!this.#deaf) return;
    this.#deaf = false;
    this.#owner.ready(this);
  }

  #pumpBulk(): void {
    let sent = 0;
    while (this.unsentBytes < MAX_UNSENT_FOR_BULK_BYTES) {
      const frame = this.#bulk[sent];
      if (!frame) break;
      sent += 1;
      this.#bulkBytes -= frame.length;
      this.sendFrame(frame);
    }
    if (sent > 0) this.#bulk.splice(0, sent);
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#connection.setPaused(paused);
  }
}
