/**
 * Journal records with everything filled in, for tests.
 */
import { objectKey } from '#shared/ids/object-key.ts';
import type { NodeRecordOf } from '#shared/protocol/node-records.ts';
import { DEFAULT_OPTIONS, optionsToJson, type ResolvedOptions } from '#shared/task/task-options.ts';

const NO_BYTES = new Uint8Array(0);

export const VALUE = Uint8Array.of(1, 2, 3);

/** Introduces function and options number 0 (a task), and number 1 (an actor class with method number 2). */
export function definitions(options: Partial<ResolvedOptions> = {}, actorOptions: Partial<ResolvedOptions> = {}) {
  const actor = { className: 'Counter', methods: ['inc'] };
  return [
    { kind: 'function', fn: 0, module: 'm', name: 'job.ts#square', functionKind: 0 },
    { kind: 'function', fn: 1, module: 'm', name: 'job.ts#Counter', functionKind: 1 },
    { kind: 'function', fn: 2, module: '', name: 'inc', functionKind: 2 },
    { kind: 'options', options: 0, json: optionsToJson({ ...DEFAULT_OPTIONS, ...options }) },
    { kind: 'options', options: 1, json: optionsToJson({ ...DEFAULT_OPTIONS, actor, ...actorOptions }) },
  ] as const;
}

export function submit(
  session: number,
  number: number,
  fields: Partial<Omit<NodeRecordOf<'submit'>, 'kind' | 'task'>> = {},
): NodeRecordOf<'submit'> {
  return {
    kind: 'submit',
    task: objectKey(session, number),
    parent: 0,
    actor: 0,
    fn: 0,
    options: 0,
    args: NO_BYTES,
    deps: [],
    nested: [],
    k: number,
    place: 1,
    ...fields,
  };
}

export function finish(
  task: number,
  fields: Partial<Omit<NodeRecordOf<'finish'>, 'kind' | 'task'>> = {},
): NodeRecordOf<'finish'> {
  return {
    kind: 'finish',
    task,
    outcome: 0,
    durationUs: 100,
    sizeBytes: VALUE.length,
    value: VALUE,
    nested: [],
    attempt: 1,
    ...fields,
  };
}

export function finishStored(
  task: number,
  fields: Partial<Omit<NodeRecordOf<'finish'>, 'kind' | 'task'>> = {},
): NodeRecordOf<'finish'> {
  return finish(task, { value: NO_BYTES, sizeBytes: 1_000_000, ...fields });
}

export function put(
  session: number,
  number: number,
  fields: Partial<Omit<NodeRecordOf<'put'>, 'kind' | 'object'>> = {},
): NodeRecordOf<'put'> {
  return {
    kind: 'put',
    object: objectKey(session, number),
    parent: 0,
    sizeBytes: 1_000_000,
    value: NO_BYTES,
    nested: [],
    k: 0,
    digest: NO_BYTES,
    ...fields,
  };
}

export function failed(
  task: number,
  fields: Partial<Omit<NodeRecordOf<'failed'>, 'kind' | 'task'>> = {},
): NodeRecordOf<'failed'> {
  return {
    kind: 'failed',
    task,
    attempt: 1,
    reason: 0,
    counted: true,
    retriedHere: false,
    message: 'crashed',
    logTail: '',
    ...fields,
  };
}
