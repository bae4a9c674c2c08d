/**
 * Calls kept back until their function is known, when it turns out that it cannot be had: they fail, and so does
 * whatever depends on them.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';

/** Splits messages that were kept back. `failures`: why a function cannot be had, by its number. */
export function withoutFailed(
  failures: ReadonlyMap<number, Error>,
  messages: readonly WorkerRequest[],
): { kept: WorkerRequest[]; failed: Map<ObjectKey, Error> } {
  const failed = new Map<ObjectKey, Error>();
  const submitted = messages.filter((message) => {
    if (message.kind !== 'submit') return true;
    const failure =
      failures.get(message.fn) ??
      [message.actor, ...message.deps, ...message.nested]
        .map((key) => failed.get(key))
        .find((error) => error !== undefined);
    if (failure !== undefined) failed.set(message.task, failure);
    return failure === undefined;
  });
  const kept = submitted
    .filter((message) => !('object' in message && failed.has(message.object)))
    .map((message) => withoutObjects(message, failed));
  return { kept, failed };
}

function withoutObjects(message: WorkerRequest, failed: ReadonlyMap<ObjectKey, Error>): WorkerRequest {
  if (message.kind !== 'block') return message;
  const objects = message.objects.filter((key) => !failed.has(key));
  const gone = message.objects.length - objects.length;
  return gone === 0
    ? message
    : { ...message, objects, needed: Math.min(objects.length, Math.max(0, message.needed - gone)) };
}
