// Which settings learn best to read handwritten digits? Each trial trains a classifier with other settings. Trials are tasks, so
// as many run at once as there are CPUs. The 7.8 MB of digits are `put` once, and each machine fetches them once.
import { context, get, put, remote, wait } from 'daylight';
import { loadDigits, PIXELS_PER_DIGIT } from 'daylight/datasets/digits';
import type { Digits } from 'daylight/datasets/digits';

/** The form for the argument of `main`. It must be a literal: it is read without running this file. */
export const args = {
  type: 'object',
  properties: {
    rates: { type: 'array', title: 'Learning rates', items: { type: 'number' }, default: [0.3, 0.1, 0.03, 0.01] },
    decays: { type: 'array', title: 'Shrink per epoch', items: { type: 'number' }, default: [0.7, 1] },
    epochs: { type: 'integer', title: 'Epochs', description: 'Rounds over all digits', minimum: 1, default: 12 },
  },
  additionalProperties: false,
} as const;

/** What a trial tries: the size of the first steps, and how they shrink with each round. */
interface Settings {
  rate: number;
  decay: number;
}
const CLASSES = 10;
/** The digits come shuffled: the first ones are learnt from, the rest is for the test. */
const TRAINING_DIGITS = 8_000;

/** One task: trains a classifier and tests it on digits that it has not seen. `digits` is given as a reference. */
export const trial = remote((digits: Digits, { rate, decay }: Settings, epochs: number) => {
  const classifier = new Classifier();
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    for (let index = 0; index < TRAINING_DIGITS; index += 1)
      classifier.learn(pictureOf(digits, index), at(digits.labels, index), rate * decay ** epoch);
  }
  let correct = 0;
  for (let index = TRAINING_DIGITS; index < digits.labels.length; index += 1)
    correct += classifier.read(pictureOf(digits, index)) === digits.labels[index] ? 1 : 0;
  return { rate, decay, accuracy: correct / (digits.labels.length - TRAINING_DIGITS) };
});

/** Each class has a weight for every pixel. The class whose weights fit a picture best is what it shows (softmax regression). */
export class Classifier {
  readonly #weights = new Float64Array(PIXELS_PER_DIGIT * CLASSES);
  readonly #probabilities = new Float64Array(CLASSES);

  /** The digit that the picture most likely shows. */
  read(picture: Uint8Array): number {
    const scores = this.#probabilities.fill(0);
    for (let pixel = 0; pixel < PIXELS_PER_DIGIT; pixel += 1) {
      const ink = at(picture, pixel) / 255;
      if (ink === 0) continue; // four fifths of a picture are paper
      for (let k = 0; k < CLASSES; k += 1) scores[k] = at(scores, k) + ink * at(this.#weights, pixel * CLASSES + k);
    }
    const highest = Math.max(...scores);
    const best = scores.indexOf(highest);
    let sum = 0;
    for (let k = 0; k < CLASSES; k += 1) sum += scores[k] = Math.exp(at(scores, k) - highest);
    for (let k = 0; k < CLASSES; k += 1) scores[k] = at(scores, k) / sum;
    return best;
  }

  /** One step downhill: every weight moves against its share of the error, which is the probability minus the truth. */
  learn(picture: Uint8Array, label: number, rate: number): void {
    this.read(picture);
    const error = this.#probabilities;
    error[label] = at(error, label) - 1;
    for (let pixel = 0; pixel < PIXELS_PER_DIGIT; pixel += 1) {
      const step = (rate * at(picture, pixel)) / 255;
      if (step === 0) continue;
      for (let place = pixel * CLASSES, k = 0; k < CLASSES; place += 1, k += 1)
        this.#weights[place] = at(this.#weights, place) - step * at(error, k);
    }
  }
}

/** The pixels of one digit. */
export function pictureOf({ pixels }: Digits, index: number): Uint8Array {
  return pixels.subarray(index * PIXELS_PER_DIGIT, (index + 1) * PIXELS_PER_DIGIT);
}

/** A number of an array, 0 beyond its end. */
function at(numbers: Float64Array | Uint8Array, index: number): number {
  return numbers[index] ?? 0;
}

/** Tries all settings and returns them, the best first. */
export default async function main({ rates = [0.3, 0.1, 0.03, 0.01], decays = [0.7, 1], epochs = 12 } = {}): Promise<
  { rate: number; decay: number; accuracy: number }[]
> {
  const digits = put(await loadDigits());
  const settings = rates.flatMap((rate) => decays.map((decay) => ({ rate, decay })));
  let pending = settings.map((one) => trial.remote(digits, one, epochs));
  const results: { rate: number; decay: number; accuracy: number }[] = [];
  while (pending.length > 0) {
    const waited = await wait(pending);
    pending = waited.pending;
    results.push(...(await get(waited.ready)));
    results.sort((a, b) => b.accuracy - a.accuracy);
    const rows = results.map(({ rate, decay, accuracy }) => `${rate},${decay},${accuracy}`);
    await context().publish('leaderboard.csv', `${['rate,decay,accuracy', ...rows].join('\n')}\n`);
    const percent = (100 * (results[0]?.accuracy ?? 0)).toFixed(1);
    context().progress(results.length / settings.length, `the best so far reads ${percent} %`);
  }
  return results;
}
