/**
 * What a raylet's thread and the thread that writes its values to disk tell each other. What is asked takes effect in order.
 */
import type { Attachment } from '#shared/ports/transport.ts';

/** Everything a spill thread is started with (its `workerData`). */
export interface SpillThreadOptions {
  /** Made by the thread, and removed by it in the end. */
  readonly folder: string;
  readonly limitBytes: number;
}

/** To the thread. A value goes by the number of its slot, which is never used again. */
export type ToSpill =
  | { readonly type: 'write'; readonly slot: number; readonly bytes: Uint8Array }
  /** `memory` has the value's size; memory that is not shared is handed over, and comes back. */
  | { readonly type: 'read'; readonly slot: number; readonly memory: Attachment }
  | { readonly type: 'remove'; readonly slot: number }
  | { readonly type: 'clear' }
  | { readonly type: 'close' };

/** From the thread. */
export type FromSpill =
  | { readonly type: 'written'; readonly slot: number; readonly digest: Uint8Array }
  | { readonly type: 'notWritten'; readonly slot: number; readonly reason: string }
  | { readonly type: 'read'; readonly memory: Attachment | undefined }
  | { readonly type: 'cleared' }
  | { readonly type: 'closed' };
