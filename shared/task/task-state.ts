/**
 * The life of a task as the GCS sees it, as a table of legal steps. Everything that moves a task goes through
 * {@link moveTask}, so an illegal step fails where it happens and the simulator can count which steps were taken.
 */

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

const TRANSITIONS: Readonly<Record<TaskState, readonly TaskState[]>> = {
  local: ['waiting', 'queued', 'leased', 'finished'],
  waiting: ['queued', 'leased', 'local', 'finished'],
  queued: ['waiting', 'leased', 'local', 'finished'],
  leased: ['waiting', 'queued', 'local', 'finished'],
  finished: ['waiting', 'queued'],
};

/** Every legal step, as `from→to`: what a thorough simulation has taken at least once. */
export const TASK_STEPS: readonly string[] = Object.entries(TRANSITIONS).flatMap(([from, to]) =>
  to.map((state) => `${from}→${state}`),
);

/** Moves a task to another state. @throws Error if that step is not in the table. */
export function moveTask(task: { state: TaskState }, to: TaskState): void {
  if (task.state === to) return;
  if (!TRANSITIONS[task.state].includes(to)) throw new Error(`a task cannot go from ${task.state} to ${to}`);
  task.state = to;
}
