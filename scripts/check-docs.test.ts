// The documentation check must notice what is missing and must not be fooled by comments in the wrong place.

import { describe, expect, it } from 'vitest';

import { checkDocs, readFileDocs } from './check-docs.ts';

const opening = '/* This file holds one idea, and this is the paragraph that tells it. */\n';

describe('check-docs', () => {
  it('accepts a file with an opening paragraph and docstrings', () => {
    const text = `${opening}import './x.ts';\n/** Says it. */\nexport function f(): void {}\n`;
    expect(checkDocs([{ file: 'shared/protocol/a.ts', text }])).toEqual({ complaints: [], share: 1 });
  });

  it('refuses a file that starts with code, or with a comment too short to say anything', () => {
    for (const text of [`import './x.ts';\n${opening}`, '// a file\nimport "./x.ts";']) {
      expect(checkDocs([{ file: 'server/a.ts', text }]).complaints).toHaveLength(1);
    }
  });

  it('reads the opening after a hash-bang and over several line comments', () => {
    const text = '#!/usr/bin/env node\n// The first half of what is said,\n// and the second half of it.\nexport {};\n';
    expect(readFileDocs('bin/a.ts', text).hasOpening).toBe(true);
  });

  it('wants a docstring on every export of protocol, ports and the public API', () => {
    const text = `${opening}\n// not a docstring\nexport const a = 1;\nexport interface B {}\n/** Yes. */\nexport class C {}\n`;
    expect(checkDocs([{ file: 'shared/ports/a.ts', text }]).complaints).toEqual([
      'shared/ports/a.ts:4: export a needs a docstring',
      'shared/ports/a.ts:5: export B needs a docstring',
    ]);
  });

  it('wants four of five elsewhere and lists what is missing', () => {
    const exportsOf = (documented: number, bare: number): string =>
      opening +
      Array.from({ length: documented }, (_, k) => `\n/** Yes. */\nexport const d${k} = 1;`).join('') +
      Array.from({ length: bare }, (_, k) => `\nexport const b${k} = 1;`).join('');
    expect(checkDocs([{ file: 'server/a.ts', text: exportsOf(4, 1) }]).complaints).toEqual([]);
    expect(checkDocs([{ file: 'server/a.ts', text: exportsOf(3, 1) }]).complaints).toHaveLength(2);
  });

  it('counts overloads once and re-exports not at all', () => {
    const text = `${opening}\n/** Yes. */\nexport function f(a: 1): void;\nexport function f(a: 2): void;\nexport function f(): void {}\nexport { x } from './x.ts';\n`;
    expect(readFileDocs('client/api/a.ts', text).exports).toEqual([{ name: 'f', line: 4, documented: true }]);
  });
});
