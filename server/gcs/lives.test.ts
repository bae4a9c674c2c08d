import { describe, expect, it } from 'vitest';
import { ACTOR_LIFE, JOB_LIFE, OBJECT_LIFE, SESSION_LIFE } from './lives.ts';

describe('lives of what the GCS keeps', () => {
  it('M1 A1 J3 nothing follows death, and nothing the end of a job', () => {
    for (const { steps } of [SESSION_LIFE, ACTOR_LIFE]) {
      expect(steps.filter((step) => step.endsWith('→dead')).length).toBeGreaterThan(0);
      expect(steps.filter((step) => step.startsWith('dead→'))).toEqual([]);
    }
    expect(JOB_LIFE.steps.filter((step) => !step.startsWith('running→'))).toEqual([]);
  });

  it('O1 an accepted value is never replaced: it is freed or lost first', () => {
    for (const value of ['inline', 'stored', 'error'])
      expect(OBJECT_LIFE.steps.filter((step) => step.endsWith(`→${value}`))).toEqual([`pending→${value}`]);
  });
});
