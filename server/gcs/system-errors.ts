/**
 * Errors that the control plane itself gives to whoever asked for a result, encoded as values of an error record.
 */
import {
  ActorDiedError,
  ActorUnavailableError,
  NodeDiedError,
  ObjectLostError,
  OutOfMemoryError,
  RuntimeLimitError,
  TaskCancelledError,
  WorkerCrashedError,
} from '#shared/errors/daylight-error.ts';
import { errorRecordCodec, errorToWire } from '#shared/errors/error-record.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';

const CLASSES = {
  cancelled: TaskCancelledError,
  nodeDied: NodeDiedError,
  workerCrashed: WorkerCrashedError,
  outOfMemory: OutOfMemoryError,
  runtimeLimit: RuntimeLimitError,
  actorDied: ActorDiedError,
  actorUnavailable: ActorUnavailableError,
  objectLost: ObjectLostError,
} as const;

/** What happened, as a class of error. */
export type SystemErrorKind = keyof typeof CLASSES;

/** An error as the bytes that travel in its place. */
export function encodeError(error: Error): Uint8Array {
  // Where in the server it was made tells a user nothing.
  error.stack = `${error.name}: ${error.message}`;
  const writer = new ByteWriter(512);
  errorRecordCodec.write(writer, errorToWire(error));
  return writer.finish();
}

/** The bytes that travel as the `value` of a failed task or object. `logTail` is the end of what the task printed. */
export function systemError(kind: SystemErrorKind, message: string, logTail = ''): Uint8Array {
  const text = logTail === '' ? message : `${message}\n  last lines it printed:\n${logTail}`;
  return encodeError(new CLASSES[kind](text));
}
