import { describe, expect, it } from 'vitest';
import { moveTask, TASK_LIFE, type TaskState } from './task-state.ts';

const STATES: readonly TaskState[] = ['local', 'waiting', 'queued', 'leased', 'finished'];

describe('task states', () => {
  it('L4 every state can be reached, and from every state a task can finish', () => {
    for (const state of STATES) {
      expect(TASK_LIFE.steps.some((step) => step.endsWith(`→${state}`))).toBe(true);
      if (state !== 'finished') expect(TASK_LIFE.steps).toContain(`${state}→finished`);
    }
  });

  it('L5 a step that is not in the table leaves the task as it was', () => {
    const task: { state: TaskState } = { state: 'finished' };
    expect(() => moveTask(task, 'leased')).toThrow('cannot go from finished to leased');
    expect(task.state).toBe('finished');
    moveTask(task, 'waiting');
    expect(task.state).toBe('waiting');
  });
});
