/*
 * J1: jobs that outlive whatever they run on. The host of `main` is killed (kill -9) at moments drawn from a seed, the server once,
 * and nobody who submitted is there. What children did is counted in a file outside the cluster.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { JobDetail } from '#shared/api/schemas.ts';
import { seededRandom } from '#shared/ports/random.ts';
import { Cluster } from './fixtures/cluster.ts';
import { CutProxy } from './fixtures/cut-proxy.ts';
import { until } from './fixtures/until.ts';

const SEED = 20_611;
const KILLS = 5;
const ROUNDS = 40;
const LIMIT_MS = 170_000;

/** Children and the actor run where there are hands; `main` needs none, and so may be on a host without. */
const STEADY = `
import { context, get, put, remote, wait } from 'daylight';
const hands = { resources: { hand: 1 }, numCpus: 0 };
const note = async (file: string, line: string) => {
  const { appendFile } = await import('node:fs/promises');
  await appendFile(file, line + '\\n');
};
const leaf = remote(async (file: string, n: number) => {
  await new Promise((resolve) => setTimeout(resolve, 5 + (n * 37) % 60));
  await note(file, 'leaf ' + n);
  return n;
}).options(hands);
const tree = remote(async (file: string, n: number) => {
  const parts = await get([leaf.remote(file, n), leaf.remote(file, n + 1)]);
  return parts[0]! + parts[1]!;
}).options(hands);
const pick = remote(async (file: string, drawn: string) => {
  await note(file, 'pick ' + drawn);
  return 1;
}).options(hands);
const sum = remote((values: Float64Array, k: number) => values.reduce((a, b) => a + b, 0) * 0 + k).options(hands);
class Ledger {
  #total = 0;
  async add(file: string, x: number) {
    await note(file, 'add ' + x);
    return (this.#total += x);
  }
}
const RemoteLedger = remote(Ledger);
export default async function main({ file, rounds }: { file: string; rounds: number }) {
  const ledger = RemoteLedger.options({ ...hands, maxRestarts: 0 }).remote();
  let total = 0;
  let expected = 0;
  for (let round = 0; round < rounds; round++) {
    console.log('round ' + round);
    context().progress(round / rounds, 'round ' + round);
    const base = round * 100;
    const refs = [0, 1, 2, 3].map((n) => leaf.remote(file, base + n));
    const { ready, pending } = await wait(refs, { numReturns: 2, timeoutMs: 20 });
    // Which are ready decides what is called: another way would call others.
    const first = await Promise.all(ready.map(async (ref) => await get(pick.remote(file, base + ' ready ' + (await get(ref))))));
    total += first.length + (await get(pending)).length;
    expected += 4;
    total += await get(pick.remote(file, base + ' random ' + context().random()));
    total += await get(pick.remote(file, base + ' now ' + context().now()));
    const drawn = await context().once('draw ' + round, async () => {
      console.log('drawn ' + round);
      await note(file, 'once ' + round);
      return Math.random();
    });
    total += await get(pick.remote(file, base + ' once ' + drawn));
    expected += 3;
    const large = put(new Float64Array(200_000).fill(round));
    total += await get(sum.remote(large, 1));
    expected += 1;
    large.free();
    total += (await get(tree.remote(file, base + 50))) - (2 * base + 101);
    ledger.add.remote(file, base);
    expected += 0;
  }
  const booked = await get(ledger.add.remote(file, 1));
  return { total, expected, booked };
}
`;

const FICKLE = `import { get, remote } from 'daylight';
const step = remote(async (n: number) => n).options({ resources: { hand: 1 }, numCpus: 0 });
const slow = remote(async () => await new Promise(() => undefined)).options({ resources: { hand: 1 }, numCpus: 0 });
export default async function main() {
  await get(step.remote(1));
  console.log('begun');
  await get(step.remote(Math.random()));
  await get(slow.remote());
}
`;
const FICKLE_LINE = 7;

