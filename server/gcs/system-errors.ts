/**
 * Errors that the control plane itself gives to whoever asked for a result, encoded as values of an error record.
 */
import {
  ActorDiedError,
  ActorUnavailableError,
  InfeasibleError,
  NodeDiedError,
  ObjectLostError,
  OutOfMemoryError,
  RuntimeLimitError,
  TaskCancelledError,
  WorkerCrashedError,
} from '#shared/errors/daylight-error.ts';
import { encodeError, errorRecordCodec } from '#shared/errors/error-record.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import { plainWords } from '#shared/text/plain-words.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';

const CLASSES = {
  cancelled: TaskCancelledError,
  nodeDied: NodeDiedError,
  workerCrashed: WorkerCrashedError,
  outOfMemory: OutOfMemoryError,
  runtimeLimit: RuntimeLimitError,
  actorDied: ActorDiedError,
  actorUnavailable: ActorUnavailableError,
  objectLost: ObjectLostError,
  infeasible: InfeasibleError,
} as const;

/** What happened, as a class of error. */
export type SystemErrorKind = keyof typeof CLASSES;

/** The bytes that travel as the `value` of a failed task or object. `logTail` is the end of what the task printed. */
export function systemError(kind: SystemErrorKind, message: string, logTail = ''): Uint8Array {
  const text = logTail === '' ? message : `${message}\n  last lines it printed:\n${logTail}`;
  return encodeError(new CLASSES[kind](text));
}

/** Of an object that nobody held. Made once: nodes may ask for thousands of such objects in one frame. */
export const FREED = systemError('objectLost', 'the object was freed: nobody held it any more');

const MAX_LINE_CHARS = 300;
/** The last one that was read: a job that is stopped gives the same to each of its tasks, and they may be a million. */
let lastLine: { readonly encoded: Uint8Array; readonly line: string } | undefined;

/** An error in one line for people: of its record the name and the message only, and no class is revived (rule T3). */
export function errorLine(encoded: Uint8Array): string {
  if (lastLine?.encoded !== encoded) lastLine = { encoded, line: readLine(encoded) };
  return lastLine.line;
}

function readLine(encoded: Uint8Array): string {
  try {
    const [first] = errorRecordCodec.read(new ByteReader(encoded)).links;
    return first ? plainWords(`${first.name}: ${first.message}`).slice(0, MAX_LINE_CHARS) : '';
  } catch {
    // What a node says may be anything.
    return '';
  }
}

/** What the reason of an ended attempt is called as an error. */
export function errorKindOf(reason: number): SystemErrorKind {
  if (reason === END_REASON.outOfMemory) return 'outOfMemory';
  if (reason === END_REASON.runtimeLimit) return 'runtimeLimit';
  return reason === END_REASON.nodeDied ? 'nodeDied' : 'workerCrashed';
}
