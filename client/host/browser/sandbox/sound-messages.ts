/**
 * What a sandbox worker may say at all (rule T1). Job code shares its realm with our runtime and could, with effort, speak
 * for it; the raylet must not come to harm by it, nor other jobs on this node.
 */
import type { Attachment } from '#shared/ports/transport.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';

/** Why a message cannot come from our runtime in a sandbox; `undefined` if it can. */
export function unsoundness(message: WorkerRequest, attachments: readonly Attachment[]): string | undefined {
  switch (message.kind) {
    case 'module':
      // Nothing is bundled in a tab: this would put code under another module's name.
      return 'it brought a module';
    case 'jobFinished':
      return 'it spoke for a driver';
    case 'put':
    case 'result': {
      if (message.attachment === 0) return undefined;
      const memory = attachments[message.attachment - 1];
      if (memory?.byteLength === message.sizeBytes) return undefined;
      return `a value of ${message.sizeBytes} bytes came with ${memory?.byteLength ?? 0}`;
    }
    default:
      return undefined;
  }
}
