/**
 * Counts the steps that the state machines of the system take while a run lasts: nothing of it is in the machines themselves.
 */
import { PULL_LIFE } from '#client/object-manager/pull-state.ts';
import { LOCAL_OBJECT_LIFE } from '#client/raylet/local-object-state.ts';
import { LOCAL_TASK_LIFE } from '#client/raylet/local-task-state.ts';
import { LOCAL_SESSION_LIFE } from '#client/raylet/session-state.ts';
import { WORKER_LIFE } from '#client/raylet/worker-pool.ts';
import { ACTOR_LIFE, JOB_LIFE, OBJECT_LIFE, SESSION_LIFE } from '#server/gcs/lives.ts';
import type { StateMachine } from '#shared/state-machine.ts';
import { TASK_LIFE } from '#shared/task/task-state.ts';
import type { Seam } from './planted-bugs-seam.ts';

/** Machines of any states, as far as they are counted. */
type AnyMachine = Pick<StateMachine<string>, 'name' | 'steps'> & { step(from: never, to: never): string };

const MACHINES: readonly AnyMachine[] = [
  TASK_LIFE,
  OBJECT_LIFE,
  ACTOR_LIFE,
  JOB_LIFE,
  SESSION_LIFE,
  LOCAL_TASK_LIFE,
  LOCAL_OBJECT_LIFE,
  LOCAL_SESSION_LIFE,
  WORKER_LIFE,
  PULL_LIFE,
];

/** Every step that there is, as `machine: from→to`. */
export const ALL_STEPS: readonly string[] = MACHINES.flatMap(({ name, steps }) =>
  steps.map((step) => `${name}: ${step}`),
);

/** How often each step was taken. */
export type StepCounts = Map<string, number>;

/** Counts as long as the seam is open. */
export function countSteps(seam: Seam, counts: StepCounts): void {
  for (const machine of MACHINES)
    seam.replace(machine, 'step', (step) => (from, to) => {
      const after = step.call(machine, from, to);
      if (from !== to) {
        const taken = `${machine.name}: ${String(from)}→${after}`;
        counts.set(taken, (counts.get(taken) ?? 0) + 1);
      }
      return after;
    });
}
