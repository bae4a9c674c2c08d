/**
 * One run: a cluster lives through what its seed holds, is healed, and must then come to the right end with nothing left over.
 */
import { Cluster, type ClusterSize } from './cluster.ts';
import { type FaultCounts, Faults } from './faults.ts';
import { leftovers } from './leftovers.ts';
import { Seam } from './planted-bugs-seam.ts';
import type { PlantedBug } from './planted-bugs-type.ts';

/** After the last harm every job must end within so much simulated time … */
const HEAL_LIMIT_MS = 600_000;
/** … and then everything must be gone within so much. */
const EMPTY_LIMIT_MS = 120_000;

/** Jobs begin within this share of the time in which harm comes. */
const JOBS_SHARE = 0.6;

/** What is special about a run. */
export interface RunOptions extends ClusterSize {
  /** A mistake that is made for its time. */
  readonly bug?: PlantedBug | undefined;
}

/** What a run was like. */
export interface RunResult {
  readonly seed: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly jobs: number;
  readonly lostJobs: number;
  readonly tasks: number;
  readonly faults: FaultCounts;
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
export async function simulate(seed: number, { bug, ...size }: RunOptions = {}): Promise<RunResult> {
  const { stackTraceLimit } = Error;
  using _planted = new Seam((seam) => bug?.plant(seam));
  Error.stackTraceLimit = 0;
  try {
    return await run(seed, size);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function run(seed: number, size: ClusterSize): Promise<RunResult> {
  const cluster = new Cluster(seed, size);
  const { world } = cluster;
  const faults = new Faults(cluster);
  let failure: string | undefined;
  try {
    cluster.start(faults.untilMs * JOBS_SHARE);
    await world.run(() => false, faults.untilMs);
    if (!(await world.run(() => cluster.isDone, HEAL_LIMIT_MS)))
      failure = `jobs do not end: ${cluster.drivers
        .filter(({ state }) => state === 'running')
        .map(({ plan, progress }) => `${plan.name} is at step ${progress}`)
        .join(', ')}`;
    else if (!(await world.run(() => leftovers(cluster).length === 0, EMPTY_LIMIT_MS)))
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
    faults: faults.counts,
    digest: world.story.digest,
    failure,
    story: failure === undefined ? [] : world.story.last(80),
  };
}
