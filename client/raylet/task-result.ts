/**
 * The result of a task on its way to whoever waits for it: into the journal, and to those on this node.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { DURABLE_INLINE_BYTES } from '#shared/protocol/limits.ts';
import { OUTCOME } from '#shared/protocol/node-records.ts';
import type { TaskEntry } from './entries.ts';
import type { LocalObjects } from './local-objects.ts';
import type { LocalTaskHooks } from './local-task-hooks.ts';

const NO_BYTES = new Uint8Array(0);

/** What an attempt ended with. */
export interface TaskResult {
  readonly outcome: number;
  readonly durationUs: number;
  readonly sizeBytes: number;
  readonly value: Uint8Array;
  readonly nested: ObjectKey[];
  readonly memory: Attachment | undefined;
}

/** Tells of a result. Returns the encoded error, if it is one. */
export function tellResult(
  task: TaskEntry,
  result: TaskResult,
  objects: LocalObjects,
  hooks: Pick<LocalTaskHooks, 'journal' | 'unsure'>,
): Uint8Array | undefined {
  const { outcome, durationUs, sizeBytes, nested } = result;
  const isValue = outcome === OUTCOME.value;
  const inRecord = !isValue || (result.memory === undefined && sizeBytes <= DURABLE_INLINE_BYTES);
  const value = result.value.length <= DURABLE_INLINE_BYTES ? result.value.slice() : result.value;
  hooks.journal(
    {
      kind: 'finish',
      task: task.key,
      outcome,
      durationUs,
      sizeBytes,
      value: inRecord ? value : NO_BYTES,
      nested,
      attempt: task.attempt,
    },
    task.leased ? 'now' : 'soon',
  );
  const object = objects.get(task.key);
  if (object || !inRecord) {
    const target = object ?? objects.obtain(task.key);
    // A copy that counts is of the version that was accepted (rule O1): what this attempt made is another.
    const isKnown = objects.hasCopy(target);
    if (!isKnown && task.leased && isValue && nested.length > 0) {
      objects.hide(target);
      hooks.unsure(task.key);
    }
    if (isKnown) objects.touch(target);
    else if (!isValue) objects.setError(target, value);
    else if (result.memory) objects.setLocal(target, result.memory, sizeBytes, nested);
    else objects.setInline(target, value, nested, !inRecord);
    if (target.uses <= 0) objects.forgetUnused(target);
  }
  return isValue ? undefined : value;
}
