import { beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../random.ts';
import { CLASS_COUNT, PIXELS_PER_DIGIT } from './dataset.ts';
import type { Dataset, Range } from './dataset.ts';
import { Learner, accuracy, createNetwork, trainEpochs } from './mlp.ts';
import type { Network, Params } from './mlp.ts';

const params: Params = { learningRate: 0.05, hidden: 6, momentum: 0.9 };
const range: Range = { start: 0, end: 300 };

/** Pictures whose class is written in two of their columns, under noise: easy, but not linear in any one pixel. */
function drawPictures(count: number): Dataset {
  const random = seededRandom(5);
  const labels = Uint8Array.from({ length: count }, () => random.below(CLASS_COUNT));
  const pixels = Uint8Array.from({ length: count * PIXELS_PER_DIGIT }, (_, index) => {
    const column = index % 28;
    const label = labels[Math.floor(index / PIXELS_PER_DIGIT)] ?? 0;
    const inked = column === 2 * label || column === 2 * label + 1 || random.next() < 0.1;
    return inked ? 1 + random.below(255) : 0;
  });
  return { labels, pixels };
}

const loss = (data: Dataset, { values, hidden }: Network, sample: number): number =>
  -Math.log(new Learner(values, hidden).probabilities(data, sample)[data.labels[sample] ?? 0] ?? 0);

describe('the network', () => {
  let data: Dataset;
  beforeAll(() => {
    data = drawPictures(400);
  });

  it('has the gradient that finite differences show, for every value', () => {
    const network = createNetwork(params.hidden, 3);
    const { values } = network;
    for (let sample = 0; sample < 3; sample += 1) {
      const gradient = new Float32Array(values.length);
      new Learner(values, network.hidden).addGradient(data, sample, gradient);
      let worst = 0;
      values.forEach((value, index) => {
        values[index] = value + 1e-4;
        const [above, lossAbove] = [values[index] ?? 0, loss(data, network, sample)];
        values[index] = value - 1e-4;
        const [below, lossBelow] = [values[index] ?? 0, loss(data, network, sample)];
        values[index] = value;
        // The step as single precision made it, not as it was asked for.
        worst = Math.max(worst, Math.abs((lossAbove - lossBelow) / (above - below) - (gradient[index] ?? 0)));
      });
      expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0.1);
      expect(worst).toBeLessThan(1e-5);
    }
  });

  it('adds to the gradient it is given, and gives probabilities that sum to 1', () => {
    const { values, hidden } = createNetwork(params.hidden, 3);
    const learner = new Learner(values, hidden);
    const once = new Float32Array(values.length);
    learner.addGradient(data, 0, once);
    const twice = once.slice();
    learner.addGradient(data, 0, twice);
    expect(twice).toEqual(once.map((value) => 2 * value));
    expect(learner.probabilities(data, 1).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 14);
  });

  it('learns what there is to learn, also on pictures it has not seen', () => {
    const start = createNetwork(params.hidden, 3);
    const trained = trainEpochs(start, data, params, { epochs: 12, startEpoch: 0, seed: 3, range });
    expect(accuracy(start, data, { start: 300, end: 400 })).toBeLessThan(0.4);
    expect(accuracy(trained, data, { start: 300, end: 400 })).toBeGreaterThan(0.85);
  });

  it('trains to the same bits from the same arguments, and to others from another seed', () => {
    const train = (initial: number, order: number) =>
      trainEpochs(createNetwork(params.hidden, initial), data, params, {
        epochs: 2,
        startEpoch: 0,
        seed: order,
        range,
      });
    expect(train(1, 1)).toEqual(train(1, 1));
    expect(train(1, 1)).not.toEqual(train(1, 2));
    expect(train(1, 1)).not.toEqual(train(2, 1));
  });

  it('goes on where it stopped: 2 + 2 epochs are 4, bit for bit', () => {
    const start = createNetwork(params.hidden, 3);
    const half = trainEpochs(start, data, params, { epochs: 2, startEpoch: 0, seed: 3, range });
    const resumed = trainEpochs(half, data, params, { epochs: 2, startEpoch: 2, seed: 3, range });
    const whole = trainEpochs(start, data, params, { epochs: 4, startEpoch: 0, seed: 3, range });
    expect(resumed).toEqual(whole);
  });

  it('leaves the given network and data as they are', () => {
    const start = createNetwork(params.hidden, 3);
    const trained = trainEpochs(start, data, params, { epochs: 1, startEpoch: 0, seed: 3, range });
    expect(start).toEqual(createNetwork(params.hidden, 3));
    const drawn = drawPictures(400).pixels;
    expect(data.pixels.every((ink, index) => ink === drawn[index])).toBe(true);
    expect(trained.values.buffer).not.toBe(start.values.buffer);
  });

  it('learns from the pictures of the range only', () => {
    const pixels = data.pixels.slice().fill(7, range.end * PIXELS_PER_DIGIT);
    const repainted = { labels: data.labels, pixels };
    const schedule = { epochs: 1, startEpoch: 0, seed: 3, range };
    const start = createNetwork(params.hidden, 3);
    expect(trainEpochs(start, repainted, params, schedule)).toEqual(trainEpochs(start, data, params, schedule));
  });
});
