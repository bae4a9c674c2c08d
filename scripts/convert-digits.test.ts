// The committed digits are those of the package that they were made from.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import { expect, it } from 'vitest';

import { convertDigits } from './convert-digits.ts';
import { repositoryRoot } from './source-files.ts';

it('the committed digits are what a fresh conversion of the package gives', async () => {
  const committed = await readFile(path.join(repositoryRoot, 'datasets', 'digits', 'digits.bin.gz'));
  expect(gunzipSync(committed).equals(Buffer.from(await convertDigits()))).toBe(true);
});
