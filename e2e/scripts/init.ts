// A plain script, as a user writes one: joins the cluster of its arguments (or starts one of its own) and prints what its
// calls gave as one line of JSON.

import { get, init, remote, remoteModule } from 'daylight';
import { outcomeOf } from '../jobs/scenarios.ts';

const [address, token] = process.argv.slice(2);
await using session = await init(address === undefined || token === undefined ? { numCpus: 2 } : { address, token });

const jobs = remoteModule<typeof import('../jobs/api.ts')>(new URL('../jobs/api.ts', import.meta.url));
const errors = remoteModule<typeof import('../jobs/errors.ts')>(new URL('../jobs/errors.ts', import.meta.url));

const double = remote((x: number) => 2 * x);
const offset = 5;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JavaScript users have no type for what is captured
const shifted = (remote as unknown as (fn: (x: number) => number, options: object) => typeof double)(
  (x: number) => x + offset,
  { capture: { offset } },
);
const inlineError = remote(async (): Promise<never> => {
  await Promise.resolve();
  throw new RangeError('thrown inline'); // at: inline
});

const counter = jobs.RemoteCounter.remote(1);
console.log(
  JSON.stringify({
    inline: await get([double.remote(4), shifted.remote(4)]),
    module: await get([jobs.square.remote(3), jobs.sum.remote(double.remote(1), 1)]),
    actor: [await get(counter.inc.remote(2)), await get(jobs.useCounter.remote({ counter }))],
    deep: await get(jobs.descend.remote(20)),
    inlineError: await outcomeOf(() => get(inlineError.remote())),
    moduleError: await outcomeOf(() => get(errors.throwLater.remote())),
    wrongName: await outcomeOf(() =>
      get((jobs as unknown as Record<string, typeof double>)['sqare']?.remote(1) ?? double.remote(0)),
    ),
    freeVariable: await outcomeOf(() => {
      const missing = 3;
      return remote((x: number) => x + missing); // at: freeVariable
    }),
    again: await outcomeOf(() => init()),
    job: session.jobId !== '',
  }),
);