let cluster: Cluster;
/** The way of the hands to the server. */
let proxy: CutProxy;
const folder = mkdtempSync(path.join(tmpdir(), 'daylight-durable-'));
beforeAll(async () => {
  cluster = await Cluster.start([{ name: 'main 0' }]);
  proxy = await CutProxy.start(cluster.address.port);
});
afterAll(async () => {
  await cluster.stop();
  await proxy.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function submit(source: string, args?: unknown): Promise<string> {
  const body = args === undefined ? { source } : { source, args };
  return (await cluster.client.call('submitJob', { body })).id;
}

function job(id: string): Promise<JobDetail> {
  return cluster.client.call('getJob', { params: { id } });
}

async function linesOf(id: string): Promise<string[]> {
  const { items } = await cluster.client.call('getJobLogs', { params: { id }, query: { limit: 1000 } });
  return items.map(({ text }) => text);
}

/** The host on which the job's `main` runs. */
async function hostOfMain(id: string): Promise<string> {
  return until(`main of job ${id} runs`, async () => {
    const [main] = await cluster.tasks(`&job=${id}&fn=%23main&state=leased`);
    const node = (await cluster.nodes()).find(({ id: session }) => session === main?.node);
    return node?.state === 'connected' && node.name;
  });
}

/** Kills the host of `main` and sees to it that another run begins on a new one: where the hands are no host is ever killed. */
async function killMain(id: string, spare: string): Promise<void> {
  const host = await hostOfMain(id);
  expect(host, 'main is never where the hands are').not.toBe('hands');
  await cluster.addHost({ name: spare });
  await cluster.host(host).kill();
  // It counts as dead 10 s after that, and the hands would do if they had not been cut off 10 s.
  await delay(4_000);
  proxy.cut();
  await until('main runs again', async () => (await hostOfMain(id)) === spare, 20_000);
  proxy.restore();
}

describe('a job that outlives what it runs on', () => {
  it(
    `J1 main is killed ${KILLS} times (seed ${SEED}) and the server once: the result is right and nothing is done twice`,
    async () => {
      const random = seededRandom(SEED);
      const file = path.join(folder, 'done.txt');
      const id = await submit(STEADY, { file, rounds: ROUNDS });
      expect(await hostOfMain(id)).toBe('main 0');
      await cluster.addHost({ name: 'hands', resources: ['hand=1000'], url: proxy.through(cluster.address.url) });
      const round = async (): Promise<number> => Number((await job(id)).note.replace('round ', '') || -1);
      for (let kill = 1; kill <= KILLS; kill++) {
        const next = kill * 5;
        await until(`round ${next}`, async () => (await round()) >= next, 60_000);
        await delay(random.next() * 150);
        await killMain(id, `main ${kill}`);
        if (kill !== 3) continue;
        await cluster.killServer();
        await cluster.startServer();
      }
      const over = await until(
        'the job is over',
        async () => {
          const found = await job(id);
          return found.status !== 'running' && found;
        },
        120_000,
      );
      expect(over).toMatchObject({ status: 'succeeded' });
      const files = unzipSync(await cluster.client.call('getJobResult', { params: { id } }));
      const result = JSON.parse(strFromU8(files['result.json'] ?? new Uint8Array(0))) as Record<string, number>;
      expect(result['total']).toBe(result['expected']);
      expect(result['booked']).toBe(1 + (ROUNDS * (ROUNDS - 1) * 100) / 2);
      const done = readFileSync(file, 'utf8').trim().split('\n');
      const twice = done.filter((line, place) => done.indexOf(line) !== place);
      expect(twice).toEqual([]);
      // Four leaves and two of the tree, two ready ones at most, three drawn ones, and the ledger.
      expect(done.filter((line) => line.startsWith('leaf'))).toHaveLength(ROUNDS * 6);
      expect(done.filter((line) => line.startsWith('add'))).toHaveLength(ROUNDS + 1);
      expect(done.filter((line) => /^pick .*(random|now|once)/.test(line))).toHaveLength(ROUNDS * 3);
      const lines = await linesOf(id);
      for (const word of ['round', 'drawn'])
        expect(lines.filter((line) => line.startsWith(word))).toEqual(
          Array.from({ length: ROUNDS }, (_, n) => `${word} ${n}`),
        );
    },
    LIMIT_MS * 2,
  );

  it(
    'J1 a main that does something else when it runs again fails, and says where',
    async () => {
      proxy.cut();
      const id = await submit(FICKLE);
      await hostOfMain(id);
      proxy.restore();
      await until('it has begun', async () => (await linesOf(id)).includes('begun'), 30_000);
      await until('its children are known', async () => (await job(id)).submitted >= 4, 30_000);
      await killMain(id, 'fickle');
      const over = await until(
        'the job has failed',
        async () => {
          const found = await job(id);
          return found.status !== 'running' && found;
        },
        60_000,
      );
      expect(over).toMatchObject({ status: 'failed', error: { name: 'NondeterminismError' } });
      expect(over.error?.message).toContain('main called');
      expect(over.error?.stack).toContain(`job.ts:${FICKLE_LINE}`);
    },
    LIMIT_MS,
  );
});
