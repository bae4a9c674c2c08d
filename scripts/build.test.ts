// Specifiers in the published package must name built files, and nothing that merely looks like a specifier
// may change.

import { describe, expect, it } from 'vitest';

import { rewriteSpecifiers } from './build.ts';

describe('rewriteSpecifiers', () => {
  it('points own names and relative paths at the built files', () => {
    const text = [
      `import { a } from '#shared/ids/a.ts';`,
      `export * from './b.ts';`,
      `const c = await import("../c.ts");`,
      `new Worker(new URL('./entry.ts', import.meta.url));`,
      `import { d } from '#client/host/d.ts';`,
    ].join('\n');
    expect(rewriteSpecifiers('client/host/x.js', text)).toBe(
      [
        `import { a } from '../../shared/ids/a.js';`,
        `export * from './b.js';`,
        `const c = await import("../c.js");`,
        `new Worker(new URL('./entry.js', import.meta.url));`,
        `import { d } from './d.js';`,
      ].join('\n'),
    );
  });

  it('rewrites types in declarations', () => {
    const text = `export declare const x: import('#shared/a.ts').A;\nimport type { B } from "./b.ts";\n`;
    expect(rewriteSpecifiers('client/x.d.ts', text)).toBe(
      `export declare const x: import('../shared/a.js').A;\nimport type { B } from "./b.js";\n`,
    );
  });

  it('leaves packages, data files, strings and comments alone', () => {
    const text = `import 'esbuild';\nimport data from './data.json';\n// import './a.ts'\nconst s = './a.ts';\nnew URL(s, import.meta.url);\n`;
    expect(rewriteSpecifiers('client/x.js', text)).toBe(text);
  });
});
