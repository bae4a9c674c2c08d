import { describe, expect, it } from 'vitest';
import type { LocalTaskState } from './entries.ts';
import { LOCAL_TASK_STEPS, moveTask } from './local-task-state.ts';

const STATES: readonly LocalTaskState[] = ['asking', 'waiting', 'ready', 'running', 'blocked', 'elsewhere', 'done'];

describe('local task states', () => {
  it('L5 a task that is done stays done, and every other state can end there', () => {
    for (const state of STATES) {
      if (state !== 'done') expect(LOCAL_TASK_STEPS).toContain(`${state}→done`);
      expect(LOCAL_TASK_STEPS).not.toContain(`done→${state}`);
    }
  });

  it('S1 a step that is not in the table throws', () => {
    for (const from of STATES) {
      for (const to of STATES) {
        if (from === to || LOCAL_TASK_STEPS.includes(`${from}→${to}`)) continue;
        expect(() => moveTask({ state: from }, to)).toThrow(`cannot go from ${from} to ${to}`);
      }
    }
  });
});
