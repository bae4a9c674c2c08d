/*
 * G2: the server is killed (kill -9) at moments drawn from a seed while tasks run and records are on their way, and started
 * again on its data. Nodes and driver connect again by themselves, the result is right, and the history is there.
 */

import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { seededRandom } from '#shared/ports/random.ts';
import { Cluster, resultOf } from './fixtures/cluster.ts';
import { until } from './fixtures/until.ts';

const SEED = 20_261;
const CRASHES = 10;
const ROUNDS = 40;
/** A moment lies within one round after a round that `main` announced. */
const ROUND_MS = 120;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start([{ name: 'one' }, { name: 'two' }]);
});
afterAll(() => cluster.stop());

describe('a server that crashes', () => {
  it(`G2 at ${CRASHES} moments (seed ${SEED}) costs no result and no history`, async () => {
    const random = seededRandom(SEED);
    const job = cluster.startJob('rounds.ts', { args: { rounds: ROUNDS }, name: 'rounds' });
    const round = (): number => Number([...job.stderr.matchAll(/^round (\d+)$/gm)].at(-1)?.[1] ?? -1);
    for (let crash = 0; crash < CRASHES; crash++) {
      const next = round() + 1 + Math.floor(random.next() * 2);
      await until(`round ${next} (before crash ${crash + 1})`, () => round() >= next || !job.isRunning, 40_000);
      // The moment itself is what is drawn here.
      await delay(random.next() * ROUND_MS);
      expect(job.isRunning, `the job must outlast crash ${crash + 1}`).toBe(true);
      await cluster.killServer();
      await cluster.startServer();
    }
    const { wrong, total, ledger } = resultOf(await job.end()) as { wrong: string[]; total: number; ledger: number };
    expect(wrong).toEqual([]);
    // Branches and weights of all rounds: see the job.
    const xs = ROUNDS * 12;
    const expected = (4 * (xs * (xs - 1))) / 2 + xs * 50_009;
    expect({ total, ledger }).toEqual({ total: expected, ledger: expected });

    const [row] = (await cluster.jobs()).filter(({ name }) => name === 'rounds');
    expect(row).toMatchObject({ status: 'succeeded', failed: 0, unfinished: 0 });
    // leaf, branch with three leaves, weigh per number; the ledger, its reports and its total.
    expect(row?.submitted).toBeGreaterThanOrEqual(xs * 6 + ROUNDS + 2);
    const oldest = (await cluster.tasks(`&job=${row?.id}&state=succeeded`)).length;
    expect(oldest).toBeGreaterThan(900);
    for (const name of ['one', 'two']) expect(await cluster.nodeIs(name, 'connected')).toMatchObject({ epoch: 1 });
  }, 170_000);

  it('G2 between jobs keeps what it knew of them', async () => {
    const before = await cluster.jobs();
    await cluster.killServer();
    await cluster.startServer();
    const after = await cluster.jobs();
    expect(after.map(({ id, name, status, finished }) => ({ id, name, status, finished }))).toEqual(
      before.map(({ id, name, status, finished }) => ({ id, name, status, finished })),
    );
    await Promise.all(['one', 'two'].map((name) => cluster.nodeIs(name, 'connected')));
    expect(await cluster.result('examples/hello/job.ts', { args: { n: 5 } })).toEqual({
      squares: [0, 1, 4, 9, 16],
      total: 30,
    });
  });
});
