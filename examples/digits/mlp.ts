// A neural network in plain TypeScript: 784 pixels → `hidden` rectified units → softmax over ten digits, trained by
// mini-batch gradient descent with momentum on the cross-entropy. Two properties matter more than the mathematics:
// training is a pure function (same arguments, same bits, on any node), and it can stop and go on (2 + 2 epochs are
// exactly 4), so that a search can give a trial more epochs later, elsewhere.
//
// Speed comes from the pictures being four fifths paper: weights are stored pixel by pixel, so a pixel of value zero
// skips its whole row of weights, forward and backward.
import { seededRandom, shuffle } from '../random.ts';
import { CLASS_COUNT, PIXELS_PER_DIGIT } from './dataset.ts';
import type { Dataset, Range } from './dataset.ts';
import { expNonPositive } from './portable-math.ts';

/** What a search chooses between. */
export interface Params {
  learningRate: number;
  /** Number of hidden units. */
  hidden: number;
  /** Share of the last step that goes into the next, 0 to below 1. */
  momentum: number;
}

/** Everything training needs to go on where it stopped. Not written by any function here. */
export interface Network {
  hidden: number;
  /** Input weights (784 × hidden), hidden biases, output weights (hidden × 10), output biases; one row after the other. */
  values: Float32Array;
  /** The last step of each value, for momentum. */
  velocity: Float32Array;
}

/** Which epochs to train. Epochs are numbered from 0 over the whole life of a network. */
export interface Schedule {
  epochs: number;
  startEpoch: number;
  /** Decides, with the number of an epoch, the order of the pictures in it. */
  seed: number;
  /** The pictures to learn from. */
  range: Range;
}

const BATCH_SIZE = 32;
/** The learning rate shrinks by this factor each epoch: large steps first, fine ones at the end. */
const DECAY_PER_EPOCH = 0.85;
const INITIAL_WEIGHTS_STREAM = 1;
const EPOCH_ORDER_STREAM = 2;

/** A new network with random weights decided by `seed`, scaled so that signals neither grow nor fade (He). */
export function createNetwork(hidden: number, seed: number): Network {
  const values = new Float32Array(valueCount(hidden));
  const { inputWeights, outputWeights } = layers(values, hidden);
  const random = seededRandom(seed, INITIAL_WEIGHTS_STREAM);
  const fill = (weights: Float32Array, inputs: number): void => {
    const limit = Math.sqrt(6 / inputs);
    weights.forEach((_, index) => {
      weights[index] = (2 * random.next() - 1) * limit;
    });
  };
  fill(inputWeights, PIXELS_PER_DIGIT);
  fill(outputWeights, hidden);
  return { hidden, values, velocity: new Float32Array(values.length) };
}

/** The network after `epochs` more epochs over `range`. The given network and data stay as they are. */
export function trainEpochs(
  network: Network,
  data: Dataset,
  params: Params,
  { epochs, startEpoch, seed, range }: Schedule,
): Network {
  const trained: Network = {
    hidden: network.hidden,
    values: network.values.slice(),
    velocity: network.velocity.slice(),
  };
  const gradient = new Float32Array(trained.values.length);
  const learner = new Learner(trained.values, trained.hidden);
  const count = range.end - range.start;
  let learningRate = params.learningRate;
  for (let epoch = 0; epoch < startEpoch; epoch += 1) {
    learningRate *= DECAY_PER_EPOCH; // not `**`, which the standard leaves to the engine
  }
  for (let epoch = startEpoch; epoch < startEpoch + epochs; epoch += 1) {
    const order = Uint16Array.from({ length: count }, (_, index) => range.start + index);
    shuffle(order, seededRandom(seed, EPOCH_ORDER_STREAM, epoch));
    for (let start = 0; start < count; start += BATCH_SIZE) {
      const batch = order.subarray(start, start + BATCH_SIZE);
      for (const sample of batch) {
        learner.addGradient(data, sample, gradient);
      }
      step(trained, gradient, learningRate / batch.length, params.momentum);
    }
    learningRate *= DECAY_PER_EPOCH;
  }
  return trained;
}

/** The share of the pictures in `range` that `network` reads correctly, 0 to 1. */
export function accuracy(network: Network, data: Dataset, range: Range): number {
  const learner = new Learner(network.values, network.hidden);
  let correct = 0;
  for (let sample = range.start; sample < range.end; sample += 1) {
    const probabilities = learner.probabilities(data, sample);
    correct += probabilities.indexOf(Math.max(...probabilities)) === data.labels[sample] ? 1 : 0;
  }
  return correct / (range.end - range.start);
}

/** One step of descent with momentum; `gradient` is used up: it is all zeros afterwards. */
function step(network: Network, gradient: Float32Array, rate: number, momentum: number): void {
  const { values, velocity } = network;
  for (let index = 0; index < values.length; index += 1) {
    const change = momentum * velocity[index]! - rate * gradient[index]!;
    velocity[index] = change;
    values[index]! += change;
    gradient[index] = 0;
  }
}

/** The number of values of a network with `hidden` hidden units. */
function valueCount(hidden: number): number {
  return (PIXELS_PER_DIGIT + 1) * hidden + (hidden + 1) * CLASS_COUNT;
}

/** The four parts of a network's values, or of a gradient of the same shape: views, not copies. */
function layers(values: Float32Array, hidden: number) {
  const biasStart = PIXELS_PER_DIGIT * hidden;
  const outputStart = biasStart + hidden;
  const outputBiasStart = outputStart + hidden * CLASS_COUNT;
  return {
    inputWeights: values.subarray(0, biasStart),
    hiddenBiases: values.subarray(biasStart, outputStart),
    outputWeights: values.subarray(outputStart, outputBiasStart),
    outputBiases: values.subarray(outputBiasStart),
  };
}

