// The real digits, their split, and what the network learns from them.
import { loadDigits } from 'daylight/datasets/digits';
import { beforeAll, describe, expect, it } from 'vitest';
import { CLASS_COUNT, DIGIT_COUNT, PIXELS_PER_DIGIT, SPLIT, shuffled } from './dataset.ts';
import type { Dataset, Range } from './dataset.ts';
import { accuracy, createNetwork, trainEpochs } from './mlp.ts';
import { searchSequentially } from './sequential.ts';

const classCounts = (labels: Uint8Array): number[] =>
  Array.from({ length: CLASS_COUNT }, (_, digit) => labels.filter((label) => label === digit).length);

let digits: Dataset;
beforeAll(async () => {
  digits = await loadDigits({ shuffle: false });
});

describe('the digits of the data set', () => {
  it('are 10 000, as many of each class as the package has', () => {
    expect(digits.labels.length).toBe(DIGIT_COUNT);
    expect(digits.pixels.length).toBe(DIGIT_COUNT * PIXELS_PER_DIGIT);
    expect(classCounts(digits.labels)).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
  });

  it('look like digits: a fifth is ink, of every shade, the corners are paper, no two pictures are equal', () => {
    const inked = digits.pixels.filter((ink) => ink > 0).length / digits.pixels.length;
    expect(inked).toBeGreaterThan(0.15);
    expect(inked).toBeLessThan(0.25);
    expect(new Set(digits.pixels).size).toBe(256);
    const pictures = new Set<string>();
    for (let start = 0; start < digits.pixels.length; start += PIXELS_PER_DIGIT) {
      const picture = digits.pixels.subarray(start, start + PIXELS_PER_DIGIT);
      expect(picture[0]).toBe(0);
      pictures.add(Buffer.from(picture).toString('latin1'));
    }
    expect(pictures.size).toBe(DIGIT_COUNT);
  });
});

describe('the shuffled digits', () => {
  it('are the same for the same seed, others for another, and keep every picture with its label', () => {
    const one = shuffled(digits, 1);
    expect(Buffer.from(one.labels).equals(shuffled(digits, 1).labels)).toBe(true);
    expect(Buffer.from(one.labels).equals(shuffled(digits, 2).labels)).toBe(false);
    const pictures = ({ labels, pixels }: Dataset): Set<string> =>
      new Set(
        Array.from(labels, (label, index) => {
          const picture = pixels.subarray(index * PIXELS_PER_DIGIT, (index + 1) * PIXELS_PER_DIGIT);
          return label + Buffer.from(picture).toString('latin1');
        }),
      );
    expect(pictures(one).symmetricDifference(pictures(digits)).size).toBe(0);
  });

  it('split into 7 000, 1 500 and 1 500, next to each other, each with a fair share of every class', () => {
    const size = ({ start, end }: Range): number => end - start;
    expect([size(SPLIT.train), size(SPLIT.validation), size(SPLIT.test)]).toEqual([7000, 1500, 1500]);
    expect([SPLIT.train.start, SPLIT.train.end, SPLIT.validation.end, SPLIT.test.end]).toEqual([
      0,
      SPLIT.validation.start,
      SPLIT.test.start,
      DIGIT_COUNT,
    ]);
    const { labels } = shuffled(digits, 1);
    for (const { start, end } of Object.values(SPLIT)) {
      for (const count of classCounts(labels.subarray(start, end))) {
        expect(count / (end - start)).toBeGreaterThan(0.06);
        expect(count / (end - start)).toBeLessThan(0.14);
      }
    }
  });
});

describe('the network on the real digits', () => {
  it('reads more than 85 % after one epoch', () => {
    const data = shuffled(digits, 1);
    const params = { learningRate: 0.03, hidden: 32, momentum: 0.9 };
    const schedule = { epochs: 1, startEpoch: 0, seed: 1, range: SPLIT.train };
    const trained = trainEpochs(createNetwork(params.hidden, 1), data, params, schedule);
    expect(accuracy(trained, data, SPLIT.validation)).toBeGreaterThan(0.85);
  });

  it('is searched for by the quick search with these results, on every machine', () => {
    const { trials, best } = searchSequentially(shuffled(digits, 1), { quick: true });
    const brief = trials.map(({ params, rung, validationAccuracy }) => [
      params.learningRate,
      rung,
      validationAccuracy * 1500,
    ]);
    expect(brief).toEqual([
      [0.1, 1, 1341],
      [0.03, 1, 1321],
      [0.01, 0, 1318],
      [0.3, 0, 995],
    ]);
    expect(best).toEqual({ params: { learningRate: 0.1, hidden: 32, momentum: 0.9 }, accuracy: 1346 / 1500 });
  });
});
