// The same search without a cluster: plain calls, one after the other. The job's result must be equal to this one, bit
// for bit, whatever ran where and however often it failed; and the time both take says what the cluster is worth.
// `node examples/digits/sequential.ts` prints the result and the seconds.
import type { Dataset } from './dataset.ts';
import { SuccessiveHalving } from './halving.ts';
import { Leaderboard } from './leaderboard.ts';
import type { Entry } from './leaderboard.ts';
import type { Network, Params } from './mlp.ts';
import { planSearch, testAccuracy, trainTrial } from './search.ts';
import type { SearchArgs, TrialResult } from './search.ts';

/** What the job returns, less what depends on the cluster: nodes and time. */
export interface SequentialResult {
  trials: TrialResult[];
  best: { params: Params; accuracy: number };
}

/** Runs the search on `data`, the shuffled digits. */
export function searchSequentially(data: Dataset, args: SearchArgs): SequentialResult {
  const plan = planSearch(args);
  const halving = new SuccessiveHalving(plan.trials.length, plan.rungs.length);
  const entries: Entry[] = [];
  const networks = new Map<number, Network>();
  plan.rungs.forEach((rung, rungNumber) => {
    for (const trial of halving.members) {
      const params = at(plan.trials, trial);
      const trained = trainTrial(data, networks.get(trial) ?? null, params, rung, plan.seed);
      networks.set(trial, trained.network);
      const { validationAccuracy } = trained;
      entries.push({ trial, params, validationAccuracy, rung: rungNumber, node: 'none' });
      halving.report(trial, validationAccuracy);
    }
  });
  const standings = new Leaderboard().report(entries);
  const trials = standings.map(({ params, validationAccuracy, rung }) => ({ params, validationAccuracy, rung }));
  const winner = halving.winner ?? 0;
  const network = networks.get(winner) ?? null;
  if (network === null) {
    throw new Error('the search ended without a winner');
  }
  return { trials, best: { params: at(plan.trials, winner), accuracy: testAccuracy(data, network) } };
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) {
    throw new RangeError(`no item ${index} of ${items.length}`);
  }
  return item;
}

if (import.meta.main) {
  const { loadDigits } = await import('daylight/datasets/digits');
  const { shuffled } = await import('./dataset.ts');
  const args: SearchArgs = JSON.parse(process.argv[2] ?? '{}');
  const digits = await loadDigits({ shuffle: false });
  const startMs = performance.now();
  const result = searchSequentially(shuffled(digits, planSearch(args).seed), args);
  console.table(result.trials.map(({ params, ...rest }) => ({ ...params, ...rest })));
  console.log(result.best, `${((performance.now() - startMs) / 1000).toFixed(1)} s`);
}
