// The data sets as a program gets them.
import { gzipSync } from 'node:zlib';
import { loadDigits } from './digits/index.ts';
import { loadOpticks } from './opticks/index.ts';
import { describe, expect, it } from 'vitest';
import { gunzip } from './gunzip.ts';

describe('the digits', () => {
  const KINDS = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978];
  const countOf = (labels: Uint8Array, digit: number): number => labels.filter((label) => label === digit).length;

  it('are 10 000 pictures with labels, digit by digit if wanted', async () => {
    const { labels, pixels } = await loadDigits({ shuffle: false });
    expect(labels.length).toBe(10_000);
    expect(pixels.length).toBe(7_840_000);
    expect([...labels]).toEqual(KINDS.flatMap((count, digit) => Array<number>(count).fill(digit)));
  });

  it('come shuffled, the same each time, every picture with its label, and every kind in every part', async () => {
    const [sorted, one, two] = [await loadDigits({ shuffle: false }), await loadDigits(), await loadDigits()];
    expect(Buffer.from(one.labels).equals(two.labels)).toBe(true);
    expect(Buffer.from(one.pixels).equals(two.pixels)).toBe(true);
    const pictures = ({ labels, pixels }: typeof one): Set<string> =>
      new Set(
        Array.from(
          labels,
          (label, index) =>
            `${label}${Buffer.from(pixels.subarray(index * 784, index * 784 + 784)).toString('latin1')}`,
        ),
      );
    expect(pictures(one).symmetricDifference(pictures(sorted)).size).toBe(0);
    for (let start = 0; start < 10_000; start += 1000)
      for (let digit = 0; digit < 10; digit += 1)
        expect(countOf(one.labels.subarray(start, start + 1000), digit)).toBeGreaterThan(50);
  });
});

describe('the opticks', () => {
  it('are the whole book in plain text, without words of those who typed it', async () => {
    const text = await loadOpticks();
    expect(text.length).toBe(566_698);
    expect(text.startsWith('OPTICKS:\n')).toBe(true);
    expect(text.endsWith('before they corrupted\nthemselves.\n')).toBe(true);
    expect(text).not.toMatch(/gutenberg|transcriber|proofread|\r/i);
    expect(text.match(/\blight\b/gi)?.length).toBeGreaterThan(800);
  });
});

describe('a packed file', () => {
  it('that is none, or not all of it, is told by name', async () => {
    const packed = gzipSync('text');
    expect(Buffer.from(await gunzip(packed, 'x')).toString()).toBe('text');
    for (const wrong of [packed.subarray(0, 10), new TextEncoder().encode('text')])
      await expect(gunzip(wrong, 'daylight/datasets/x')).rejects.toThrow('daylight/datasets/x: this is no gzip file');
  });
});
