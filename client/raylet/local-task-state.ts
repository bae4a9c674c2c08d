/**
 * The life of a task on a node (the counterpart of `shared/task/task-state.ts`). One that comes back by lease is a new entry.
 */
import { StateMachine } from '#shared/state-machine.ts';
import type { LocalTaskState } from './entries.ts';

export const LOCAL_TASK_LIFE = new StateMachine<LocalTaskState>('local task', {
  asking: ['waiting', 'elsewhere', 'done'],
  waiting: ['ready', 'running', 'elsewhere', 'done'],
  ready: ['running', 'elsewhere', 'done'],
  running: ['blocked', 'ready', 'waiting', 'elsewhere', 'done'],
  blocked: ['running', 'waiting', 'elsewhere', 'done'],
  elsewhere: ['done'],
  done: [],
});

/** Moves a task to another state. @throws Error if that step is not in the table */
export function moveTask(task: { state: LocalTaskState }, to: LocalTaskState): void {
  task.state = LOCAL_TASK_LIFE.step(task.state, to);
}
