/*
 * Jobs that are submitted to the server and go on without their submitter: through the HTTP API, on real processes that are
 * killed meanwhile.
 */

import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiFailure } from '#shared/api/client.ts';
import type { JobDetail, Submission } from '#shared/api/schemas.ts';
import { Cluster } from './fixtures/cluster.ts';
import { until } from './fixtures/until.ts';

const LIMIT_MS = 60_000;
/** Four tasks a round; each round is a line in the log, and all of them make the sum. */
const ROUNDS = `
import { context, get, remote } from 'daylight';
const slow = remote(async (x: number) => {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return x;
});
export default async function main({ rounds }: { rounds: number }) {
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    console.log('round ' + round);
    const values = await get([0, 1, 2, 3].map((n) => slow.remote(n + round * 4)));
    for (const value of values) sum += value;
    context().progress((round + 1) / rounds, 'round ' + round);
    await context().publish('sum.txt', String(sum));
  }
  return { sum, weights: Float32Array.of(1, 2, 3) };
}
`;
const sumOf = (rounds: number): number => (rounds * 4 * (rounds * 4 - 1)) / 2;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start([{ name: 'one' }, { name: 'two' }]);
});
afterAll(() => cluster.stop());

async function submit(submission: Submission): Promise<string> {
  return (await cluster.client.call('submitJob', { body: submission })).id;
}

function job(id: string): Promise<JobDetail> {
  return cluster.client.call('getJob', { params: { id } });
}

function isOver(id: string, limitMs = LIMIT_MS): Promise<JobDetail> {
  return until(
    `job ${id} is over`,
    async () => {
      const found = await job(id);
      return found.status !== 'running' && found;
    },
    limitMs,
  );
}

async function resultOf(id: string): Promise<Record<string, unknown>> {
  const files = unzipSync(await cluster.client.call('getJobResult', { params: { id } }));
  return JSON.parse(strFromU8(files['result.json'] ?? new Uint8Array(0))) as Record<string, unknown>;
}

async function logOf(id: string): Promise<string[]> {
  return (await cluster.client.call('getJobLogs', { params: { id } })).items.map(({ text }) => text);
}

