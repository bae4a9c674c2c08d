// Handwritten digits: 10 000 pictures of the MNIST set. The file holds 10 000 label bytes, then 10 000 × 784 pixel bytes, all
// zeros first, then all ones, and so on.
import { gunzip } from '../gunzip.ts';

/** Pictures in the set. */
export const DIGIT_COUNT = 10_000;
/** Rows of a picture, and columns. */
export const PICTURE_SIDE = 28;
/** Pixels of a picture. */
export const PIXELS_PER_DIGIT: number = PICTURE_SIDE * PICTURE_SIDE;

/** Pictures and what they show, in the same order. */
export interface Digits {
  /** 784 bytes a picture, row by row, one picture after the other: 0 is paper, 255 is ink. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** The digit that each picture shows, 0 to 9. */
  readonly labels: Uint8Array<ArrayBuffer>;
}

/**
 * All 10 000 digits: 7.8 MB. They come shuffled, always in the same way, so that any part of them has digits of every kind: take
 * the first 8 000 to learn from and the rest to test with.
 *
 * @param options `shuffle: false` gives them digit by digit instead, all zeros first
 */
export async function loadDigits({ shuffle = true }: { readonly shuffle?: boolean } = {}): Promise<Digits> {
  // Unpacked by whoever asks for it: a worker that gets its digits as an argument never pays for it.
  const { packed } = await import('./bytes.ts');
  const bytes = await gunzip(packed, 'daylight/datasets/digits');
  const digits: Digits = { labels: bytes.slice(0, DIGIT_COUNT), pixels: bytes.slice(DIGIT_COUNT) };
  return shuffle ? shuffled(digits) : digits;
}

function shuffled({ labels, pixels }: Digits): Digits {
  const mixed: Digits = { labels: new Uint8Array(labels.length), pixels: new Uint8Array(pixels.length) };
  shuffledOrder(labels.length).forEach((from, to) => {
    mixed.labels.set(labels.subarray(from, from + 1), to);
    mixed.pixels.set(pixels.subarray(from * PIXELS_PER_DIGIT, (from + 1) * PIXELS_PER_DIGIT), to * PIXELS_PER_DIGIT);
  });
  return mixed;
}

/** The numbers 0 … count - 1 in an order that looks random and is the same on every machine (Fisher–Yates with mulberry32). */
function shuffledOrder(count: number): Uint16Array {
  const order = Uint16Array.from({ length: count }, (_, index) => index);
  let state = 1;
  for (let last = count - 1; last > 0; last -= 1) {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits;
    const other = Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * (last + 1));
    const moved = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = moved;
  }
  return order;
}
