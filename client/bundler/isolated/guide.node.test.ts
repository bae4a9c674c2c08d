// The jobs in the guide are what the guide says: they go through the bundler of a server without a single problem.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createIsolatedBundler } from './isolated-bundler.ts';

const guide = readFileSync(new URL('../../../docs/guides/writing-jobs.md', import.meta.url), 'utf8');
const jobs = [...guide.matchAll(/```ts title="(.+?)"\n(.+?)```/gs)].map(([, fileName = '', source = '']) => ({
  fileName,
  source,
}));

describe('the guide to writing jobs', () => {
  it('has jobs that bundle and whose types fit', async () => {
    expect(jobs.length).toBe(2);
    const bundler = createIsolatedBundler({ packagesDir: '/nowhere' });
    try {
      for (const { fileName, source } of jobs) {
        const { problems, job } = await bundler.bundle({ fileName, source }, { types: true });
        expect([fileName, problems]).toEqual([fileName, []]);
        expect(job).toMatchObject({ hasMain: true });
      }
    } finally {
      await bundler.close();
    }
  });
});