/**
 * One picture at a time through a network, forward and backward. Holds the scratch arrays, so that nothing is allocated
 * per picture. Sums are kept in double precision; only weights and gradients are rounded to single.
 *
 * The loops index typed arrays within bounds fixed by the shapes above, hence the `!`.
 */
export class Learner {
  readonly #hidden: number;
  readonly #values: Float32Array;
  readonly #activations: Float64Array;
  readonly #hiddenErrors: Float64Array;
  readonly #probabilities = new Float64Array(CLASS_COUNT);
  /** The pixels of the current picture that are not paper, and how much ink they have, 0 to 1. */
  readonly #inked = new Uint16Array(PIXELS_PER_DIGIT);
  readonly #ink = new Float64Array(PIXELS_PER_DIGIT);
  #inkedCount = 0;

  /** Reads `values` (see `Network`) at each call: a caller may change them between calls. */
  constructor(values: Float32Array, hidden: number) {
    this.#values = values;
    this.#hidden = hidden;
    this.#activations = new Float64Array(hidden);
    this.#hiddenErrors = new Float64Array(hidden);
  }

  /** How likely picture `sample` shows each digit; ten numbers with sum 1, overwritten by the next call. */
  probabilities(data: Dataset, sample: number): Float64Array {
    this.#collectInk(data.pixels, sample * PIXELS_PER_DIGIT);
    this.#forwardHidden();
    this.#forwardOutput();
    return this.#probabilities;
  }

  /** Adds the gradient of the cross-entropy of picture `sample` by every value to `gradient` (same layout). */
  addGradient(data: Dataset, sample: number, gradient: Float32Array): void {
    const errors = this.probabilities(data, sample);
    errors[data.labels[sample]!]! -= 1; // softmax and cross-entropy together: probability minus truth
    this.#backwardOutput(errors, gradient);
    this.#backwardHidden(gradient);
  }

  #collectInk(pixels: Uint8Array, start: number): void {
    let count = 0;
    for (let pixel = 0; pixel < PIXELS_PER_DIGIT; pixel += 1) {
      const ink = pixels[start + pixel]!;
      if (ink !== 0) {
        this.#inked[count] = pixel;
        this.#ink[count] = ink / 255;
        count += 1;
      }
    }
    this.#inkedCount = count;
  }

  #forwardHidden(): void {
    const [hidden, values, activations] = [this.#hidden, this.#values, this.#activations];
    const biasStart = PIXELS_PER_DIGIT * hidden;
    for (let unit = 0; unit < hidden; unit += 1) {
      activations[unit] = values[biasStart + unit]!;
    }
    for (let index = 0; index < this.#inkedCount; index += 1) {
      const ink = this.#ink[index]!;
      const row = this.#inked[index]! * hidden;
      for (let unit = 0; unit < hidden; unit += 1) {
        activations[unit]! += ink * values[row + unit]!;
      }
    }
    for (let unit = 0; unit < hidden; unit += 1) {
      activations[unit] = Math.max(0, activations[unit]!);
    }
  }

  #forwardOutput(): void {
    const [hidden, values, activations, outputs] = [this.#hidden, this.#values, this.#activations, this.#probabilities];
    const weightStart = (PIXELS_PER_DIGIT + 1) * hidden;
    const biasStart = weightStart + hidden * CLASS_COUNT;
    let largest = -Infinity;
    for (let digit = 0; digit < CLASS_COUNT; digit += 1) {
      let sum = values[biasStart + digit]!;
      for (let unit = 0; unit < hidden; unit += 1) {
        sum += activations[unit]! * values[weightStart + unit * CLASS_COUNT + digit]!;
      }
      outputs[digit] = sum;
      largest = Math.max(largest, sum);
    }
    let total = 0;
    for (let digit = 0; digit < CLASS_COUNT; digit += 1) {
      outputs[digit] = expNonPositive(outputs[digit]! - largest);
      total += outputs[digit]!;
    }
    for (let digit = 0; digit < CLASS_COUNT; digit += 1) {
      outputs[digit]! /= total;
    }
  }

  #backwardOutput(errors: Float64Array, gradient: Float32Array): void {
    const [hidden, values, activations] = [this.#hidden, this.#values, this.#activations];
    const weightStart = (PIXELS_PER_DIGIT + 1) * hidden;
    const biasStart = weightStart + hidden * CLASS_COUNT;
    for (let digit = 0; digit < CLASS_COUNT; digit += 1) {
      gradient[biasStart + digit]! += errors[digit]!;
    }
    for (let unit = 0; unit < hidden; unit += 1) {
      const activation = activations[unit]!;
      let error = 0;
      if (activation > 0) {
        const row = weightStart + unit * CLASS_COUNT;
        for (let digit = 0; digit < CLASS_COUNT; digit += 1) {
          error += errors[digit]! * values[row + digit]!;
          gradient[row + digit]! += activation * errors[digit]!;
        }
      }
      this.#hiddenErrors[unit] = error;
    }
  }

  #backwardHidden(gradient: Float32Array): void {
    const [hidden, errors] = [this.#hidden, this.#hiddenErrors];
    const biasStart = PIXELS_PER_DIGIT * hidden;
    for (let unit = 0; unit < hidden; unit += 1) {
      gradient[biasStart + unit]! += errors[unit]!;
    }
    for (let index = 0; index < this.#inkedCount; index += 1) {
      const ink = this.#ink[index]!;
      const row = this.#inked[index]! * hidden;
      for (let unit = 0; unit < hidden; unit += 1) {
        gradient[row + unit]! += ink * errors[unit]!;
      }
    }
  }
}
