/**
 * The life of a task on a node, as a table of legal steps (the counterpart of `shared/task/task-state.ts`).
 */
import type { LocalTaskState } from './entries.ts';

const TRANSITIONS: Readonly<Record<LocalTaskState, readonly LocalTaskState[]>> = {
  asking: ['waiting', 'elsewhere', 'done'],
  waiting: ['ready', 'running', 'elsewhere', 'done'],
  ready: ['running', 'elsewhere', 'waiting', 'done'],
  running: ['blocked', 'ready', 'waiting', 'done'],
  blocked: ['running', 'waiting', 'done'],
  elsewhere: ['waiting', 'done'],
  done: [],
};

/** Every legal step, as `from→to`. */
export const LOCAL_TASK_STEPS: readonly string[] = Object.entries(TRANSITIONS).flatMap(([from, to]) =>
  to.map((state) => `${from}→${state}`),
);

/** Moves a task to another state. @throws Error if that step is not in the table. */
export function moveTask(task: { state: LocalTaskState }, to: LocalTaskState): void {
  if (task.state === to) return;
  if (!TRANSITIONS[task.state].includes(to)) throw new Error(`a local task cannot go from ${task.state} to ${to}`);
  task.state = to;
}
