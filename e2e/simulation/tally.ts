/**
 * What many runs held between them: every kind of fault and every step of every state machine with its count. Over many seeds
 * each of them has to have happened: a simulator that never does a thing proves nothing about it.
 */
import { FAULT_KINDS, type FaultCounts } from './faults.ts';
import type { RunResult } from './simulation.ts';
import { ALL_STEPS, type StepCounts } from './transitions.ts';

/** From so many seeds on, … */
const JUDGED_SEEDS = 1_000;
/** … each kind of fault has to have happened so often, and each step once. */
const LEAST_FAULTS = 100;

/** The sum of many runs. */
export class Tally {
  readonly #faults: FaultCounts = new Map();
  readonly #steps: StepCounts = new Map();
  #runs = 0;
  #jobs = 0;
  #lostJobs = 0;
  #tasks = 0;
  #events = 0;
  #simulatedMs = 0;

  add(result: RunResult): void {
    this.#runs += 1;
    this.#jobs += result.jobs;
    this.#lostJobs += result.lostJobs;
    this.#tasks += result.tasks;
    this.#events += result.events;
    this.#simulatedMs += result.simulatedMs;
    sum(this.#faults, result.faults);
    sum(this.#steps, result.steps);
  }

  /** The table, line by line. */
  lines(): string[] {
    return [
      row('fault', 'times'),
      ...FAULT_KINDS.map((kind) => row(kind, this.#faults.get(kind) ?? 0)),
      '',
      row('step', 'times'),
      ...ALL_STEPS.map((step) => row(step, this.#steps.get(step) ?? 0)),
      '',
      `${this.#runs} seeds, ${this.#jobs} jobs (${this.#lostJobs} ended without a result), ${this.#tasks} results, ${this.#events} events in ${Math.round(this.#simulatedMs / 1000)} simulated seconds`,
    ];
  }

  /** What happened too rarely for so many seeds. */
  missing(): string[] {
    if (this.#runs < JUDGED_SEEDS) return [];
    const rare = FAULT_KINDS.filter((kind) => (this.#faults.get(kind) ?? 0) < LEAST_FAULTS);
    const never = ALL_STEPS.filter((step) => !this.#steps.has(step));
    return [
      ...rare.map(
        (kind) => `the fault "${kind}" came ${this.#faults.get(kind) ?? 0} times, and ${LEAST_FAULTS} is the least`,
      ),
      ...never.map((step) => `the step "${step}" was never taken`),
    ];
  }
}

function sum<K>(into: Map<K, number>, from: ReadonlyMap<K, number>): void {
  for (const [key, count] of from) into.set(key, (into.get(key) ?? 0) + count);
}

function row(name: string, count: number | string): string {
  return `${name.padEnd(48)} ${String(count).padStart(9)}`;
}
