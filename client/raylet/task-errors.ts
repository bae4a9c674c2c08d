/**
 * Errors that a node gives to whoever waits for a task of its own.
 */
import {
  ActorDiedError,
  OutOfMemoryError,
  RuntimeLimitError,
  TaskCancelledError,
  WorkerCrashedError,
} from '#shared/errors/daylight-error.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { TaskEntry } from './entries.ts';

/** For a task that was cancelled. */
export function cancelledError(): TaskCancelledError {
  return new TaskCancelledError('the task was cancelled');
}

/** For a value that this node has no memory for. */
export function tooLarge(sizeBytes: number): OutOfMemoryError {
  return new OutOfMemoryError(`a value of ${sizeBytes} bytes does not fit into the memory of this node`);
}

/** For calls of an actor that ended for good. */
export function actorDied(message: string): ActorDiedError {
  return new ActorDiedError(`the actor died: ${message}`);
}

/** For a task whose worker ended under it; says how often and what it printed last. */
export function crashError(reason: number, task: TaskEntry, message: string): Error {
  const attempts = task.failures > 1 ? ` (attempt ${task.failures})` : '';
  const tail = task.logTail === '' ? '' : `\n  last lines it printed:\n${task.logTail}`;
  const text = `${task.fn.name}: ${message}${attempts}${tail}`;
  if (reason === END_REASON.outOfMemory) return new OutOfMemoryError(text);
  if (reason === END_REASON.runtimeLimit) return new RuntimeLimitError(text);
  return new WorkerCrashedError(text);
}
