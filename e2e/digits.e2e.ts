/*
 * The main example, the way people meet it: `npm start -- --exit --json` at full size; and a short search during which a host is
 * killed, which must come to exactly what plain calls one after the other come to.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { loadDigits } from 'daylight/datasets/digits';
import { afterAll, describe, expect, it } from 'vitest';

import { shuffled } from '../examples/digits/dataset.ts';
import type { SearchResult } from '../examples/digits/job.ts';
import { planSearch } from '../examples/digits/search.ts';
import { searchSequentially } from '../examples/digits/sequential.ts';
import { repositoryRoot } from '../scripts/source-files.ts';
import { Cluster, resultOf } from './fixtures/cluster.ts';
import { Processes } from './fixtures/processes.ts';
import { until } from './fixtures/until.ts';

const FULL_LIMIT_MS = 170_000;

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-digits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trainings in all rungs, and the evaluation of the winner. */
function tasksOf(args: Parameters<typeof planSearch>[0]): number {
  return planSearch(args).rungs.reduce((sum, { trials }) => sum + trials, 0) + 1;
}

describe('npm start', () => {
  it(
    'stays up after the job, and Ctrl-C ends all of it without a word of accidents',
    async () => {
      const processes = new Processes();
      const data = path.join(folder, 'stays');
      const started = processes.node(['scripts/start.ts', '--port', '0', '--data', data], { cwd: repositoryRoot });
      await until('the job is done', () => started.stderr.includes('Ctrl-C ends it'), FULL_LIMIT_MS);
      started.signal('SIGINT');
      const ended = await started.end();
      expect(ended.code).toBe(0);
      expect(ended.stderr).not.toContain('by itself');
      await processes.noneLeft();
    },
    FULL_LIMIT_MS,
  );
});

describe('npm start -- --exit --json', () => {
  it(
    'finds a network that reads at least 94 % of digits it has not seen',
    async () => {
      const processes = new Processes();
      const started = processes.node(['scripts/start.ts', '--exit', '--json', '--data', path.join(folder, 'start')], {
        cwd: repositoryRoot,
      });
      const ended = await started.end(FULL_LIMIT_MS);
      const result = resultOf(ended) as SearchResult;
      expect(ended.stdout.trimEnd().split('\n').length).toBe(1);
      expect(ended.stderr).toContain('100 %');

      expect(Object.keys(result).toSorted()).toEqual(['best', 'job', 'nodes', 'seconds', 'trials']);
      expect(result.job).toBe('digits');
      expect(result.trials.length).toBeGreaterThanOrEqual(16);
      const params = { learningRate: expect.any(Number), hidden: expect.any(Number), momentum: expect.any(Number) };
      for (const trial of result.trials) {
        expect(trial).toEqual({
          params,
          validationAccuracy: expect.any(Number),
          rung: expect.any(Number),
          node: expect.any(String),
        });
      }
      expect(result.best).toEqual({ params: result.trials[0]?.params, accuracy: expect.any(Number) });
      expect(result.best.accuracy).toBeGreaterThanOrEqual(0.94);
      expect(result.best.accuracy).toBeLessThan(1);
      expect(result.nodes.reduce((sum, { tasks }) => sum + tasks, 0)).toBe(tasksOf({}));
      expect(new Set(result.nodes.map(({ id }) => id)).size).toBe(result.nodes.length);
      expect(result.seconds).toBeGreaterThan(0);
      await processes.noneLeft();
    },
    FULL_LIMIT_MS,
  );
});

describe('a search on two hosts, one of which is killed', () => {
  it('comes to what the same search without a cluster comes to', async () => {
    const args = { quick: true, trials: 12, seed: 3 };
    const cluster = await Cluster.start([{ name: 'stays' }, { name: 'dies' }]);
    try {
      const job = cluster.startJob('examples/digits/job.ts', { args });
      // The first rung is half done: weights lie on both hosts, and both are at work.
      await until('half of the first rung is done', async () => {
        const done = (await cluster.tasks('&state=succeeded')).filter(({ fn }) => fn.endsWith('#trainRung'));
        return done.length >= 5 && new Set(done.map(({ node }) => node)).size === 2;
      });
      await cluster.host('dies').kill();
      const { trials, best, nodes } = resultOf(await job.end()) as SearchResult;
      const digits = shuffled(await loadDigits({ shuffle: false }), planSearch(args).seed);
      const expected = searchSequentially(digits, args);
      expect(trials.map(({ node: _, ...trial }) => trial)).toEqual(expected.trials);
      expect(best).toEqual(expected.best);
      expect(nodes.reduce((sum, { tasks }) => sum + tasks, 0)).toBe(tasksOf(args));
      expect(nodes.map(({ id }) => id)).toContain('stays');
    } finally {
      await cluster.stop();
    }
  });
});
