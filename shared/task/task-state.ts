/**
 * The life of a task as the GCS sees it, as a table of legal steps: from submission to a result, and round again when a node
 * or a result was lost (rule L4).
 */
import { StateMachine } from '../state-machine.ts';

/** Where a task stands. */
export type TaskState =
  /** Kept by the local scheduler of the node it was born on (rule S1). */
  | 'local'
  /** Some of its inputs are not there yet. */
  | 'waiting'
  /** Ready; the global scheduler or its actor's queue has it. */
  | 'queued'
  /** Given to a node. */
  | 'leased'
  /** It has a result: a value or an error. */
  | 'finished';

/** Every attempt begins with `waiting`: also one of which only its node can tell, after a start of the server (rule M3). */
export const TASK_LIFE = new StateMachine<TaskState>('task', {
  local: ['waiting', 'finished'],
  waiting: ['queued', 'local', 'leased', 'finished'],
  queued: ['leased', 'waiting', 'finished'],
  leased: ['waiting', 'finished'],
  finished: ['waiting'],
});

/** Moves a task to another state. @throws Error if that step is not in the table */
export function moveTask(task: { state: TaskState }, to: TaskState): void {
  task.state = TASK_LIFE.step(task.state, to);
}
