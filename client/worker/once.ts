/**
 * `context().once(name, fn)`: in a durable `main` the result of `fn` is recorded, and a later run gets it without calling `fn`
 * (rule J1). What `fn` called of the cluster a later run would then miss, so it may call nothing.
 */
import { decodeError, encodeError } from '#shared/errors/error-record.ts';
import { decodeValue, encodeValue } from '#shared/serialization/value-codec.ts';
import { textDigest } from '#shared/task/call-digest.ts';
import { OPERATION } from '#shared/task/history-entries.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { bool, bytes, struct, uint } from '#shared/wire/schema.ts';
import { checkOutcome } from './main-run.ts';
import { MAX_OUTCOME_BYTES } from '#shared/task/history-entries.ts';
import type { TaskContext } from './task-context.ts';
import { TaskState } from './task-state.ts';

const result = struct({
  ok: bool,
  /** Lines that `fn` printed: a later run does not print them again. */
  lines: uint,
  value: bytes({ maxBytes: MAX_OUTCOME_BYTES * 2 }),
});

/** See `TaskContext.once`. Elsewhere than in a durable `main` each name is run once per attempt. */
export async function once(
  context: TaskContext<TaskState>,
  task: TaskState,
  name: string,
  fn: () => unknown,
): Promise<unknown> {
  const { main } = task;
  if (main === undefined) {
    const results = (task.once ??= new Map());
    let running = results.get(name);
    if (running === undefined) results.set(name, (running = Promise.resolve(context.run(task, fn))));
    return running;
  }
  const recorded = await main.operate({
    op: OPERATION.once,
    digest: textDigest(name),
    live: () => recordedRun(context, task, fn),
    again: (outcome) => {
      main.skipLines(result.read(new ByteReader(outcome)).lines);
      return Promise.resolve();
    },
  });
  const { ok, value } = result.read(new ByteReader(recorded));
  if (!ok) throw decodeError(value);
  return decodeValue(value, { copy: true });
}

async function recordedRun(context: TaskContext<TaskState>, task: TaskState, fn: () => unknown): Promise<Uint8Array> {
  const inside = new TaskState(task.key, task.attempt, task.actor, task.job, 'task');
  inside.isInsideOnce = true;
  const writer = new ByteWriter();
  try {
    const value = encodeValue(await context.run(inside, fn), {});
    result.write(writer, { ok: true, lines: inside.lines, value: checkOutcome(value.toBytes()) });
  } catch (error) {
    writer.reset();
    result.write(writer, { ok: false, lines: inside.lines, value: encodeError(error) });
  }
  return writer.finish();
}
