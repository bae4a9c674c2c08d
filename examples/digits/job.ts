// The main example: a search for the best learning rate, size and momentum of a network that reads handwritten digits.
// `main` decides; all training happens in tasks, on whatever nodes the cluster has.
//
// Worth seeing here: the data set is `put` once and every task gets it by reference; a trial's weights go from one of
// its tasks to the next by reference too, without passing through `main`; an actor keeps the leaderboard; `wait` hands
// over results as they come. Yet the result is the same on every run: training depends on its arguments alone, and the
// halving does not depend on the order in which trials finish.
import { context, get, put, remote, wait } from 'daylight';
import type { ObjectRef } from 'daylight';
import { loadDigits } from 'daylight/datasets/digits';
import { shuffled } from './dataset.ts';
import type { Dataset } from './dataset.ts';
import { SuccessiveHalving } from './halving.ts';
import { Leaderboard } from './leaderboard.ts';
import type { Entry } from './leaderboard.ts';
import type { Network, Params } from './mlp.ts';
import { planSearch, testAccuracy, trainTrial } from './search.ts';
import type { Rung, SearchArgs, SearchPlan, TrialResult } from './search.ts';

/** What the job returns. */
export interface SearchResult {
  job: 'digits';
  /** Every trial, best first. `node` is the one that ran its last rung. */
  trials: (TrialResult & { node: string })[];
  /** The winner, chosen on the validation digits, and its accuracy on the test digits. */
  best: { params: Params; accuracy: number };
  /** Who took part, and in how many of the tasks whose results were used. */
  nodes: { id: string; tasks: number }[];
  /** Wall-clock time of `main`. */
  seconds: number;
}

/** What one training task reports. The weights stay where they were made until somebody needs them. */
interface Trained {
  trial: number;
  weights: ObjectRef<Network>;
  validationAccuracy: number;
  node: string;
}

/** One task: one trial through one rung. `data` and `network` are given as references and arrive as values. */
export const trainRung = remote(
  (
    data: Dataset,
    network: Network | null,
    trial: { number: number; params: Params },
    rung: Rung,
    seed: number,
  ): Trained => {
    const trained = trainTrial(data, network, trial.params, rung, seed);
    return {
      trial: trial.number,
      weights: put(trained.network),
      validationAccuracy: trained.validationAccuracy,
      node: context().node,
    };
  },
);

/** One task: the winner's accuracy on the digits nobody has looked at yet. */
export const evaluate = remote((data: Dataset, network: Network) => ({
  accuracy: testAccuracy(data, network),
  node: context().node,
}));

/** The leaderboard as an actor. */
export const RemoteLeaderboard = remote(Leaderboard);
type Board = ReturnType<typeof RemoteLeaderboard.remote>;

/** The job: searches as `args` say and returns the winner. */
export default async function main(args: SearchArgs = {}): Promise<SearchResult> {
  const startMs = performance.now();
  const plan = planSearch(args);
  const data = put(shuffled(await loadDigits({ shuffle: false }), plan.seed));
  const board = RemoteLeaderboard.options({ numCpus: 0, maxRestarts: 3 }).remote();

  const { entries, winner, weights } = await search(plan, data, (entry) => board.report.remote([entry]));
  const test = await get(evaluate.remote(data, weights));

  const standings = await rank(board, entries);
  return {
    job: 'digits',
    trials: standings.map(({ params, validationAccuracy, rung, node }) => ({ params, validationAccuracy, rung, node })),
    best: { params: winner, accuracy: test.accuracy },
    nodes: tasksByNode([...entries.map((entry) => entry.node), test.node]),
    seconds: (performance.now() - startMs) / 1000,
  };
}

/**
 * Runs every rung of the plan. Calls `onResult` with the result of each task as it comes; returns all of these, and the
 * winner's parameters and weights.
 */
async function search(
  plan: SearchPlan,
  data: ObjectRef<Dataset>,
  onResult: (entry: Entry) => void,
): Promise<{ entries: Entry[]; winner: Params; weights: ObjectRef<Network> }> {
  const halving = new SuccessiveHalving(plan.trials.length, plan.rungs.length);
  // Nothing here is freed by hand: should a node be lost, its trials' weights are made again from those of the rung before.
  const latest = new Map<number, Trained>();
  const entries: Entry[] = [];
  let epochsDone = 0;

  const submit = (trial: number): ObjectRef<Trained> => {
    const weights = latest.get(trial)?.weights ?? null;
    return trainRung.remote(data, weights, trialOf(plan, trial), rungOf(plan, halving.rung), plan.seed);
  };
  let pending = halving.members.map(submit);
  while (pending.length > 0) {
    const waited = await wait(pending, { numReturns: 1 });
    pending = waited.pending;
    for (const trained of await get(waited.ready)) {
      const { trial, validationAccuracy, node } = trained;
      const rung = halving.rung;
      const entry = { trial, params: trialOf(plan, trial).params, validationAccuracy, rung, node };
      latest.set(trial, trained);
      entries.push(entry);
      onResult(entry);
      epochsDone += rungOf(plan, rung).epochs;
      context().progress(epochsDone / plan.totalEpochs, describe(entry));
      pending.push(...halving.report(trial, validationAccuracy).map(submit));
    }
  }

  const winner = latest.get(halving.winner ?? -1);
  if (winner === undefined) {
    throw new Error('the search ended without a winner');
  }
  return { entries, winner: trialOf(plan, winner.trial).params, weights: winner.weights };
}

/**
 * The trials ranked by the leaderboard. It is told everything once more, because a leaderboard whose node died has
 * started again with an empty board; and if it is gone for good, that is no reason to fail a search that is complete.
 */
async function rank(board: Board, entries: Entry[]): Promise<Entry[]> {
  try {
    return await get(board.report.remote(entries));
  } catch (error) {
    console.warn('the leaderboard does not answer, ranking without it:', error);
    return new Leaderboard().report(entries);
  }
}

function trialOf({ trials }: SearchPlan, number: number): { number: number; params: Params } {
  const params = trials[number];
  if (params === undefined) {
    throw new RangeError(`there is no trial ${number}`);
  }
  return { number, params };
}

function rungOf({ rungs }: SearchPlan, number: number): Rung {
  const rung = rungs[number];
  if (rung === undefined) {
    throw new RangeError(`there is no rung ${number}`);
  }
  return rung;
}

function tasksByNode(nodes: readonly string[]): { id: string; tasks: number }[] {
  const counts = new Map<string, number>();
  for (const id of nodes) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts].map(([id, tasks]) => ({ id, tasks })).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function describe({ trial, params, rung, validationAccuracy }: Entry): string {
  const { learningRate, hidden, momentum } = params;
  const percent = (100 * validationAccuracy).toFixed(1);
  return `rung ${rung}, trial ${trial} (rate ${learningRate}, hidden ${hidden}, momentum ${momentum}): ${percent} %`;
}
