// The data set: 10 000 handwritten digits, their shuffle and their split. They come sorted by class from
// `daylight/datasets/digits`; the seeded shuffle happens here, once, in `main`, so that every task sees the same three parts.
import { seededRandom, shuffle } from '../random.ts';

/** Pixels of one picture: 28 rows of 28. */
export const PIXELS_PER_DIGIT = 28 * 28;
/** Pictures in the data set. */
export const DIGIT_COUNT = 10_000;
/** The digits 0 to 9. */
export const CLASS_COUNT = 10;

/** Pictures and what they show, in the same order. Shared between tasks: never written after it was made. */
export interface Dataset {
  /** Row by row, one picture after the other, 0 (paper) to 255 (ink). */
  pixels: Uint8Array;
  /** The digit each picture shows, 0 to 9. */
  labels: Uint8Array;
}

/** Some consecutive pictures of a data set: `start` is the first, `end` is one past the last. */
export interface Range {
  start: number;
  end: number;
}

/** What the pictures are used for: weights learn from `train`, choices are made on `validation`, `test` is the report. */
export const SPLIT: { train: Range; validation: Range; test: Range } = {
  train: { start: 0, end: 7_000 },
  validation: { start: 7_000, end: 8_500 },
  test: { start: 8_500, end: 10_000 },
};

/** A copy of `dataset` in an order decided by `seed`, so that each part of `SPLIT` has digits of every class. */
export function shuffled(dataset: Dataset, seed: number): Dataset {
  const count = dataset.labels.length;
  const order = Uint16Array.from({ length: count }, (_, index) => index);
  shuffle(order, seededRandom(seed));
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(dataset.pixels.length);
  order.forEach((from, to) => {
    labels[to] = dataset.labels[from] ?? 0;
    const picture = dataset.pixels.subarray(from * PIXELS_PER_DIGIT, (from + 1) * PIXELS_PER_DIGIT);
    pixels.set(picture, to * PIXELS_PER_DIGIT);
  });
  return { labels, pixels };
}
