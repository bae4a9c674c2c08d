/**
 * One run: a cluster lives through what its seed holds, is healed, and must then come to the right end with nothing left over.
 */
import type { ControlPlane } from '#server/control-plane.ts';
import { Cluster, type ClusterSize } from './cluster.ts';
import { type FaultCounts, Faults } from './faults.ts';
import { leftovers } from './leftovers.ts';
import { planOperator } from './operator.ts';
import { Seam } from './planted-bugs-seam.ts';
import type { PlantedBug } from './planted-bugs-type.ts';
import { countSteps, type StepCounts } from './transitions.ts';

/** After the last harm every job must end within so much simulated time … */
const HEAL_LIMIT_MS = 600_000;
/** … and then everything must be gone within so much. */
const EMPTY_LIMIT_MS = 120_000;

/** Of a job that does not end so many tasks are named. */
const SHOWN_TASKS = 5;
/** Looking at all that may be left takes a while. */
const LOOK_EVENTS = 16;

/** Jobs begin within this share of the time in which harm comes. */
const JOBS_SHARE = 0.6;

/** What of a seed is run, and how; by default all of it as it is. */
export interface RunOptions extends ClusterSize {
  /** Numbers, from 1, of the faults that come at all. */
  readonly faults?: ReadonlySet<number> | undefined;
  /** A mistake that is made for the time of the run. */
  readonly bug?: PlantedBug | undefined;
  /** The story is told of every task and object as well. */
  readonly isDetailed?: boolean;
}

/** What a run was like. */
export interface RunResult {
  readonly seed: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly jobs: number;
  readonly lostJobs: number;
  readonly tasks: number;
  /** What the seed holds, whether it was run or not. */
  readonly planned: { readonly nodes: number; readonly jobs: number; readonly faults: number };
  readonly faults: FaultCounts;
  readonly steps: StepCounts;
  /** Two runs with the same digest had the same story. */
  readonly digest: number;
  readonly failure: string | undefined;
  /** The last lines of the story, if it failed. */
  readonly story: readonly string[];
}

/**
 * Runs a seed. Errors have no stack meanwhile: it tells who called the simulator, takes room on the wire, and so would make
 * the same seed another story in another program.
 */
export async function simulate(seed: number, options: RunOptions = {}): Promise<RunResult> {
  const { stackTraceLimit } = Error;
  const steps: StepCounts = new Map();
  using _planted = new Seam((seam) => {
    countSteps(seam, steps);
    options.bug?.plant(seam);
  });
  Error.stackTraceLimit = 0;
  try {
    return await run(seed, options, steps);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function run(seed: number, options: RunOptions, steps: StepCounts): Promise<RunResult> {
  const cluster = new Cluster(seed, options);
  const { world } = cluster;
  if (options.isDetailed === true) cluster.tellDetails();
  const faults = new Faults(cluster, options.faults);
  let failure: string | undefined;
  try {
    cluster.start(faults.untilMs * JOBS_SHARE);
    // To leave it out it counts as one more fault.
    if (options.faults?.has(faults.planned + 1) !== false) planOperator(cluster, faults.untilMs);
    await world.run(() => false, faults.untilMs);
    if (!(await world.run(() => cluster.isDone, HEAL_LIMIT_MS))) failure = `jobs do not end: ${unfinished(cluster)}`;
    else if (
      !(await world.run(() => world.events % LOOK_EVENTS === 0 && leftovers(cluster).length === 0, EMPTY_LIMIT_MS))
    )
      failure = `something is left: ${leftovers(cluster).join(', ')}`;
  } catch (error) {
    failure =
      error instanceof Error && error.name === 'SimulationError' ? error.message : `unexpected ${String(error)}`;
  }
  return {
    seed,
    simulatedMs: world.nowMs,
    events: world.events,
    jobs: cluster.drivers.length,
    lostJobs: cluster.drivers.filter(({ state }) => state === 'lost').length,
    tasks: cluster.rules.acceptedCount,
    planned: { nodes: cluster.nodes.length, jobs: cluster.jobsPlanned, faults: faults.planned + 1 },
    faults: faults.counts,
    steps,
    digest: world.story.digest,
    failure,
    story: failure === undefined ? [] : world.story.about(failure),
  };
}

/** The jobs that do not end, and some of what they wait for. */
function unfinished({ drivers, submitted, server }: Cluster): string {
  const jobs = [...drivers, ...submitted]
    .filter(({ state }) => state === 'running')
    .map(({ plan, progress }) => `${plan.name} is at step ${progress}`);
  const { gcs } = server.plane ?? {};
  const tasks = [...(gcs?.state.tasks.values() ?? [])]
    .filter(({ state }) => state !== 'finished')
    .slice(0, SHOWN_TASKS)
    .map(({ key, state }) => `task ${key} is ${state} (${why(gcs?.explain(key))})`);
  return [...jobs, ...tasks].join(', ');
}

function why(told: ReturnType<ControlPlane['gcs']['explain']> | undefined): string {
  const nodes = told?.candidates.map(({ session, closed }) => `session ${session}: ${closed ?? 'taken'}`) ?? [];
  return [told?.reason, ...nodes].join('; ');
}
