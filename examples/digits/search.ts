// What the search over the digits is, without saying where it runs: the trials, the rungs, one trial's training in one
// rung. The job runs these steps as tasks on a cluster, `sequential.ts` as plain calls; both give the same result.
import { survivors } from './halving.ts';
import { SPLIT } from './dataset.ts';
import type { Dataset } from './dataset.ts';
import { accuracy, createNetwork, trainEpochs } from './mlp.ts';
import type { Network, Params } from './mlp.ts';

/** The arguments of the job. */
export interface SearchArgs {
  /** Decides the split of the data, the first weights and the order of training. Default 1. */
  seed?: number;
  /** A search of seconds, too short for a good network: 4 trials, at most 2 epochs. */
  quick?: boolean;
  /** How many trials of the grid to run, 1 to 16. Default 16, quick 4. */
  trials?: number;
}

/** A search, decided in full before it starts. */
export interface SearchPlan {
  seed: number;
  /** Trial number → what it tries. */
  trials: readonly Params[];
  /** Rung number → the epochs to train in it. */
  rungs: readonly Rung[];
  /** The epochs of all trials in all rungs. */
  totalEpochs: number;
}

/** The part of a trial's training that is one task. */
export interface Rung {
  startEpoch: number;
  epochs: number;
  /** How many trials get this far. */
  trials: number;
}

/** What came of a trial: its accuracy on the validation digits after the last rung it reached. */
export interface TrialResult {
  params: Params;
  validationAccuracy: number;
  rung: number;
}

/** Every trial's epochs at the end of each rung: a rung keeps the better half and doubles the work, or more. */
const FULL_RUNG_ENDS = [1, 2, 4, 12];
const QUICK_RUNG_ENDS = [1, 2];
const QUICK_TRIALS = 4;

const GRID: readonly Params[] = [32, 64].flatMap((hidden) =>
  [0.9, 0].flatMap((momentum) => [0.01, 0.03, 0.1, 0.3].map((learningRate) => ({ learningRate, hidden, momentum }))),
);

/** The plan that `args` ask for. Throws a `RangeError` on arguments that make no search. */
export function planSearch({
  seed = 1,
  quick = false,
  trials = quick ? QUICK_TRIALS : GRID.length,
}: SearchArgs): SearchPlan {
  if (!Number.isInteger(trials) || trials < 1 || trials > GRID.length) {
    throw new RangeError(`trials must be a whole number from 1 to ${GRID.length}, got ${trials}`);
  }
  if (!Number.isInteger(seed)) {
    throw new RangeError(`seed must be a whole number, got ${seed}`);
  }
  const rungs: Rung[] = [];
  let startEpoch = 0;
  let remaining = trials;
  for (const endEpoch of quick ? QUICK_RUNG_ENDS : FULL_RUNG_ENDS) {
    rungs.push({ startEpoch, epochs: endEpoch - startEpoch, trials: remaining });
    startEpoch = endEpoch;
    remaining = survivors(remaining);
  }
  const totalEpochs = rungs.reduce((sum, rung) => sum + rung.epochs * rung.trials, 0);
  return { seed, trials: GRID.slice(0, trials), rungs, totalEpochs };
}

/** Trains a trial through one rung: from `network`, or from fresh weights if it is null (the first rung). */
export function trainTrial(
  data: Dataset,
  network: Network | null,
  params: Params,
  { startEpoch, epochs }: Rung,
  seed: number,
): { network: Network; validationAccuracy: number } {
  const start = network ?? createNetwork(params.hidden, seed);
  const trained = trainEpochs(start, data, params, { startEpoch, epochs, seed, range: SPLIT.train });
  return { network: trained, validationAccuracy: accuracy(trained, data, SPLIT.validation) };
}

/** The accuracy to report: on digits that neither training nor any choice has seen. */
export function testAccuracy(data: Dataset, network: Network): number {
  return accuracy(network, data, SPLIT.test);
}
