import { describe, expect, it } from 'vitest';
import { moveTask, TASK_STEPS, type TaskState } from './task-state.ts';

const STATES: readonly TaskState[] = ['local', 'waiting', 'queued', 'leased', 'finished'];

describe('task states', () => {
  it('L4 every state can be reached, and from every state a task can finish', () => {
    for (const state of STATES) {
      expect(TASK_STEPS.some((step) => step.endsWith(`→${state}`))).toBe(true);
      if (state !== 'finished') expect(TASK_STEPS).toContain(`${state}→finished`);
    }
  });

  it('L5 a step that is not in the table throws, staying is no step', () => {
    for (const from of STATES) {
      for (const to of STATES) {
        const task = { state: from };
        const move = (): void => moveTask(task, to);
        if (from === to || TASK_STEPS.includes(`${from}→${to}`)) move();
        else expect(move).toThrow(`cannot go from ${from} to ${to}`);
        expect(task.state).toBe(from === to || TASK_STEPS.includes(`${from}→${to}`) ? to : from);
      }
    }
  });
});
