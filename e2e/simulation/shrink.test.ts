import { describe, expect, it } from 'vitest';
import { shrink } from './shrink.ts';
import type { RunOptions, RunResult } from './simulation.ts';

const PLANNED = { nodes: 5, jobs: 3, faults: 16 };

function resultOf(failure: string | undefined): RunResult {
  return {
    seed: 1,
    simulatedMs: 0,
    events: 0,
    jobs: 0,
    lostJobs: 0,
    tasks: 0,
    planned: PLANNED,
    faults: new Map(),
    steps: new Map(),
    digest: 0,
    failure,
    story: [],
  };
}

/** Fails while all that it takes is there. */
function runner(isFailing: (options: RunOptions) => boolean): (options: RunOptions) => Promise<RunResult> {
  return (options) => Promise.resolve(resultOf(isFailing(options) ? 'it is wrong' : undefined));
}

const has = (list: ReadonlySet<number> | undefined, number: number): boolean => list?.has(number) ?? true;

describe('shrinking', () => {
  it('L4 leaves the faults, jobs, tasks and nodes that a failure takes, and no others', async () => {
    const run = runner(
      ({ faults, jobs, tasks = 40, nodes = 5 }) =>
        has(faults, 3) && has(faults, 7) && has(jobs, 2) && tasks >= 3 && nodes >= 2,
    );
    const { options, result, runs } = await shrink(run, {}, resultOf('it is wrong'));
    expect(options).toEqual({ faults: new Set([3, 7]), jobs: new Set([2]), tasks: 3, nodes: 2 });
    expect(result.failure).toBe('it is wrong');
    expect(runs).toBeLessThan(100);
  });

  it('L4 finds what only becomes superfluous when something else is gone', async () => {
    // With the second job there its fault is needed as well.
    const run = runner(({ faults, jobs }) => has(faults, 1) && (!has(jobs, 2) || has(faults, 2)));
    const { options } = await shrink(run, {}, resultOf('it is wrong'));
    expect(options.faults).toEqual(new Set([1]));
  });

  it('B1 ends after 200 runs', async () => {
    const planned = { nodes: 900, jobs: 900, faults: 900 };
    const { runs } = await shrink(
      runner(() => false),
      {},
      { ...resultOf('it is wrong'), planned },
    );
    expect(runs).toBe(200);
  });
});
