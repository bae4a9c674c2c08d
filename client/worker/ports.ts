/**
 * What the runtime of a worker or a driver needs of its surroundings: time, memory, and what only the host can do. Hosts
 * give it; nothing else in this folder knows whether it runs in Node or in a tab.
 */
import type { Clock } from '#shared/ports/clock.ts';
import type { FramePacer } from '../transport/batch-link.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import type { OpenGpu } from './gpu-slot.ts';

/** The room for large values, shared by all workers of a node. */
export interface StoreBudget {
  /** Takes so many bytes; false if they are not there. The raylet gives them back when it drops the copy. */
  tryReserve(sizeBytes: number): boolean;
  /**
   * Lets the thread stand still until so many bytes are there, and takes them; false if the node has no room for them. Absent where
   * a thread cannot wait.
   * @param ask tells the raylet what is waited for
   */
  awaitRoom?(sizeBytes: number, ask: () => void): boolean;
  /** The raylet's word of how much there is now, where it is not counted in shared memory. */
  told?(freeBytes: number): void;
}

/** Needed by every realm that calls the API. */
export interface CorePorts {
  readonly clock: Clock;
  /** Milliseconds since 1970, for `context().now()`. */
  wallClockMs(): number;
  readonly budget: StoreBudget;
  /** Memory for a large value; default: shared memory where the engine has it, else an ordinary buffer. */
  allocate?(sizeBytes: number): Attachment;
  /** SHA-256, first 16 bytes; default: the portable one, which is some 30 times slower than a host's own. */
  digest?(bytes: Uint8Array): Uint8Array;
  /** Rewrites a stack trace to the user's own files, given the source maps by module address; default: as it is. */
  mapStack?: (stack: string, sourceMapOf: (address: string) => string | undefined) => string;
  /** Spreads what is sent to the raylet over time; default: everything is sent at once. */
  readonly pacer?: FramePacer;
  /** Name of this node, for `context().node`. */
  readonly node: string;
  /** For `context().job`; a worker serves jobs by number and shows that. */
  readonly job?: string;
  /** Any number: makes `context().random()` differ between clusters. */
  readonly randomSeed: number;
}

/** Needed by a worker besides. */
export interface WorkerPorts extends CorePorts {
  /** Identifies the worker's thread to its host. */
  readonly threadId: number;
  /** The claim board: a run may start once its place was changed from 0 to 1 here. Absent where memory is not shared. */
  readonly claims?: Int32Array | undefined;
  /** Calls back after the thread has looked at its messages. */
  defer(callback: () => void): void;
  /** Arguments of `console.log` as one text. */
  formatLog(args: readonly unknown[]): string;
  /** Opens a device of the GPU that this node lends. Absent where it lends none. */
  readonly openGpu?: OpenGpu | undefined;
  /** Ends the worker, after its raylet asked for it or is gone. */
  exit(reason: string): void;
}

/** Needed by a driver besides. */
export interface DriverPorts extends CorePorts {
  /** Lines and progress of the job's tasks elsewhere. `level`: see `LOG_LEVEL`. */
  onLog?(line: { readonly task: number; readonly node: string; readonly level: number; readonly text: string }): void;
  /** The connection between node and server was lost or is back. */
  onConnection?(connected: boolean, message: string): void;
}

/** Severity of a line, on every link. */
export const LOG_LEVEL = { debug: 0, info: 1, warn: 2, error: 3 } as const;
