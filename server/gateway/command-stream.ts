/**
 * The numbered stream of commands to one session (the server's counterpart of a node's journal). It outlives sockets:
 * what a node has not acknowledged is kept and sent again over the next connection, so a command is neither lost nor
 * applied twice while both ends live.
 */
import { FRAME_FLUSH_BYTES, FRAME_FLUSH_RECORDS } from '#shared/protocol/limits.ts';
import type { ServerCommand } from '#shared/protocol/server-commands.ts';
import { encodeFrame } from './frames.ts';

/** Commands in one encoded frame. */
interface SentFrame {
  readonly first: number;
  readonly last: number;
  readonly bytes: Uint8Array;
}

/** What a stream writes to. */
export interface FrameSink {
  /** True if control frames may be sent now (rule B1: the socket's buffer has a bound). */
  readonly writable: boolean;
  sendFrame(frame: Uint8Array): void;
}

/** One session's commands. */
export class CommandStream {
  #sink: FrameSink | undefined;
  readonly #frames: SentFrame[] = [];
  /** Index in `#frames` of the first frame not sent over the present socket. */
  #unsent = 0;
  #pending: ServerCommand[] = [];
  #pendingBytes = 0;
  #next = 1;
  #keptBytes = 0;

  /** Bytes of frames kept until the node acknowledges them. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Commands gathered and not encoded yet. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  /** True if everything was handed to the socket. */
  get idle(): boolean {
    return this.#pending.length === 0 && this.#unsent === this.#frames.length;
  }

  /**
   * Whether the stream can go on for a node that has received everything up to `received`: not if it acknowledged more, or more
   * than there is, before; then whoever says so is not who acknowledged, or has forgotten it.
   */
  reaches(received: number): boolean {
    return received < this.#next && received + 1 >= (this.#frames[0]?.first ?? this.#next);
  }

  /** Adds a command; a frame goes out at once when it is full, else with the next {@link flush}. */
  add(command: ServerCommand): void {
    this.#pending.push(command);
    this.#pendingBytes +=
      16 + ('value' in command ? command.value.length : 0) + ('args' in command ? command.args.length : 0);
    if (this.#pending.length >= FRAME_FLUSH_RECORDS || this.#pendingBytes >= FRAME_FLUSH_BYTES) this.flush();
  }

  /** Sends what was gathered, as far as the socket takes it. */
  flush(): void {
    if (this.#pending.length > 0) {
      const batch = this.#pending;
      const first = this.#next;
      this.#pending = [];
      this.#pendingBytes = 0;
      this.#next += batch.length;
      const bytes = encodeFrame({ type: 'commands', first, batch });
      this.#frames.push({ first, last: this.#next - 1, bytes });
      this.#keptBytes += bytes.length;
    }
    this.pump();
  }

  /** Sends frames while the socket takes them. */
  pump(): void {
    while (this.#sink?.writable) {
      const frame = this.#frames[this.#unsent];
      if (!frame) return;
      this.#unsent += 1;
      this.#sink.sendFrame(frame.bytes);
    }
  }

  /** The node has a connection and has received everything up to `received`: goes on from there. */
  attach(sink: FrameSink, received: number): void {
    this.acknowledge(received);
    this.#sink = sink;
    this.#unsent = 0;
    this.flush();
  }

  detach(): void {
    this.#sink = undefined;
    this.#unsent = 0;
  }

  /** The node has everything up to `received`. */
  acknowledge(received: number): void {
    let count = 0;
    for (const frame of this.#frames) {
      if (frame.last > received) break;
      this.#keptBytes -= frame.bytes.length;
      count += 1;
    }
    if (count === 0) return;
    this.#frames.splice(0, count);
    this.#unsent = Math.max(0, this.#unsent - count);
  }
}
