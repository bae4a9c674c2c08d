// The layer check must see what it forbids: each kind of import once, in a file that breaks the rules.

import { describe, expect, it } from 'vitest';

import { checkFile, checkLayers, readLayerRules } from './check-layers.ts';
import { repositoryRoot } from './source-files.ts';

const rules = readLayerRules();

function check(file: string, text: string): string[] {
  return checkFile(rules, file, text);
}

describe('check-layers', () => {
  it.each([
    ['shared/ids/a.ts', `import { x } from '#client/api/x.ts';`],
    ['shared/ids/a.ts', `import type { X } from '../../server/gcs/x.ts';`],
    ['shared/ids/a.ts', `import { readFileSync } from 'node:fs';`],
    ['shared/ids/a.test.ts', `import { readFileSync } from 'node:fs';`],
    ['client/api/a.ts', `export * from '#server/gcs/x.ts';`],
    ['client/api/a.ts', `const x = await import('#client/host/nodejs/x.ts');`],
    ['client/api/a.ts', `export type X = import('#server/gcs/x.ts').X;`],
    ['client/host/nodejs/a.ts', `new Worker(new URL('../../../server/storage/thread.ts', import.meta.url));`],
    ['client/raylet/a.ts', `import { io } from 'socket.io-client';`],
    ['client/host/nodejs/a.ts', `import { DatabaseSync } from 'node:sqlite';`],
    ['client/bundler/a.ts', `import fs from 'fs';`],
    ['server/gcs/a.ts', `import express from 'express';`],
    ['server/gcs/a.ts', `import { x } from '#client/index.ts';`],
    ['server/gateway/a.ts', `import { parse } from 'left-pad/parse';`],
    ['examples/a.ts', `import { init } from '#client/index.ts';`],
    ['scripts/a.ts', `import config from '../vitest.config.ts';`],
    ['elsewhere/a.ts', ``],
  ])('refuses in %s: %s', (file, text) => {
    expect(check(file, text)).toHaveLength(1);
  });

  it.each([
    ['shared/ids/a.ts', `import { sha256 } from '@noble/hashes/sha2.js'; import { x } from '../wire/x.ts';`],
    ['shared/ids/a.test.ts', `import { it } from 'vitest'; import { x } from '../testing/x.ts';`],
    ['shared/ids/a.node.test.ts', `import { readFileSync } from 'node:fs';`],
    ['client/host/nodejs/a.ts', `import fs from 'node:fs'; import { x } from '#client/raylet/x.ts';`],
    ['client/api/a.ts', `// import { x } from '#server/x.ts'\nconst s = "import '#server/x.ts'";`],
    ['server/storage/a.ts', `import { DatabaseSync } from 'node:sqlite'; import m from '../../package.json';`],
    ['bin/daylight.ts', `import { a } from '#client/cli/main.ts'; import { b } from '#server/main.ts';`],
  ])('accepts in %s: %s', (file, text) => {
    expect(check(file, text)).toEqual([]);
  });

  it('names both sides, the line and where to read on', () => {
    expect(check('client/api/a.ts', `\n\nimport '#server/gcs/tables.ts';`)).toEqual([
      'client/api/a.ts:3: client/api may not import server/gcs/tables.ts, see docs/architecture.md',
    ]);
  });

  it('fails when it finds too few files', () => {
    expect(() => checkLayers(repositoryRoot, { ...rules, minimumFiles: 1_000_000 })).toThrow(/expected at least/);
  });
});
