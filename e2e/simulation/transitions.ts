/**
 * Counts the steps that the state machines of the system take while a run lasts: nothing of it is in the machines themselves.
 */
import { LOCAL_OBJECT_LIFE } from '#client/raylet/local-object-state.ts';
import { LOCAL_TASK_LIFE } from '#client/raylet/local-task-state.ts';
import { PULL_LIFE } from '#client/raylet/object-transfer.ts';
import { LOCAL_SESSION_LIFE } from '#client/raylet/session-state.ts';
import { WORKER_LIFE } from '#client/raylet/worker-pool.ts';
import { ACTOR_LIFE, JOB_LIFE, OBJECT_LIFE, SESSION_LIFE } from '#server/gcs/lives.ts';
import type { StateMachine } from '#shared/state-machine.ts';
import { TASK_LIFE } from '#shared/task/task-state.ts';

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

let isCounting = false;

/** Counts from now on; gives a function that ends it. One run at a time: the machines are those of all clusters in the process. */
export function countSteps(counts: StepCounts): () => void {
  if (isCounting) throw new Error('another run is being counted: one run after the other');
  isCounting = true;
  const undo = MACHINES.map((machine) => {
    const step = machine.step.bind(machine);
    machine.step = (from, to) => {
      const after = step(from, to);
      if (from !== to) {
        const taken = `${machine.name}: ${String(from)}→${after}`;
        counts.set(taken, (counts.get(taken) ?? 0) + 1);
      }
      return after;
    };
    return () => void Reflect.deleteProperty(machine, 'step');
  });
  return () => {
    isCounting = false;
    for (const back of undo) back();
  };
}
