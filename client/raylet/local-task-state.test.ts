import { describe, expect, it } from 'vitest';
import type { LocalTaskState } from './entries.ts';
import { LOCAL_TASK_LIFE, moveTask } from './local-task-state.ts';

const STATES: readonly LocalTaskState[] = ['asking', 'waiting', 'ready', 'running', 'blocked', 'elsewhere', 'done'];

describe('local task states', () => {
  it('L5 a task that is done stays done, and every other state can end there', () => {
    for (const state of STATES) {
      if (state !== 'done') expect(LOCAL_TASK_LIFE.steps).toContain(`${state}→done`);
      expect(LOCAL_TASK_LIFE.steps).not.toContain(`done→${state}`);
    }
  });

  it('S1 what went elsewhere does not run here, unless it comes back as a new entry', () => {
    const task: { state: LocalTaskState } = { state: 'elsewhere' };
    expect(() => moveTask(task, 'ready')).toThrow('cannot go from elsewhere to ready');
    expect(task.state).toBe('elsewhere');
  });
});
