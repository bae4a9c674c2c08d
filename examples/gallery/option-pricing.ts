// What is an option worth? Nobody has a formula for this one: an Asian call pays what the average price of a share over the
// year exceeds the strike. So thousands of machines roll the dice: each task follows many random paths of the price, and the
// mean of what they pay, discounted, is the value. The more paths, the narrower the interval in which it lies.
import { context, get, remote, wait } from 'daylight';

/** The form for the argument of `main`. It must be a literal: it is read without running this file. */
export const args = {
  type: 'object',
  properties: {
    spot: { type: 'number', title: 'Price of the share today', exclusiveMinimum: 0, default: 100 },
    strike: { type: 'number', title: 'Strike', exclusiveMinimum: 0, default: 105 },
    rate: { type: 'number', title: 'Interest per year', minimum: -0.1, maximum: 1, default: 0.03 },
    volatility: { type: 'number', title: 'Volatility per year', exclusiveMinimum: 0, maximum: 3, default: 0.25 },
    years: { type: 'number', title: 'Years until it is due', exclusiveMinimum: 0, maximum: 30, default: 1 },
    paths: { type: 'integer', title: 'Paths', minimum: 1000, maximum: 1000000000, default: 4000000 },
    seed: { type: 'integer', title: 'Seed of the dice', default: 1 },
  },
  additionalProperties: false,
} as const;

/** What is priced. */
interface Option {
  spot: number;
  strike: number;
  rate: number;
  volatility: number;
  years: number;
}
/** The average is taken over the ends of so many weeks. */
const WEEKS = 52;
const PATHS_PER_TASK = 50_000;

/** Sums over paths: of what they pay, and of its square. Sums can be added up, whoever made them. */
export interface Sums {
  paths: number;
  payoff: number;
  square: number;
}

/** One task: follows `paths` paths. Its dice come from `seed` and `part`, so running it again gives the same sums. */
export const follow = remote((option: Option, seed: number, part: number, paths: number): Sums => {
  const { spot, strike, rate, volatility, years } = option;
  const random = dice(seed, part);
  const week = years / WEEKS;
  const drift = (rate - (volatility * volatility) / 2) * week;
  const spread = volatility * Math.sqrt(week);
  const sums: Sums = { paths, payoff: 0, square: 0 };
  for (let path = 0; path < paths; path += 1) {
    let price = spot;
    let total = 0;
    for (let step = 0; step < WEEKS; step += 1) {
      price *= Math.exp(drift + spread * random());
      total += price;
    }
    const payoff = Math.exp(-rate * years) * Math.max(0, total / WEEKS - strike);
    sums.payoff += payoff;
    sums.square += payoff * payoff;
  }
  return sums;
});

/** The value and the half width of the interval in which it lies with 95 % confidence. */
export function estimate({ paths, payoff, square }: Sums): { value: number; margin: number } {
  const value = payoff / paths;
  const variance = Math.max(0, square / paths - value * value);
  return { value, margin: 1.96 * Math.sqrt(variance / paths) };
}

/** Prices the option. */
export default async function main({
  spot = 100,
  strike = 105,
  rate = 0.03,
  volatility = 0.25,
  years = 1,
  paths = 4_000_000,
  seed = 1,
} = {}): Promise<{ value: number; from: number; to: number; paths: number }> {
  const option = { spot, strike, rate, volatility, years };
  const parts = Math.ceil(paths / PATHS_PER_TASK);
  const sizeOf = (part: number): number => Math.min(PATHS_PER_TASK, paths - part * PATHS_PER_TASK);
  let pending = Array.from({ length: parts }, (_, part) => follow.remote(option, seed, part, sizeOf(part)));
  const sums: Sums = { paths: 0, payoff: 0, square: 0 };
  while (pending.length > 0) {
    // Whatever is done is added up: the estimate is there from the first result on, and gets better.
    const waited = await wait(pending);
    pending = waited.pending;
    for (const part of await get(waited.ready)) {
      sums.paths += part.paths;
      sums.payoff += part.payoff;
      sums.square += part.square;
    }
    const { value, margin } = estimate(sums);
    context().progress(1 - pending.length / parts, `${value.toFixed(4)} ± ${margin.toFixed(4)}`);
  }
  const { value, margin } = estimate(sums);
  return { value, from: value - margin, to: value + margin, paths };
}

/** Normally distributed random numbers, the same for the same seed and part on every machine (mulberry32, Box–Muller). */
export function dice(seed: number, part: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) ^ Math.imul(part + 1, 0x85ebca6b);
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits;
    return (((bits ^ (bits >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
