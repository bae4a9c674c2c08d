import { describe, expect, it } from 'vitest';
import { findComputedImport } from './computed-imports.ts';

describe('imports that are put together', () => {
  it.each([
    ["export default (x: string) => import('./' + x);", 38],
    ['export default (x: string) => import(`../${x}`);', 38],
    ['export default (x: string) => import((`../**/${x}.txt`));', 38],
    ["const f = (x: string) => { require('../../' + x); };", 36],
    ["if (1) { import('a'); class A { static { import('./' + 'b'); } } }", 49],
  ])('%s', (source, column) => {
    expect(findComputedImport(`\n${source}`, 'job.ts')).toMatchObject({ file: 'job.ts', line: 2, column });
  });

  it('names in one piece are none, nor is text that only looks like it', () => {
    const source = `import 'left'; import('left'); import(\`left\`); const later = (x: string) => import(x);
      // import('./' + x)
      export const text = "require('./' + x)", required = { require: (x: string) => x }.require('./' + text);`;
    expect(findComputedImport(source, 'job.ts')).toBeUndefined();
  });
});
