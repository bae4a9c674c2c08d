/**
 * One direction of a connection: frames in order, late, or not at all. As with TCP a frame is never lost while its connection
 * lives: a direction that is cut delays it until the cut is healed or the connection ends.
 */
import type { Machine } from './machine.ts';

/** Frames that may come twice. */
const REPEATED_FRAMES = 8;

/** What happens at the ends of a pipe. */
export interface PipeHooks {
  /** A frame arrived. */
  receive(frame: Uint8Array): void;
  /** Nothing more will. */
  ended(reason: string): void;
  /** The sender has written out what it was given. */
  written(): void;
}

/** What a direction is like. */
export interface LinkKind {
  readonly bytesPerMs: number;
  /** Of the next frame. */
  readonly latencyMs: () => number;
}

/** From one machine to another. */
export class Pipe {
  readonly #from: Machine;
  readonly #to: Machine;
  readonly #latencyMs: () => number;
  readonly #bytesPerMs: number;
  readonly #hooks: PipeHooks;
  #lastArrivalMs = 0;
  /** When all that was sent has left. */
  #leftMs = 0;
  #stalledUntilMs = 0;
  #isEnded = false;
  /** What is on its way when the wire is cut never arrives. */
  #cuts = 0;
  #writingBytes = 0;
  /** Given to the sender's transport while it was writing. */
  #waitingBytes = 0;
  /** The last ones that were sent. */
  #last: Uint8Array[] = [];

  constructor(from: Machine, to: Machine, link: LinkKind, hooks: PipeHooks) {
    this.#from = from;
    this.#to = to;
    this.#latencyMs = link.latencyMs;
    this.#bytesPerMs = link.bytesPerMs;
    this.#hooks = hooks;
  }

  get isWriting(): boolean {
    return this.#writingBytes > 0;
  }

  get unsentBytes(): number {
    return this.#writingBytes + this.#waitingBytes;
  }

  send(frame: Uint8Array): void {
    if (this.#isEnded) return;
    if (this.isWriting) this.#waitingBytes += frame.length;
    else this.#write(frame.length);
    this.#last.push(frame);
    if (this.#last.length > REPEATED_FRAMES) this.#last.shift();
    this.#carry(frame.length, () => this.#hooks.receive(frame));
  }

  /** The last frames come once more, as from somebody on the way who is not sure that they came. Returns them. */
  repeat(): readonly Uint8Array[] {
    if (this.#isEnded) return [];
    const frames = this.#last;
    this.#last = [];
    for (const frame of frames) this.#carry(frame.length, () => this.#hooks.receive(frame));
    return frames;
  }

  /** The last thing that goes through. */
  end(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#carry(0, () => this.#hooks.ended(reason));
  }

  /** Nothing comes through for so long, then everything. */
  stall(durationMs: number): void {
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.#from.world.nowMs + durationMs);
  }

  /** What is on its way is lost, and nothing more goes through. */
  cut(): void {
    this.#isEnded = true;
    this.#cuts += 1;
  }

  #write(bytes: number): void {
    this.#writingBytes = bytes;
    const delayMs = Math.max(this.#stalledUntilMs - this.#from.world.nowMs, 0) + bytes / this.#bytesPerMs;
    this.#from.arrive(delayMs, () => {
      const next = this.#waitingBytes;
      this.#writingBytes = 0;
      this.#waitingBytes = 0;
      if (next > 0) this.#write(next);
      if (!this.#isEnded) this.#hooks.written();
    });
  }

  #carry(bytes: number, arrived: () => void): void {
    const { nowMs } = this.#from.world;
    // One behind the other: what is large holds up what comes behind it.
    this.#leftMs = Math.max(nowMs, this.#leftMs) + bytes / this.#bytesPerMs;
    this.#lastArrivalMs = Math.max(this.#leftMs + this.#latencyMs(), this.#lastArrivalMs, this.#stalledUntilMs);
    const cuts = this.#cuts;
    this.#to.arriveAt(this.#lastArrivalMs, () => {
      if (this.#cuts === cuts) arrived();
    });
  }
}
