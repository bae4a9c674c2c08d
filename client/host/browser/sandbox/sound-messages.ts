/**
 * What a sandbox worker may say at all (rule T1). Job code shares its realm with our runtime and could, with effort, speak
 * for it; the raylet must not come to harm by it, nor other jobs on this node.
 */
import type { Attachment } from '#shared/ports/transport.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';

/** More than any machine has: only the sum of such numbers stays one that can be written down. */
const MAX_TOLD_BYTES = 2 ** 40;

/** Why a message cannot come from our runtime in a sandbox; `undefined` if it can. */
export function unsoundness(message: WorkerRequest, attachments: readonly Attachment[]): string | undefined {
  switch (message.kind) {
    case 'module':
      // Nothing is bundled in a tab: this would put code under another module's name.
      return 'it brought a module';
    case 'jobFinished':
      return 'it spoke for a driver';
    case 'request':
      // The other questions are the raylet's own.
      return message.method === 'getActor' ? undefined : `it asked for "${message.method}"`;
    case 'exceeded':
      return message.reason === END_REASON.outOfMemory
        ? undefined
        : 'it gave a reason for its end that is not its to give';
    case 'memory':
      return Math.max(message.heapBytes, message.bufferBytes) <= MAX_TOLD_BYTES
        ? undefined
        : 'it lied about its memory';
    case 'put':
    case 'result': {
      // Whoever needs the value makes room for as much as is said here.
      const memory = message.attachment === 0 ? message.value : attachments[message.attachment - 1];
      if (memory?.byteLength === message.sizeBytes) return undefined;
      return `a value of ${message.sizeBytes} bytes came with ${memory?.byteLength ?? 0}`;
    }
    default:
      return undefined;
  }
}
