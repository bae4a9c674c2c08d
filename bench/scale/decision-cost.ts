// What one decision of the global scheduler costs (rule S2), by the number of nodes: with room, where a task arrives and goes
// somewhere at once; and full, where many wait and a place comes free. Real time of the real scheduler, alone on its thread.
import { seededRandom } from '#shared/ports/random.ts';
import type { BenchRow } from '../harness/bench-row.ts';
import { median, quantile } from '../harness/measure.ts';
import { shortNumber } from '../harness/table.ts';
import { DecisionWorld } from './decision-world.ts';

/** The budget for the 99th percentile at 10 000 nodes. */
const BUDGET_US = 50;
/** … and how many times the cost at 100 nodes it may be. */
const BUDGET_RATIO = 3;

/** On how many nodes how many decisions are timed. */
export interface DecisionEffort {
  readonly few: number;
  readonly many: number;
  readonly rounds: number;
  /** In a round, unless its time is over before; then it has fewer. */
  readonly decisions: number;
  readonly roundMs: number;
}

/** What the published figures are made with. */
export const FULL_EFFORT: DecisionEffort = { few: 100, many: 10_000, rounds: 5, decisions: 4_000, roundMs: 2_000 };
export const QUICK_EFFORT: DecisionEffort = { few: 10, many: 100, rounds: 1, decisions: 100, roundMs: 500 };

type Situation = 'with room' | 'full';

/** CPUs that are busy while there is room; a task asks for about two. */
const BUSY_SHARE = 0.6;
const CPUS_PER_TASK = 1.875;
/** Tasks that wait while the cluster is full. */
const WAITING = 10_000;
/** Time between two events. */
const STEP_MS = 0.01;

/** Microseconds per decision, one list per round. */
function timeDecisions(
  nodes: number,
  situation: Situation,
  { rounds, decisions, roundMs }: DecisionEffort,
): number[][] {
  const world = new DecisionWorld(nodes, seededRandom(nodes));
  fill(world, situation);
  const round = (): number[] => {
    const times: number[] = [];
    const endMs = performance.now() + roundMs;
    while (times.length < decisions && performance.now() < endMs) times.push(timeOne(world));
    return times;
  };
  round();
  return Array.from({ length: rounds }, round);
}

/** Brings the cluster into the situation. */
function fill(world: DecisionWorld, situation: Situation): void {
  const arrive = (count: number): void => {
    for (let n = 0; n < count; n++) world.scheduler.add(world.newTask());
    world.scheduler.dispatch();
  };
  if (situation === 'with room') {
    arrive(Math.ceil((world.cpus * BUSY_SHARE) / CPUS_PER_TASK));
    return;
  }
  while (world.scheduler.waitingCount < WAITING) arrive(WAITING);
}

/** A task ends and another comes; what the scheduler does about it is timed. */
function timeOne(world: DecisionWorld): number {
  world.pass(STEP_MS);
  const task = world.newTask();
  const leasesBefore = world.leases;
  const startMs = performance.now();
  // What a node that has less to do costs the books is part of the decision that follows from it.
  world.endOne();
  world.scheduler.add(task);
  world.scheduler.dispatch();
  const elapsedUs = (performance.now() - startMs) * 1000;
  return elapsedUs / Math.max(1, world.leases - leasesBefore);
}

function rowsOf(situation: Situation, effort: DecisionEffort): BenchRow[] {
  const few = timeDecisions(effort.few, situation, effort);
  const many = timeDecisions(effort.many, situation, effort);
  const at = (rounds: number[][], share: number): number[] => rounds.map((times) => quantile(times, share));
  return [0.5, 0.99].flatMap((share) => {
    const fewUs = median(at(few, share));
    return [effort.few, effort.many].map((nodes): BenchRow => {
      const values = at(nodes === effort.few ? few : many, share);
      const value = median(values);
      const compared = `${shortNumber(value / fewUs)} × the cost at ${effort.few} nodes (at most ${BUDGET_RATIO} ×)`;
      return {
        name: `scheduler decision p${share * 100}, ${situation}, ${nodes} nodes`,
        value,
        unit: 'µs',
        min: Math.min(...values),
        max: Math.max(...values),
        ...(share > 0.5 ? { limit: BUDGET_US, fractionOfLimit: value / BUDGET_US } : {}),
        note: `${(nodes === effort.few ? few : many).flat().length} decisions${nodes === effort.few ? '' : `; ${compared}`}`,
      };
    });
  });
}

/** Rows of both situations at 100 and at 10 000 nodes. */
export function decisionRows(effort: DecisionEffort): BenchRow[] {
  return [...rowsOf('with room', effort), ...rowsOf('full', effort)];
}
