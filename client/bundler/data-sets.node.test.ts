import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DATA_SET_NAMES, dataSetFolder } from './data-sets.ts';
import { bundleModule } from './job-bundler.ts';
import { ProjectFolder, callRegistered, installTestRuntime } from './testing/job-fixture.ts';

const SOURCE = `import { remote } from 'daylight';
import { loadDigits, PICTURE_SIDE } from 'daylight/datasets/digits';
import { loadOpticks } from 'daylight/datasets/opticks';
export const look = remote(async () => [PICTURE_SIDE, (await loadDigits()).pixels.length, (await loadOpticks()).length]);`;

describe('a data set in a bundle', () => {
  it('is there for a file and for a text, whatever the project has installed, and names no path of this machine', async () => {
    installTestRuntime();
    using project = new ProjectFolder({
      'package.json': '{"name":"x"}',
      'job.ts': SOURCE,
      'node_modules/daylight/package.json': '{"exports":{}}',
    });
    for (const input of [{ entryFile: project.file('job.ts') }, { source: SOURCE, fileName: 'job.ts' }]) {
      const bundle = await bundleModule(input);
      expect(await callRegistered(bundle, 'job#look')).toEqual([28, 7_840_000, 566_698]);
      for (const text of [bundle.code, bundle.sourceMap]) {
        expect(text).not.toContain(path.dirname(dataSetFolder));
        expect(text).not.toContain(project.path);
      }
      expect(bundle.code).not.toContain('node:fs');
    }
  });

  it('is not in a bundle that does not use it', async () => {
    const source = `import { PICTURE_SIDE } from 'daylight/datasets/digits'; export default () => PICTURE_SIDE;`;
    const { code } = await bundleModule({ source, fileName: 'job.ts' });
    expect(code.length).toBeLessThan(10_000);
  });

  it('that there is not is told with those that there are', async () => {
    const error: unknown = await bundleModule({
      source: `\nimport 'daylight/datasets/cats';`,
      fileName: 'job.ts',
    }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      line: 2,
      column: 8,
      hint: 'there are daylight/datasets/digits, daylight/datasets/opticks',
    });
  });

  it('is each folder of data sets', () => {
    const folders = globSync('*/index.ts', { cwd: dataSetFolder }).map((file) => path.dirname(file));
    expect(folders.sort()).toEqual([...DATA_SET_NAMES].sort());
    const readme = readFileSync(path.join(dataSetFolder, 'README.md'), 'utf8');
    for (const name of DATA_SET_NAMES) expect(readme).toContain(`\n## ${name}\n`);
  });
});
