// Something for every page of the dashboard: tasks with inputs, one that fails, an actor, a put value, log lines of two levels,
// and a task that no node can run, so that the job goes on until it is stopped.
import { context, get, put, remote } from 'daylight';

export const scale = remote((values: Float64Array, factor: number): Float64Array => {
  console.log(`scaling by ${factor}`);
  if (factor === 3) console.warn('a factor of three is unlucky');
  return values.map((value) => value * factor);
});

export const add = remote((one: Float64Array, other: Float64Array): Float64Array =>
  one.map((value, index) => value + (other[index] ?? 0)),
);

export const refuse = remote((): never => {
  throw new RangeError('this one always fails');
});

export const onGpu = remote((): string => 'never');

class Tally {
  #count = 0;

  note(): number {
    this.#count += 1;
    return this.#count;
  }
}
export const RemoteTally = remote(Tally);

export default async function main(): Promise<string> {
  const values = put(new Float64Array(50_000).fill(1));
  const scaled = [1, 2, 3, 4].map((factor) => scale.remote(values, factor));
  const [one, two, three, four] = scaled;
  if (!one || !two || !three || !four) throw new Error('four were made');
  const sums = [add.remote(one, two), add.remote(three, four)] as const;
  const whole = add.remote(sums[0], sums[1]);
  const tally = RemoteTally.options({ numCpus: 0 }).remote();
  await get([tally.note.remote(), tally.note.remote()]);
  await get(refuse.remote(), { settled: true });
  await get(whole);
  context().progress(0.5, 'half is done');
  return get(onGpu.options({ numGpus: 1 }).remote());
}