describe('a submitted job', () => {
  it('J1 runs without its submitter: its result, log, files and functions are there', async () => {
    const id = await submit({ source: ROUNDS, args: { rounds: 3 }, name: 'three', purpose: 'to see that it goes' });
    expect(await isOver(id)).toMatchObject({ status: 'succeeded', name: 'three', kind: 'submitted', progress: 1 });
    expect(await resultOf(id)).toMatchObject({ sum: sumOf(3), weights: { $npy: 'result.weights.npy', length: 3 } });
    expect(await logOf(id)).toEqual(['round 0', 'round 1', 'round 2']);
    const { items: files } = await cluster.client.call('listArtefacts', { params: { id } });
    expect(files).toMatchObject([{ name: 'sum.txt', version: 3, mediaType: 'text/plain' }]);
    const text = await cluster.client.call('getArtefact', { params: { id, name: 'sum.txt' } });
    expect(strFromU8(text)).toBe(String(sumOf(3)));
    const { items: functions } = await cluster.client.call('getJobFunctions', { params: { id } });
    expect(functions.map(({ fn, succeeded }) => [fn, succeeded])).toEqual([
      ['job#slow', 12],
      ['main', 1],
    ]);
    const { items: spans } = await cluster.client.call('getJobTimeline', { params: { id } });
    expect(spans).toHaveLength(13);
  });

  it('J1 goes on when the node of its main is killed: what was done before is not done again', async () => {
    const id = await submit({ source: ROUNDS, args: { rounds: 25 } });
    await until('some rounds are done', async () => (await job(id)).progress > 0.2);
    const [main] = await cluster.tasks(`&job=${id}&fn=%23main`);
    const node = await cluster.node(main?.node ?? '');
    await cluster.host(node.name).kill();
    expect(await isOver(id)).toMatchObject({ status: 'succeeded' });
    expect(await resultOf(id)).toMatchObject({ sum: sumOf(25) });
    const { items: functions } = await cluster.client.call('getJobFunctions', { params: { id } });
    // Each of the first rounds' tasks is named by what it computes: the second run of main finds it done.
    expect(functions.find(({ fn }) => fn === 'job#slow')?.succeeded).toBe(100);
    await cluster.addHost({ name: node.name });
  }, 120_000);

  it('G2 J2 goes on over a kill of the server, and is there the day after', async () => {
    const id = await submit({ source: ROUNDS, args: { rounds: 25 }, name: 'yesterday' });
    await until('some rounds are done', async () => (await job(id)).progress > 0.2);
    await cluster.killServer();
    await cluster.startServer();
    expect(await isOver(id)).toMatchObject({ status: 'succeeded', name: 'yesterday' });
    await cluster.killServer();
    await cluster.startServer();
    expect(await resultOf(id)).toMatchObject({ sum: sumOf(25) });
    expect((await logOf(id)).at(-1)).toBe('round 24');
    const { items: functions } = await cluster.client.call('getJobFunctions', { params: { id } });
    expect(functions.find(({ fn }) => fn === 'job#slow')?.succeeded).toBe(100);
    const ended = functions.reduce((sum, { succeeded, failed, cancelled }) => sum + succeeded + failed + cancelled, 0);
    expect(ended).toBe((await job(id)).finished);
    const again = await cluster.client.call('rerunJob', { params: { id }, body: { args: { rounds: 2 } } });
    expect(await isOver(again.id)).toMatchObject({ status: 'succeeded', name: 'yesterday' });
    expect(await resultOf(again.id)).toMatchObject({ sum: sumOf(2) });
  }, 120_000);

  it('J3 that is stopped gives its CPUs back within five seconds, and can be deleted', async () => {
    const id = await submit({ source: ROUNDS, args: { rounds: 1000 } });
    await until('it runs', async () => (await job(id)).progress > 0);
    await expect(cluster.client.call('deleteJob', { params: { id } })).rejects.toThrow(/running/);
    expect(await cluster.client.call('stopJob', { params: { id } })).toMatchObject({ status: 'stopped' });
    await until(
      'all CPUs are free',
      async () => {
        const { cpus, freeCpus } = await cluster.client.call('getCluster');
        return cpus === 2 && freeCpus === 2;
      },
      5_000,
    );
    await cluster.client.call('deleteJob', { params: { id } });
    await expect(job(id)).rejects.toMatchObject({ status: 404 });
  });

  it('fails with what its main threw, in terms of the source', async () => {
    const source = "export default function main(): number {\n  throw new RangeError('too far');\n}\n";
    const id = await submit({ source, fileName: 'thrower.ts' });
    const failed = await isOver(id);
    expect(failed).toMatchObject({ status: 'failed', error: { name: 'RangeError', message: 'too far' } });
    expect(failed.error?.stack).toContain('thrower.ts:2:');
  });

  it('that cannot be bundled is refused at its line, and says nothing of the files of the server', async () => {
    const wrong = async (source: string): Promise<ApiFailure> => {
      const failure: unknown = await submit({ source }).catch((error: unknown) => error);
      if (!(failure instanceof ApiFailure)) throw new Error(`it was taken: ${String(failure)}`);
      return failure;
    };
    const main = '\nexport default function main() {}\n';
    const syntax = await wrong(`const a = 1;\nconst b = ;${main}`);
    expect(syntax).toMatchObject({ status: 422, problems: [{ file: 'job.ts', line: 2, severity: 'error' }] });
    for (const path of ['/etc/passwd', '../package.json', './server/main.ts', 'file:///etc/passwd', 'node:fs']) {
      const { problems, status } = await wrong(`import x from '${path}';${main}console.log(x);`);
      expect([path, status, problems.length > 0]).toEqual([path, 422, true]);
    }
    expect(await wrong('export const a = 1;')).toMatchObject({ status: 422, message: expect.stringContaining('main') });
  });
});
